package commands_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestMembersAreBinarySafe(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		for _, text := range harness.Hostile {
			require.EqualValues(t, 1, harness.Value(c.SAdd(ctx, "s", text, text))(t))
			require.True(t, harness.Value(c.SIsMember(ctx, "s", text))(t))
			require.Equal(t, []bool{false, true}, harness.Value(c.SMIsMember(ctx, "s", "absent", text))(t))
		}
		require.EqualValues(t, len(harness.Hostile), harness.Value(c.SCard(ctx, "s"))(t))
		require.ElementsMatch(t, harness.Hostile, harness.Value(c.SMembers(ctx, "s"))(t))
		require.ElementsMatch(t, harness.Hostile, harness.Value(c.SInter(ctx, "s", "s"))(t))
		require.ElementsMatch(t, harness.Hostile, harness.Value(c.SUnion(ctx, "s"))(t))
		require.ElementsMatch(t, harness.Hostile, harness.Value(c.SDiff(ctx, "s"))(t))
		require.ElementsMatch(t, harness.Hostile, harness.Value(c.SRandMemberCount(ctx, "s", math.MaxInt64))(t))
		require.ElementsMatch(t, harness.Hostile, harness.Value(c.SPopCount(ctx, "s", math.MaxInt64))(t))
		for _, key := range harness.Hostile {
			require.EqualValues(t, 1, harness.Value(c.SAdd(ctx, key, "a"))(t))
			require.Equal(t, []string{"a"}, harness.Value(c.SMembers(ctx, key))(t))
			require.EqualValues(t, 1, harness.Value(c.SRem(ctx, key, "a", "absent"))(t))
		}
	})
}

func TestASetThatDoesNotExistHasNoMembers(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 0, harness.Value(c.SCard(ctx, "s"))(t))
		require.Equal(t, []string{}, harness.Value(c.SMembers(ctx, "s"))(t))
		require.False(t, harness.Value(c.SIsMember(ctx, "s", "a"))(t))
		require.Equal(t, []bool{false, false}, harness.Value(c.SMIsMember(ctx, "s", "a", "a"))(t))
		require.Equal(t, []string{}, harness.Value(c.SDiff(ctx, "{s}", "{s}t"))(t))
		require.Equal(t, []string{}, harness.Value(c.SInter(ctx, "{s}", "{s}t"))(t))
		require.Equal(t, []string{}, harness.Value(c.SUnion(ctx, "{s}", "{s}t"))(t))
		require.EqualValues(t, 0, harness.Value(c.SDiffStore(ctx, "{s}d", "{s}", "{s}t"))(t))
		require.True(t, harness.Value(c.SPop(ctx, "s"))(t).IsNil())
		require.Equal(t, []string{}, harness.Value(c.SPopCount(ctx, "s", 3))(t))
		require.True(t, harness.Value(c.SRandMember(ctx, "s"))(t).IsNil())
		require.Equal(t, []string{}, harness.Value(c.SRandMemberCount(ctx, "s", -3))(t))
		require.EqualValues(t, 0, harness.Value(c.SRem(ctx, "s", "a"))(t))
		require.False(t, harness.Value(c.SMove(ctx, "{s}", "{s}t", "a"))(t))
		require.Equal(t, glide.ScanPage[string]{Cursor: glide.ScanStart, Items: []string{}}, harness.Value(c.SScan(ctx, "s", glide.ScanStart))(t))
	})
}

func TestWhatIsNoSetIsOfTheWrongType(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.NoError(t, c.Set(ctx, "{k}", "v"))
		_, err := c.SAdd(ctx, "{k}", "a")
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.SMembers(ctx, "{k}")
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.SIsMember(ctx, "{k}", "a")
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.SMIsMember(ctx, "{k}", "a")
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.SPopCount(ctx, "{k}", 1)
		harness.RequireCode(t, "WRONGTYPE", err)
		harness.Value(c.SAdd(ctx, "{k}set", "a"))(t)
		_, err = c.SUnion(ctx, "{k}set", "{k}")
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.SMove(ctx, "{k}set", "{k}", "a")
		harness.RequireCode(t, "WRONGTYPE", err)
		require.EqualValues(t, 1, harness.Value(c.SUnionStore(ctx, "{k}", "{k}set"))(t), "a destination may be anything")
	})
}

func TestSetsAreCombined(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		harness.Value(c.SAdd(ctx, "{k}a", "1", "2", "3"))(t)
		harness.Value(c.SAdd(ctx, "{k}b", "2", "3", "4"))(t)
		require.Equal(t, []string{"1"}, harness.Value(c.SDiff(ctx, "{k}a", "{k}b"))(t))
		require.ElementsMatch(t, []string{"2", "3"}, harness.Value(c.SInter(ctx, "{k}a", "{k}b"))(t))
		require.ElementsMatch(t, []string{"1", "2", "3", "4"}, harness.Value(c.SUnion(ctx, "{k}a", "{k}b", "{k}absent"))(t))
		require.EqualValues(t, 1, harness.Value(c.SDiffStore(ctx, "{k}d", "{k}b", "{k}a"))(t))
		require.Equal(t, []string{"4"}, harness.Value(c.SMembers(ctx, "{k}d"))(t))
		require.EqualValues(t, 2, harness.Value(c.SInterStore(ctx, "{k}d", "{k}a", "{k}b"))(t))
		require.EqualValues(t, 4, harness.Value(c.SUnionStore(ctx, "{k}d", "{k}a", "{k}b"))(t))
		require.EqualValues(t, 0, harness.Value(c.SInterStore(ctx, "{k}d", "{k}a", "{k}absent"))(t))
		require.EqualValues(t, 0, harness.Value(c.Exists(ctx, "{k}d"))(t), "without members the destination is deleted")

		harness.Needs(t, "SINTERCARD", "7.2", "7.0")
		keys := []string{"{k}a", "{k}b"}
		require.EqualValues(t, 2, harness.Value(c.SInterCard(ctx, keys))(t))
		require.EqualValues(t, 1, harness.Value(c.SInterCard(ctx, keys, glide.CardLimit(1)))(t))
		require.EqualValues(t, 2, harness.Value(c.SInterCard(ctx, keys, glide.CardLimit(0)))(t))
		require.EqualValues(t, 2, harness.Value(c.SInterCard(ctx, keys, glide.CardLimit(math.MaxInt64)))(t))
		require.EqualValues(t, 0, harness.Value(c.SInterCard(ctx, []string{"{k}a", "{k}absent"}))(t))
	})
}

func TestSetsOfSeveralSlotsAreNotCombined(t *testing.T) {
	cluster, err := testkit.SharedCluster()
	require.NoError(t, err)
	client := harness.ConnectToCluster(t, cluster, func(config *glide.ClusterConfig) { config.RequestTimeout = harness.Patience })
	_, err = client.SUnion(ctx, "a", "b")
	harness.RequireCode(t, "CROSSSLOT", err)
	_, err = client.SInterStore(ctx, "a", "b", "c")
	harness.RequireCode(t, "CROSSSLOT", err)
	_, err = client.SMove(ctx, "a", "b", "member")
	harness.RequireCode(t, "CROSSSLOT", err)
	_, err = client.PFCount(ctx, "a", "b")
	harness.RequireCode(t, "CROSSSLOT", err)
	_, err = client.BitOp(ctx, glide.BitOr, "a", "b")
	harness.RequireCode(t, "CROSSSLOT", err)
	harness.RequireCode(t, "CROSSSLOT", client.PFMerge(ctx, "a", "b"))
}

func TestMembersAreMovedAndTakenOut(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 3, harness.Value(c.SAdd(ctx, "{k}a", "1", "2", "3", "1"))(t))
		require.EqualValues(t, 0, harness.Value(c.SAdd(ctx, "{k}a", "1"))(t))
		require.True(t, harness.Value(c.SMove(ctx, "{k}a", "{k}b", "1"))(t))
		require.False(t, harness.Value(c.SMove(ctx, "{k}a", "{k}b", "1"))(t))
		require.Equal(t, []string{"1"}, harness.Value(c.SMembers(ctx, "{k}b"))(t))
		require.Equal(t, glide.Some("1"), harness.Value(c.SRandMember(ctx, "{k}b"))(t))
		require.Equal(t, []string{"1", "1", "1"}, harness.Value(c.SRandMemberCount(ctx, "{k}b", -3))(t))
		require.Equal(t, []string{"1"}, harness.Value(c.SRandMemberCount(ctx, "{k}b", 3))(t))
		require.Equal(t, []string{}, harness.Value(c.SRandMemberCount(ctx, "{k}b", 0))(t))
		_, err := c.SRandMemberCount(ctx, "{k}b", math.MinInt64)
		harness.RequireCode(t, "ERR", err)

		require.Equal(t, []string{}, harness.Value(c.SPopCount(ctx, "{k}a", 0))(t))
		popped := harness.Value(c.SPop(ctx, "{k}a"))(t)
		require.Contains(t, []string{"2", "3"}, popped.Value())
		rest := harness.Value(c.SPopCount(ctx, "{k}a", 5))(t)
		require.ElementsMatch(t, []string{"2", "3"}, append(rest, popped.Value()))
		require.EqualValues(t, 0, harness.Value(c.Exists(ctx, "{k}a"))(t), "a set without members does not exist")
	})
}

func membersOf(n int) (members []string) {
	for i := range n {
		members = append(members, fmt.Sprint("member:", i))
	}
	return members
}

func TestSScanGivesAllMembersInPages(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		all := membersOf(300)
		harness.Value(c.SAdd(ctx, "s", all...))(t)
		var found []string
		pages := 0
		for cursor := glide.ScanStart; ; pages++ {
			page := harness.Value(c.SScan(ctx, "s", cursor, glide.Count(50)))(t)
			found = append(found, page.Items...)
			if cursor = page.Cursor; page.Last() {
				break
			}
		}
		slices.Sort(found)
		require.ElementsMatch(t, all, slices.Compact(found))
		require.Greater(t, pages, 2)
		page := harness.Value(c.SScan(ctx, "s", glide.ScanStart, glide.Match("member:17"), glide.Count(10_000)))(t)
		require.Equal(t, glide.ScanPage[string]{Cursor: glide.ScanStart, Items: []string{"member:17"}}, page)
		_, err := c.SScan(ctx, "s", glide.ScanStart, glide.Count(-1))
		harness.RequireRefused(t, err)
	})
}

func TestSetMembersGoesOverAllMembers(t *testing.T) {
	onBothClients(t, func(t *testing.T, server *glide.Client, cluster *glide.ClusterClient) {
		all := membersOf(300)
		harness.Value(server.SAdd(ctx, "s", all...))(t)
		harness.Value(cluster.SAdd(ctx, "s", all...))(t)
		require.Subset(t, collected(t, server.SetMembers(ctx, "s")), all)
		require.Subset(t, collected(t, cluster.SetMembers(ctx, "s", glide.Count(50))), all)
		require.Len(t, collected(t, server.SetMembers(ctx, "s", glide.Match("member:29?"))), 10)
		require.Empty(t, collected(t, cluster.SetMembers(ctx, "absent")))
		require.NoError(t, server.Set(ctx, "text", "v"))
		for _, err := range server.SetMembers(ctx, "text") {
			harness.RequireCode(t, "WRONGTYPE", err)
		}
	})
}
