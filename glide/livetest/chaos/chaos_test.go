package chaos

import (
	"flag"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

var (
	seed      = flag.Uint64("seed", 0, "the seed of the faults; 0 is a random one")
	duration  = flag.Duration("duration", 30*time.Second, "for how long faults are injected")
	perMinute = flag.Int("faults", 60, "how many faults there are a minute in each sequence, if none took any time")
)

func TestMain(m *testing.M) { harness.Main(m) }

// recovery is how long after the last fault has been repaired calls may fail.
const recovery = 5 * time.Second

func TestClusterUnderFaults(t *testing.T) {
	c := startCluster(t)
	r := newRun(t, chosenSeed(), c)
	r.play(clusterFaults(c))
}

func TestServerWithReplicasUnderFaults(t *testing.T) {
	s := startReplicated(t)
	r := newRun(t, chosenSeed(), s)
	r.play(replicatedFaults(s))
}

func chosenSeed() uint64 {
	if *seed != 0 {
		return *seed
	}
	return 1 + rand.Uint64N(1_000_000)
}

// play runs the load while faults are injected, and checks all that there is to
// check.
func (r *run) play(serverFaults []kind) {
	r.tb.Logf("to run these faults again: make chaos CHAOS_FLAGS='-test.run %s -seed %d -duration %v -faults %d'",
		r.tb.Name(), r.seed, *duration, *perMinute)
	require.NoError(r.tb, r.writeConstants())
	r.tb.Cleanup(r.closeClients)
	r.warmUp()
	before := measure()
	r.log("before: %v", before)

	messages, workloads := r.workloads()
	load := startLoad(r, workloads)
	r.tb.Cleanup(load.end)
	pause := time.Minute / time.Duration(*perMinute)
	r.injectAll(*duration,
		sequence{kinds: connectionFaults, dice: r.dice(1), pause: pause},
		sequence{kinds: serverFaults, dice: r.dice(2), pause: pause, ofServers: true})
	r.log("load under faults:%v", load)
	load.awaitRecovery(recovery)
	messages.awaitDelivery(recovery)
	load.end()
	messages.awaitLast(recovery)
	r.closeClients()
	messages.received.Wait()

	require.NoError(r.tb, r.await())
	for _, w := range workloads {
		require.NoError(r.tb, w.check(), w.name())
	}
	r.checkLater()
	r.overruns.check(r)
	r.awaitNothingLeft(before)
	r.tb.Log(r.summary())
}

// workloads makes the workloads and their clients.
func (r *run) workloads() (*messages, []workload) {
	connect := func(config glide.ClusterConfig) client {
		client, err := r.connect(config)
		require.NoError(r.tb, err)
		return client
	}
	// Most share a client, as in a program.
	shared := connect(glide.ClusterConfig{})
	messages, err := newMessages(r, shared, connect(glide.ClusterConfig{}))
	require.NoError(r.tb, err)
	return messages, []workload{
		&increments{run: r, client: shared},
		newTransactions(r, shared, false),
		newTransactions(r, shared, true),
		&queues{run: r, client: shared},
		messages,
		&reads{run: r, client: shared, from: "primaries"},
		&reads{run: r, client: connect(glide.ClusterConfig{ReadFrom: glide.PreferReplica}), from: "replicas"},
		&scans{run: r, client: shared},
	}
}

// warmUp runs the load without faults for a moment, so that what the library
// keeps for the next client is not left over at the end.
func (r *run) warmUp() {
	messages, workloads := r.workloads()
	load := startLoad(r, workloads)
	time.Sleep(3 * time.Second)
	load.awaitRecovery(recovery)
	r.patient.Store(false)
	load.end()
	r.closeClients()
	messages.received.Wait()
	for i := range slotCount {
		server, err := r.owner(slotOf(i))
		require.NoError(r.tb, err)
		server.MustCommand(r.tb, "DEL", keyIn(i, "one"), keyIn(i, "two"), keyIn(i, "three"), keyIn(i, "four"), queueIn(i))
		for n := range 20 {
			server.MustCommand(r.tb, "DEL", hashIn(i, n*ofHash))
		}
	}
}
