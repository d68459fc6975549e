// Package glidetest starts real Valkey or Redis servers for tests, and ends them with the test.
//
// A standalone server, with what it takes to try a client against it:
//
//	func TestGreeting(t *testing.T) {
//		server := glidetest.Start(t, glidetest.WithReplicas(1), glidetest.WithPassword("secret"))
//		client, err := glide.NewClient(t.Context(), server.Config())
//		...
//		server.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal") // behind the client's back
//	}
//
// A cluster of three primaries, each with a replica; nodes can be paused, killed and restarted like any server:
//
//	cluster := glidetest.StartCluster(t)
//	client, err := glide.NewClusterClient(t.Context(), cluster.Config())
//	owner, err := cluster.NodeForKey("greeting")
//	err = owner.Kill()
//	err = cluster.AwaitOK(ctx) // until a replica has taken over
//
// A faulty network, between the client and anything else:
//
//	proxy := glidetest.StartProxy(t, server.Addr())
//	proxy.SetDelay(5*time.Millisecond, 0)
//	proxy.Cut()
//
// Programs that are no tests, such as demonstrations and benchmarks, use [StartServer], [StartServerCluster], [NewProxy]
// and [NewListener], which return errors and are ended with Close.
//
// # Servers
//
// The binary is the one that the environment variable GLIDETEST_SERVER or the option [WithBinary] names, else
// valkey-server on the PATH, else valkey-check-rdb on the PATH (Debian's name for the same program), else what
// scripts/install-server has left in the user's cache folder. If there is none, the test fails: it never skips.
//
// Servers listen on loopback only, keep their files in a temporary folder, and save nothing to disk unless told to by
// [WithConfig]. On Linux they die with the process that started them, however that process ends; elsewhere they outlive
// a process that is killed.
//
// Methods may be called by several goroutines at once. Those that change whether a server runs (Kill, Stop, Pause,
// Resume, Restart, Close) wait for one another.
package glidetest
