// Package glidetest starts real Valkey or Redis servers for tests, and ends them with the test.
//
// Start a standalone server, and connect a client to it:
//
//	func TestGreeting(t *testing.T) {
//		server := glidetest.Start(t, glidetest.WithReplicas(1), glidetest.WithPassword("secret"))
//		client, err := glide.NewClient(t.Context(), server.Config())
//		...
//		server.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal") // without the client's knowledge
//	}
//
// Start a cluster of three primaries, each with a replica. Nodes can be paused, killed and restarted like any server:
//
//	cluster := glidetest.StartCluster(t)
//	client, err := glide.NewClusterClient(t.Context(), cluster.Config())
//	owner, err := cluster.NodeForKey("greeting")
//	err = owner.Kill()
//	err = cluster.AwaitOK(ctx) // until a replica has taken over
//
// Simulate a faulty network between a client and a server:
//
//	proxy := glidetest.StartProxy(t, server.Addr())
//	proxy.SetDelay(5*time.Millisecond, 0)
//	proxy.Cut()
//
// Programs that are not tests, such as demonstrations and benchmarks, use [StartServer], [StartServerCluster], [NewProxy]
// and [NewListener]. These return errors, and their results are ended with Close.
//
// # Servers
//
// The binary is the one that the option [WithBinary] or the environment variable GLIDETEST_SERVER names. By default it is
// the first that exists of valkey-server on the PATH, valkey-check-rdb on the PATH (Debian's name for the same program),
// and the server that scripts/install-server has put into the user's cache folder. If there is none, the test fails: it
// is never skipped.
//
// Servers listen on loopback only, keep their files in a temporary folder, and save nothing to disk unless [WithConfig] says
// so. On Linux they end with the process that started them, regardless of how that process ends; on other systems they
// outlive a process that is killed.
//
// Methods may be called by several goroutines at once. Those that change whether a server runs (Kill, Stop, Pause,
// Resume, Restart, Close) wait for one another.
package glidetest
