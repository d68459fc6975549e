// Package glide is a client for Valkey and Redis OSS.
//
// It is built on the core of Valkey GLIDE, which knows the protocol, the
// connections and the topology; this package makes of it what a Go programmer
// expects, at the speed of the fastest clients.
//
// # Connecting
//
// [NewClient] connects to a standalone server, with or without replicas. The
// zero [Config] connects to localhost:6379; [ParseURL] reads one from a URL.
//
//	client, err := glide.NewClient(ctx, glide.Config{
//		Addresses:   []glide.Address{{Host: "cache.example.com"}},
//		Credentials: glide.Credentials{Username: "app", Password: password},
//	})
//	if err != nil {
//		return err
//	}
//	defer client.Close()
//
// One client is enough for a program: it is safe for any number of
// goroutines, whose commands share one connection to each server and travel
// together. It reconnects by itself.
//
// # Authentication and encryption
//
// [Config.Credentials] are a user and password or a password alone, and [IAM]
// makes tokens for Amazon ElastiCache and MemoryDB instead. A password that is
// rotated is told to the client while it lives; with true it is tried on every
// connection, and a wrong one is refused and changes nothing:
//
//	err = client.UpdateConnectionPassword(ctx, password, true)
//
// [Config.TLS] encrypts. Servers are verified against the system's roots or
// those that are given, and [ErrCertificate] says what is wrong with a
// certificate; only InsecureSkipVerify turns that off. The client's own
// certificate, from bytes or from files that are read again when they change,
// is for servers that ask for one.
//
// # Commands
//
// Every command is a method that takes a context and returns Go's own types: a
// [time.Duration] for a time to live, an [Optional] for what may be missing.
// What varies is an option; a reply of another type is another method.
//
//	err = client.Set(ctx, "greeting", "hello", glide.ExpireIn(time.Minute))
//	taken, err := client.SetIf(ctx, "lock", token, glide.IfAbsent)
//	greeting, err := client.Get(ctx, "greeting")
//	fmt.Println(greeting.Or("nobody greets"))
//
// Strings may hold any bytes. [View] passes bytes in without a copy, and
// methods such as GetBytes return them. [Client.Do] runs any command.
//
// # Transactions and pipelines
//
// A [Transaction] is run as one; a [Pipeline] saves round trips. Both are made
// by the same methods as the client's, and run any number of times. Results
// have the types of the client's methods, and a command that fails is an error
// in its own place:
//
//	purchase := glide.NewTransaction().DecrBy("stock", 1).RPush("orders", id)
//	results, err := client.Exec(ctx, purchase)
//	left, err := glide.Result[int64](results, 0)
//
// # Connections of one's own
//
// Commands that block, such as [Client.BLPop], hold no one up: each has a
// connection for itself while it waits. [Client.Optimistic] changes what
// others may be changing too: it reads what is watched and writes by a
// transaction, again if someone came between. [Client.Dedicated] gives a
// function a connection that no one else uses:
//
//	err = client.Dedicated(ctx, func(c *glide.DedicatedClient) error {
//		if err := c.Set(ctx, "order", id); err != nil {
//			return err
//		}
//		_, err := c.Wait(ctx, 1, time.Second) // for a replica to have it
//		return err
//	})
//
// # Clusters
//
// [NewClusterClient] finds all nodes of a cluster from any of them, and
// follows when slots move or nodes fail. It has the same commands: each goes
// to the node of its keys, and those over many keys are split where the
// commands allow it. A transaction is a [ClusterTransaction], of one slot.
// [ClusterClient.Node] and [ClusterClient.Nodes] choose nodes instead:
//
//	sizes, err := cluster.Nodes(glide.AllPrimaries).DBSize(ctx)
//	info, err := cluster.Node(glide.RandomNode).Info(ctx, "server")
//
// # Messages
//
// A client is subscribed to what its configuration says, and to what
// [Client.Subscribe] adds. Messages wait in its memory until they are received,
// in the order of each channel:
//
//	for message, err := range client.Messages(ctx) {
//
// or with [Client.NextMessage], [Client.TryMessage], or a callback in the
// [Subscriptions]. Each message comes at most once: servers keep none, so what
// is published while a connection is lost, or while a cluster moves the
// channel, is missed. The client then subscribes again by itself, mostly within
// milliseconds, after the silence of a server within seconds. What it has
// received it does not lose, but for what a bound on the waiting drops and
// counts.
//
// # Scripts
//
// A [Script] is sent by its hash once a server knows it:
//
//	var decrement = glide.NewScript(`...`)
//	reply, err := client.RunScript(ctx, decrement, []string{"stock"}, "1")
//
// # Modules
//
// The packages glidejson and glidesearch beside this one have the commands of
// JSON and search modules. Their functions run on every client and node, a
// [Commander], and queue in every transaction and pipeline, an [AnyBatch]:
//
//	user, err := glidejson.Get[User](ctx, client, "user:1")
//
// # Iterators
//
// What a server returns page by page is an iterator:
//
//	for key, err := range client.AllKeys(ctx, glide.Match("user:*")) {
//
// So are the keys of a whole cluster, fields of hashes, and members of sets
// and sorted sets.
//
// # Time
//
// A context's deadline bounds the call; without one [Config.RequestTimeout]
// does. A context that ends frees its caller at once. Commands that block on
// the server are bounded by their own timeout and their context alone.
//
// A command whose caller has given up may still be run if it was sent by then.
// If it was not, because there is no connection or it waits for another try, it
// is never sent; of a pipeline nothing more is sent. So a write that was given up
// does not come after a write that the same goroutine begins later, with these
// exceptions, in which a server may read the older one after the newer one:
//
//   - The connection was lost in between, and the newer one is sent on another.
//   - They take different connections by themselves: a blocking command, one of
//     [Client.Dedicated], one of another client, or one for another node.
//
// # Errors
//
// An error is asked for with [errors.Is]: [ErrTimeout], [ErrConnectionLost],
// [ErrClosed] and their kind. What a server answers with is a [*ServerError]
// with its code. [SafeToRetry] reports whether a command is certain not to
// have been run. No error and no formatted configuration shows a password.
//
// # The library
//
// The core is a shared library that is loaded when the first client is made:
// the file that the environment variable GLIDE_FFI_LIBRARY names, or else
// libglide_ffi.so (.dylib on macOS) beside the executable, in the user's cache
// directory under valkey-glide-go/ and this module's version, in target/release
// of the checkout that the program was built from, or where the system's
// loader looks. `cargo build --release` in a checkout of this module builds
// it.
package glide
