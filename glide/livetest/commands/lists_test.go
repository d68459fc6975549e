package commands_test

import (
	"context"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestListsHoldAnyBytes(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		for _, text := range harness.Hostile {
			key := "{k}" + text
			require.EqualValues(t, 1, harness.Value(c.LPush(ctx, key, text))(t))
			require.EqualValues(t, 2, harness.Value(c.RPush(ctx, key, text))(t))
			require.Equal(t, []string{text, text}, harness.Value(c.LRange(ctx, key, 0, -1))(t))
			require.Equal(t, glide.Some(text), harness.Value(c.LPop(ctx, key))(t))
			require.Equal(t, []string{text}, harness.Value(c.RPopCount(ctx, key, 2))(t))
			require.Equal(t, glide.None[string](), harness.Value(c.RPop(ctx, key))(t))
		}
	})
}

func TestElementsArePushedInTheirOrder(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 0, harness.Value(c.LPushX(ctx, "k", "a"))(t))
		require.EqualValues(t, 0, harness.Value(c.RPushX(ctx, "k", "a"))(t))
		require.EqualValues(t, 3, harness.Value(c.LPush(ctx, "k", "c", "b", "a"))(t))
		require.EqualValues(t, 5, harness.Value(c.RPush(ctx, "k", "d", "e"))(t))
		require.EqualValues(t, 6, harness.Value(c.LPushX(ctx, "k", "_"))(t))
		require.EqualValues(t, 8, harness.Value(c.RPushX(ctx, "k", "f", "g"))(t))
		require.EqualValues(t, 8, harness.Value(c.LLen(ctx, "k"))(t))
		require.Equal(t, []string{"_", "a", "b", "c", "d", "e", "f", "g"}, harness.Value(c.LRange(ctx, "k", 0, -1))(t))

		require.Equal(t, []string{"_", "a"}, harness.Value(c.LPopCount(ctx, "k", 2))(t))
		require.Equal(t, []string{"g", "f"}, harness.Value(c.RPopCount(ctx, "k", 2))(t))
		require.Equal(t, glide.Some("e"), harness.Value(c.RPop(ctx, "k"))(t))
		require.Empty(t, harness.Value(c.LPopCount(ctx, "k", 0))(t))
		require.Equal(t, []string{"b", "c", "d"}, harness.Value(c.LPopCount(ctx, "k", math.MaxInt64))(t))
		require.Empty(t, harness.Value(c.LPopCount(ctx, "k", 1))(t))
		require.EqualValues(t, 0, harness.Value(c.LLen(ctx, "k"))(t))
		require.EqualValues(t, 0, harness.Value(c.Exists(ctx, "k"))(t), "an empty list is deleted")
	})
}

func TestIndexesCountFromBothEnds(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 4, harness.Value(c.RPush(ctx, "k", "a", "b", "c", "d"))(t))
		require.Equal(t, glide.Some("a"), harness.Value(c.LIndex(ctx, "k", 0))(t))
		require.Equal(t, glide.Some("d"), harness.Value(c.LIndex(ctx, "k", -1))(t))
		for _, index := range []int64{4, -5, math.MaxInt64, math.MinInt64} {
			require.True(t, harness.Value(c.LIndex(ctx, "k", index))(t).IsNil())
		}
		// Servers take an index for this modulo 2^32.
		for _, index := range []int64{4, -5, math.MaxInt32, math.MinInt32} {
			harness.RequireCode(t, "ERR", c.LSet(ctx, "k", index, "x"))
		}
		require.True(t, harness.Value(c.LIndex(ctx, "absent", 0))(t).IsNil())
		harness.RequireCode(t, "ERR", c.LSet(ctx, "absent", 0, "x"))
		require.NoError(t, c.LSet(ctx, "k", -2, "C"))
		require.Equal(t, []string{"b", "C"}, harness.Value(c.LRange(ctx, "k", 1, 2))(t))
		require.Equal(t, []string{"a", "b", "C", "d"}, harness.Value(c.LRange(ctx, "k", math.MinInt64, math.MaxInt64))(t))
		require.Empty(t, harness.Value(c.LRange(ctx, "k", 3, 1))(t))
		require.Empty(t, harness.Value(c.LRange(ctx, "absent", 0, -1))(t))

		require.NoError(t, c.LTrim(ctx, "k", 1, -2))
		require.Equal(t, []string{"b", "C"}, harness.Value(c.LRange(ctx, "k", 0, -1))(t))
		require.NoError(t, c.LTrim(ctx, "k", 2, 2))
		require.EqualValues(t, 0, harness.Value(c.Exists(ctx, "k"))(t))
		require.NoError(t, c.LTrim(ctx, "absent", 0, 1))
	})
}

func TestElementsAreInsertedAndRemoved(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 0, harness.Value(c.LInsert(ctx, "k", glide.Before("a"), "x"))(t))
		require.EqualValues(t, 3, harness.Value(c.RPush(ctx, "k", "a", "b", "a"))(t))
		require.EqualValues(t, 4, harness.Value(c.LInsert(ctx, "k", glide.Before("a"), "x"))(t))
		require.EqualValues(t, 5, harness.Value(c.LInsert(ctx, "k", glide.After("a"), "x"))(t))
		require.EqualValues(t, -1, harness.Value(c.LInsert(ctx, "k", glide.After("absent"), "x"))(t))
		require.Equal(t, []string{"x", "a", "x", "b", "a"}, harness.Value(c.LRange(ctx, "k", 0, -1))(t))

		require.EqualValues(t, 1, harness.Value(c.LRem(ctx, "k", -1, "a"))(t))
		require.Equal(t, []string{"x", "a", "x", "b"}, harness.Value(c.LRange(ctx, "k", 0, -1))(t))
		require.EqualValues(t, 1, harness.Value(c.LRem(ctx, "k", 1, "x"))(t))
		require.Equal(t, []string{"a", "x", "b"}, harness.Value(c.LRange(ctx, "k", 0, -1))(t))
		require.EqualValues(t, 2, harness.Value(c.RPushX(ctx, "k", "x", "x"))(t)-3)
		require.EqualValues(t, 3, harness.Value(c.LRem(ctx, "k", 0, "x"))(t))
		require.EqualValues(t, 0, harness.Value(c.LRem(ctx, "k", math.MaxInt64, "x"))(t))
		require.EqualValues(t, 0, harness.Value(c.LRem(ctx, "absent", 0, "x"))(t))
	})
}

func TestPositionsOfEqualElements(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 7, harness.Value(c.RPush(ctx, "k", "a", "b", "c", "1", "c", "c", "a"))(t))
		require.Equal(t, glide.Some(int64(2)), harness.Value(c.LPos(ctx, "k", "c"))(t))
		require.Equal(t, glide.Some(int64(4)), harness.Value(c.LPos(ctx, "k", "c", glide.LPosRank(2)))(t))
		require.Equal(t, glide.Some(int64(5)), harness.Value(c.LPos(ctx, "k", "c", glide.LPosRank(-1)))(t))
		require.True(t, harness.Value(c.LPos(ctx, "k", "c", glide.LPosMaxLen(2)))(t).IsNil())
		require.True(t, harness.Value(c.LPos(ctx, "k", "absent"))(t).IsNil())
		require.True(t, harness.Value(c.LPos(ctx, "absent", "c"))(t).IsNil())

		require.Equal(t, []int64{2, 4, 5}, harness.Value(c.LPosCount(ctx, "k", "c", 0))(t))
		require.Equal(t, []int64{5, 4}, harness.Value(c.LPosCount(ctx, "k", "c", 2, glide.LPosRank(-1)))(t))
		require.Equal(t, []int64{6}, harness.Value(c.LPosCount(ctx, "k", "a", 0, glide.LPosRank(-1), glide.LPosMaxLen(3)))(t))
		require.Empty(t, harness.Value(c.LPosCount(ctx, "k", "absent", 0))(t))
		require.Empty(t, harness.Value(c.LPosCount(ctx, "absent", "c", math.MaxInt64))(t))

		_, err := c.LPos(ctx, "k", "c", glide.LPosRank(0))
		harness.RequireCode(t, "ERR", err)
		_, err = c.LPosCount(ctx, "k", "c", 0, glide.LPosMaxLen(-1))
		harness.RequireCode(t, "ERR", err)
	})
}

func TestLMoveTakesFromOneEndAndPutsAtAnother(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.EqualValues(t, 3, harness.Value(c.RPush(ctx, "{k}a", "1", "2", "3"))(t))
		require.Equal(t, glide.Some("1"), harness.Value(c.LMove(ctx, "{k}a", "{k}b", glide.Left, glide.Left))(t))
		require.Equal(t, glide.Some("3"), harness.Value(c.LMove(ctx, "{k}a", "{k}b", glide.Right, glide.Left))(t))
		require.Equal(t, []string{"3", "1"}, harness.Value(c.LRange(ctx, "{k}b", 0, -1))(t))
		require.Equal(t, glide.Some("3"), harness.Value(c.LMove(ctx, "{k}b", "{k}b", glide.Left, glide.Right))(t), "it rotates")
		require.Equal(t, []string{"1", "3"}, harness.Value(c.LRange(ctx, "{k}b", 0, -1))(t))
		require.True(t, harness.Value(c.LMove(ctx, "{k}absent", "{k}b", glide.Left, glide.Left))(t).IsNil())

		require.Equal(t, glide.Some("2"), harness.Value(c.BLMove(ctx, 0, "{k}a", "{k}b", glide.Left, glide.Right))(t))
		require.Equal(t, []string{"1", "3", "2"}, harness.Value(c.LRange(ctx, "{k}b", 0, -1))(t))
		require.True(t, harness.Value(c.BLMove(ctx, time.Millisecond, "{k}a", "{k}b", glide.Right, glide.Left))(t).IsNil())
	})
}

func TestLMPopTakesFromTheFirstList(t *testing.T) {
	harness.Needs(t, "LMPOP", "7.0", "7.0")
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		none := glide.None[glide.ListElements]()
		taken := func(key string, elements ...string) glide.Optional[glide.ListElements] {
			return glide.Some(glide.ListElements{Key: key, Elements: elements})
		}
		keys := []string{"{k}absent", "{k}a\xff", "{k}b"}
		require.Equal(t, none, harness.Value(c.LMPop(ctx, keys, glide.Left))(t))
		require.Equal(t, none, harness.Value(c.BLMPop(ctx, time.Millisecond, keys, glide.Left))(t))
		require.EqualValues(t, 4, harness.Value(c.RPush(ctx, "{k}a\xff", "1", "\xff", "3", "4"))(t))
		require.EqualValues(t, 3, harness.Value(c.RPush(ctx, "{k}b", "x", "y", "z"))(t))
		require.Equal(t, taken("{k}a\xff", "1"), harness.Value(c.LMPop(ctx, keys, glide.Left))(t))
		require.Equal(t, taken("{k}a\xff", "4", "3"), harness.Value(c.LMPop(ctx, keys, glide.Right, glide.Count(2)))(t))
		require.Equal(t, taken("{k}a\xff", "\xff"), harness.Value(c.BLMPop(ctx, 0, keys, glide.Right, glide.Count(9)))(t))
		require.Equal(t, taken("{k}b", "x", "y", "z"), harness.Value(c.BLMPop(ctx, time.Minute, keys, glide.Left, glide.Count(math.MaxInt64)))(t))
		_, err := c.LMPop(ctx, keys, glide.Left, glide.Count(0))
		harness.RequireCode(t, "ERR", err)
		_, err = c.BLMPop(ctx, 0, keys, glide.Left, glide.Count(-1))
		harness.RequireCode(t, "ERR", err)
	})
}

func TestBLPopTakesFromTheFirstList(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		taken := func(key, element string) glide.Optional[glide.ListElement] {
			return glide.Some(glide.ListElement{Key: key, Element: element})
		}
		require.True(t, harness.Value(c.BLPop(ctx, time.Nanosecond, "{k}a", "{k}b"))(t).IsNil())
		require.True(t, harness.Value(c.BRPop(ctx, time.Millisecond, "{k}a"))(t).IsNil())
		require.EqualValues(t, 3, harness.Value(c.RPush(ctx, "{k}b", "1", "2", "OK"))(t))
		require.Equal(t, taken("{k}b", "1"), harness.Value(c.BLPop(ctx, 0, "{k}a", "{k}b"))(t))
		require.Equal(t, taken("{k}b", "OK"), harness.Value(c.BRPop(ctx, time.Minute, "{k}a", "{k}b"))(t))
		require.Equal(t, taken("{k}b", "2"), harness.Value(c.BRPop(ctx, 100*365*24*time.Hour, "{k}b"))(t))
	})
}

func TestListsRefuseOtherTypes(t *testing.T) {
	harness.OnEveryFace(t, func(t *testing.T, c faces.Face) {
		require.NoError(t, c.Set(ctx, "{k}text", "v"))
		_, err := c.LPush(ctx, "{k}text", "a")
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.LLen(ctx, "{k}text")
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.LRange(ctx, "{k}text", 0, -1)
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.LPop(ctx, "{k}text")
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.RPopCount(ctx, "{k}text", 1)
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.LPos(ctx, "{k}text", "a")
		harness.RequireCode(t, "WRONGTYPE", err)
		_, err = c.LInsert(ctx, "{k}text", glide.After("a"), "b")
		harness.RequireCode(t, "WRONGTYPE", err)
		harness.RequireCode(t, "WRONGTYPE", c.LSet(ctx, "{k}text", 0, "a"))
		harness.RequireCode(t, "WRONGTYPE", c.LTrim(ctx, "{k}text", 0, 1))
		_, err = c.BLPop(ctx, 0, "{k}text")
		harness.RequireCode(t, "WRONGTYPE", err)
		require.EqualValues(t, 1, harness.Value(c.LPush(ctx, "{k}list", "a"))(t))
		_, err = c.LMove(ctx, "{k}list", "{k}text", glide.Left, glide.Left)
		harness.RequireCode(t, "WRONGTYPE", err)
		require.EqualValues(t, 1, harness.Value(c.LLen(ctx, "{k}list"))(t), "it stays where it was")
	})
}

// whileWaiting runs a call that waits, and meanwhile what it waits for.
func whileWaiting[T any](t *testing.T, call func() (T, error), meanwhile func()) T {
	t.Helper()
	type outcome struct {
		value T
		err   error
	}
	done := make(chan outcome, 1)
	go func() {
		result, err := call()
		done <- outcome{result, err}
	}()
	select {
	case early := <-done:
		require.Fail(t, "it did not wait", "%v %v", early.value, early.err)
	case <-time.After(100 * time.Millisecond):
	}
	meanwhile()
	select {
	case late := <-done:
		require.NoError(t, late.err)
		return late.value
	case <-time.After(harness.Patience):
		require.FailNow(t, "it waits for ever")
		panic("unreachable")
	}
}

// onTwoClients runs a test with two clients of each kind and protocol, the
// first of which has a short RequestTimeout.
func onTwoClients(t *testing.T, test func(t *testing.T, waiting, other faces.Face)) {
	t.Helper()
	server, err := testkit.SharedServer()
	require.NoError(t, err)
	cluster, err := testkit.SharedCluster()
	require.NoError(t, err)
	for _, p := range harness.Protocols {
		t.Run("client "+p.Name, func(t *testing.T) {
			other := harness.Connect(t, server, harness.Patient)
			_, err := other.Do(ctx, "FLUSHALL")
			require.NoError(t, err)
			test(t, harness.Connect(t, server, harness.Speaking(p.Protocol), func(config *glide.Config) { config.RequestTimeout = 50 * time.Millisecond }), other)
		})
		t.Run("cluster client "+p.Name, func(t *testing.T) {
			other := harness.ConnectToCluster(t, cluster, func(config *glide.ClusterConfig) { config.RequestTimeout = harness.Patience })
			_, err := other.Do(ctx, "FLUSHALL")
			require.NoError(t, err)
			waiting := harness.ConnectToCluster(t, cluster, func(config *glide.ClusterConfig) {
				config.Protocol, config.RequestTimeout = p.Protocol, 50*time.Millisecond
			})
			test(t, waiting, other)
		})
	}
}

func TestListsWaitForElements(t *testing.T) {
	onTwoClients(t, func(t *testing.T, waiting, other faces.Face) {
		push := func() { require.EqualValues(t, 1, harness.Value(other.RPush(ctx, "{k}a", "x"))(t)) }
		element := glide.Some(glide.ListElement{Key: "{k}a", Element: "x"})
		require.Equal(t, element, whileWaiting(t, func() (glide.Optional[glide.ListElement], error) {
			return waiting.BLPop(ctx, 0, "{k}a", "{k}b")
		}, push))
		require.Equal(t, element, whileWaiting(t, func() (glide.Optional[glide.ListElement], error) {
			return waiting.BRPop(ctx, time.Minute, "{k}a")
		}, push))
		require.Equal(t, glide.Some("x"), whileWaiting(t, func() (glide.Optional[string], error) {
			return waiting.BLMove(ctx, time.Minute, "{k}a", "{k}b", glide.Left, glide.Right)
		}, push))
		harness.Needs(t, "BLMPOP", "7.0", "7.0")
		require.Equal(t, glide.Some(glide.ListElements{Key: "{k}a", Elements: []string{"x"}}),
			whileWaiting(t, func() (glide.Optional[glide.ListElements], error) {
				return waiting.BLMPop(ctx, 0, []string{"{k}a"}, glide.Right, glide.Count(2))
			}, push))
	})
}

func TestListsDoNotWaitForLongerThanTheTimeout(t *testing.T) {
	onTwoClients(t, func(t *testing.T, waiting, _ faces.Face) {
		began := time.Now()
		require.True(t, harness.Value(waiting.BLPop(ctx, 150*time.Millisecond, "k"))(t).IsNil())
		require.GreaterOrEqual(t, time.Since(began), 140*time.Millisecond)

		short, cancel := context.WithTimeout(ctx, 20*time.Millisecond)
		defer cancel()
		_, err := waiting.BRPop(short, 200*time.Millisecond, "k")
		require.ErrorIs(t, err, glide.ErrTimeout)
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestListsAndStreamsOfSeveralSlotsAreRefused(t *testing.T) {
	cluster, err := testkit.SharedCluster()
	require.NoError(t, err)
	client := harness.ConnectToCluster(t, cluster, func(config *glide.ClusterConfig) { config.RequestTimeout = harness.Patience })
	harness.RequireCode(t, "CROSSSLOT", errorOf(client.LMove(ctx, "a", "b", glide.Left, glide.Left)))
	harness.RequireCode(t, "CROSSSLOT", errorOf(client.BLMove(ctx, time.Second, "a", "b", glide.Left, glide.Left)))
	harness.RequireCode(t, "CROSSSLOT", errorOf(client.BLPop(ctx, time.Second, "a", "b")))
	harness.RequireCode(t, "CROSSSLOT", errorOf(client.XRead(ctx, positions("a", "0", "b", "0"))))
	harness.RequireCode(t, "CROSSSLOT", errorOf(client.XReadGroup(ctx, "g", "c", positions("a", ">", "b", ">"))))
	harness.Needs(t, "LMPOP", "7.0", "7.0")
	harness.RequireCode(t, "CROSSSLOT", errorOf(client.LMPop(ctx, []string{"a", "b"}, glide.Left)))
}
