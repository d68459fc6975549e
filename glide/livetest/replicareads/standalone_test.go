package replicareads_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// A replicated is a primary with replicas that all hold one key.
type replicated struct {
	primary  *glidetest.Server
	replicas []*glidetest.Server
	all      []*glidetest.Server // the primary first
}

func startReplicated(t *testing.T, replicas int) replicated {
	t.Helper()
	primary := glidetest.Start(t, glidetest.WithReplicas(replicas))
	r := replicated{primary, primary.Replicas(), append([]*glidetest.Server{primary}, primary.Replicas()...)}
	primary.MustCommand(t, "SET", harness.KeyOf(1), harness.ValueOf(1))
	for _, replica := range r.replicas {
		require.Eventually(t, func() bool { return replica.MustCommand(t, "EXISTS", harness.KeyOf(1)) == int64(1) },
			5*time.Second, 5*time.Millisecond)
	}
	return r
}

// config lists the replicas first: the client is to find the primary.
func (r replicated) config() glide.Config {
	config := glide.Config{RequestTimeout: 5 * time.Second}
	for i := range r.all {
		config.Addresses = append(config.Addresses, harness.AddressOf(r.all[len(r.all)-1-i]))
	}
	return config
}

// reads returns how many of n reads each server has answered, in the order of
// all.
func (r replicated) reads(t *testing.T, client *glide.Client, n int) []int {
	t.Helper()
	counts := make([]int, len(r.all))
	for i, server := range r.all {
		counts[i] = -testkit.CallsOf(t, server, "get")
	}
	for range n {
		require.NoError(t, harness.Check(context.Background(), client, 1))
	}
	sum := 0
	for i, server := range r.all {
		counts[i] += testkit.CallsOf(t, server, "get")
		sum += counts[i]
	}
	require.Equal(t, n, sum)
	return counts
}

func TestReadFromChoosesTheServers(t *testing.T) {
	t.Parallel()
	r := startReplicated(t, 2)
	zoned := r.all[0].Version().AtLeast("8.0", "")
	if zoned {
		for i, zone := range []string{"zone-a", "zone-a", "zone-b"} {
			r.all[i].MustCommand(t, "CONFIG", "SET", "availability-zone", zone)
		}
	}
	for name, test := range map[string]struct {
		from     glide.ReadFrom
		zone     string
		expected []int // of 60 reads, in the order of all
	}{
		"Primary":       {glide.Primary, "", []int{60, 0, 0}},
		"PreferReplica": {glide.PreferReplica, "", []int{0, 30, 30}},
		"AnyNode":       {glide.AnyNode, "", []int{20, 20, 20}},

		"AZAffinity, zone with a replica":  {glide.AZAffinity, "zone-b", []int{0, 0, 60}},
		"AZAffinity, the primary's zone":   {glide.AZAffinity, "zone-a", []int{0, 60, 0}},
		"AZAffinity, zone without servers": {glide.AZAffinity, "zone-c", []int{0, 30, 30}},

		"AZAffinityReplicasAndPrimary, zone with a replica": {glide.AZAffinityReplicasAndPrimary, "zone-a", []int{0, 60, 0}},

		"AZAffinityAllNodes, zone with both":        {glide.AZAffinityAllNodes, "zone-a", []int{30, 30, 0}},
		"AZAffinityAllNodes, zone with a replica":   {glide.AZAffinityAllNodes, "zone-b", []int{0, 0, 60}},
		"AZAffinityAllNodes, zone without a server": {glide.AZAffinityAllNodes, "zone-c", []int{20, 20, 20}},
	} {
		t.Run(name, func(t *testing.T) {
			if test.zone != "" {
				harness.Needs(t, "availability zones", "8.0", "")
			}
			config := r.config()
			config.ReadFrom, config.AvailabilityZone = test.from, test.zone
			client := harness.ConnectWith(t, config)
			require.NoError(t, client.Set(context.Background(), "written", "value"))
			require.Equal(t, test.expected, r.reads(t, client, 60))
		})
	}
	t.Run("AZAffinityReplicasAndPrimary, the primary's zone", func(t *testing.T) {
		harness.Needs(t, "availability zones", "8.0", "")
		r.replicas[0].MustCommand(t, "CONFIG", "SET", "availability-zone", "zone-b")
		config := r.config()
		config.ReadFrom, config.AvailabilityZone = glide.AZAffinityReplicasAndPrimary, "zone-a"
		require.Equal(t, []int{60, 0, 0}, r.reads(t, harness.ConnectWith(t, config), 60))
	})
}

func TestPreferReplicaReadsFromThePrimaryWithoutReplicas(t *testing.T) {
	t.Parallel()
	r := startReplicated(t, 1)
	config := r.config()
	config.ReadFrom = glide.PreferReplica
	client := harness.ConnectWith(t, config)
	require.Equal(t, []int{0, 10}, r.reads(t, client, 10))
	require.NoError(t, r.replicas[0].Kill())
	require.Eventually(t, func() bool { return harness.Check(context.Background(), client, 1) == nil },
		5*time.Second, 10*time.Millisecond)
}

func TestWritesGoToThePrimaryWhereverItIsListed(t *testing.T) {
	t.Parallel()
	r := startReplicated(t, 2)
	config := r.config()
	for i := range config.Addresses {
		config.Addresses[0], config.Addresses[i] = config.Addresses[i], config.Addresses[0]
		client := harness.ConnectWith(t, config)
		require.NoError(t, client.Set(context.Background(), "key", harness.ValueOf(i)))
		require.Equal(t, harness.ValueOf(i), r.primary.MustCommand(t, "GET", "key"))
	}
}

func TestReplicasAloneAreNoPrimary(t *testing.T) {
	t.Parallel()
	r := startReplicated(t, 1)
	config := harness.ConfigFor(r.replicas[0])
	config.ConnectionTimeout = 500 * time.Millisecond
	client, err := glide.NewClient(context.Background(), config)
	if err == nil {
		client.Close()
	}
	require.ErrorIs(t, err, glide.ErrUnreachable)
	t.Log(err)

	// With the primary's address, too, while it is down: each address has a reason.
	require.NoError(t, r.primary.Kill())
	config.Addresses, config.ReadFrom = harness.AddressesOf(r.primary, r.replicas[0]), glide.PreferReplica
	_, err = glide.NewClient(context.Background(), config)
	require.ErrorIs(t, err, glide.ErrUnreachable)
	require.ErrorContains(t, err, r.primary.Addr()+": Connection refused")
	require.ErrorContains(t, err, r.replicas[0].Addr()+": connected, but not known to be a primary")
}

func TestReadOnlyRefusesWritesAndNeedsNoPrimary(t *testing.T) {
	t.Parallel()
	r := startReplicated(t, 1)
	ctx := context.Background()
	config := harness.ConfigFor(r.replicas[0])
	config.ReadOnly = true
	client := harness.ConnectWith(t, config)
	require.NoError(t, harness.Check(ctx, client, 1))
	before := testkit.CallsOf(t, r.replicas[0], "set") // what was replicated counts
	err := client.Set(ctx, "key", "hunter2")
	require.Error(t, err)
	require.NotErrorIs(t, err, glide.ErrInternal)
	require.NotContains(t, err.Error(), "hunter2")
	require.Equal(t, before, testkit.CallsOf(t, r.replicas[0], "set"))
	t.Log(err)
	require.NoError(t, harness.Check(ctx, client, 1))

	// Where there is a primary, too.
	config = r.config()
	config.ReadOnly = true
	client = harness.ConnectWith(t, config)
	require.NoError(t, harness.Check(ctx, client, 1))
	before = testkit.CallsOf(t, r.primary, "set")
	require.Error(t, client.Set(ctx, "key", "value"))
	require.Equal(t, before, testkit.CallsOf(t, r.primary, "set"))
}

// In any order of the addresses, and whether it connects before or after.
func TestReadOnlyReadsFromWhatAnswersWhileThePrimaryIsDown(t *testing.T) {
	t.Parallel()
	r := startReplicated(t, 1)
	addresses := harness.AddressesOf(r.primary, r.replicas[0])
	connect := func(addresses ...glide.Address) *glide.Client {
		return harness.ConnectWith(t, glide.Config{Addresses: addresses, ReadOnly: true, RequestTimeout: 5 * time.Second})
	}
	before := []*glide.Client{connect(addresses...), connect(addresses[1], addresses[0])}
	for _, client := range before {
		require.NoError(t, harness.Check(context.Background(), client, 1))
	}
	require.NoError(t, r.primary.Kill())
	for _, client := range append(before, connect(addresses...), connect(addresses[1], addresses[0])) {
		for range 10 {
			require.NoError(t, harness.Check(context.Background(), client, 1))
		}
	}
}

func TestDiscoverAllFindsThePrimaryAndTheReplicas(t *testing.T) {
	t.Parallel()
	r := startReplicated(t, 2)
	for _, server := range r.all {
		config := harness.ConfigFor(server)
		config.NodeDiscovery, config.ReadFrom = glide.DiscoverAll, glide.PreferReplica
		client := harness.ConnectWith(t, config)
		require.NoError(t, client.Set(context.Background(), "key", "value"))
		require.Equal(t, []int{0, 10, 10}, r.reads(t, client, 20))
	}
}

func TestDiscoverNothingTakesTheFirstAddressForThePrimary(t *testing.T) {
	t.Parallel()
	r := startReplicated(t, 1)
	ctx := context.Background()
	config := harness.ConfigFor(r.replicas[0])
	config.NodeDiscovery = glide.DiscoverNothing
	client := harness.ConnectWith(t, config)
	require.NoError(t, harness.Check(ctx, client, 1))
	err := client.Set(ctx, "key", "value")
	var refused *glide.ServerError
	require.ErrorAs(t, err, &refused)
	require.Equal(t, "READONLY", refused.Code)
	require.Zero(t, testkit.CallsOf(t, r.replicas[0], "role"))
	require.Zero(t, testkit.CallsOf(t, r.replicas[0], "info|replication"))
}
