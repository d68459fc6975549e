// Package glide is a client for Valkey and Redis OSS.
//
// It is built on the core of Valkey GLIDE, which implements the protocol,
// connections and cluster topology, and adds an idiomatic Go API to it.
//
// # Connecting
//
// [NewClient] connects to a standalone server, with or without replicas. The
// zero [Config] connects to localhost:6379; [ParseURL] parses a configuration
// from a URL, and [Open] connects to the server or cluster of a URL.
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
// A program needs only one client. It is safe for concurrent use by any number
// of goroutines; their commands share one connection to each server and are
// sent together. The client reconnects automatically.
//
// # Authentication and encryption
//
// [Config.Credentials] is a user and password, or only a password. [IAM]
// authenticates with tokens for Amazon ElastiCache and MemoryDB instead. When
// a password is rotated, set the new one while the client is in use. With true
// the client tries it on every connection, and a password that a server
// refuses changes nothing:
//
//	err = client.UpdateConnectionPassword(ctx, password, true)
//
// [Config.TLS] encrypts connections. The client verifies servers against the
// system's root certificates or the given ones, and [ErrCertificate] says what
// is wrong with a certificate; only InsecureSkipVerify disables that. For
// servers that require a client certificate, the client reads it from memory,
// or from files that it reloads when they change.
//
// # Commands
//
// Every command is a method that takes a context and returns Go types: a
// [time.Duration] for a time to live, an [Optional] for a value that may be
// missing. Variants of a command are options; a different reply type is a
// different method.
//
//	err = client.Set(ctx, "greeting", "hello", glide.ExpireIn(time.Minute))
//	taken, err := client.SetIf(ctx, "lock", token, glide.IfAbsent)
//	greeting, err := client.Get(ctx, "greeting")
//	fmt.Println(greeting.Or("no greeting"))
//
// Strings may contain any bytes. [View] passes a byte slice without copying it, and
// methods such as GetBytes return byte slices. [EncodeHash] and [HGetAllAs] store
// structs in hashes. [Client.Do] runs any command, and [DoAs] returns its reply as
// a type.
//
// # Transactions and pipelines
//
// A [Transaction] runs as a unit; a [Pipeline] saves round trips. Both have the
// same command methods as the client, and can run any number of times. Results
// have the types of the client's methods, and an error of one command is the
// result of that command:
//
//	purchase := glide.NewTransaction().DecrBy("stock", 1).RPush("orders", id)
//	results, err := client.Exec(ctx, purchase)
//	left, err := glide.Result[int64](results, 0)
//
// The option [FailOnError] makes Exec return the error of the first command that
// failed. [LastQueued] identifies a result without its index.
//
// # Dedicated connections
//
// Blocking commands, such as [Client.BLPop], do not delay other callers: each
// one runs on a dedicated connection while it waits. [Client.Optimistic]
// changes keys that other clients may change too: it watches them, reads, and
// writes with a transaction, and starts again if another client changed them.
// [Client.Dedicated] calls a function with a dedicated connection:
//
//	err = client.Dedicated(ctx, func(c *glide.DedicatedClient) error {
//		if err := c.Set(ctx, "order", id); err != nil {
//			return err
//		}
//		_, err := c.Wait(ctx, 1, time.Second) // until a replica has it
//		return err
//	})
//
// # Clusters
//
// [NewClusterClient] discovers all nodes of a cluster from any of them, and
// follows moved slots and failovers. It has the same commands: each goes to
// the node that serves its keys, and a command over keys of several slots is
// split where the command allows it. All keys of a [Transaction] belong to one
// slot. [ClusterClient.Node] and [ClusterClient.Nodes] select nodes
// instead:
//
//	sizes, err := cluster.Nodes(glide.AllPrimaries).DBSize(ctx)
//	info, err := cluster.Node(glide.RandomNode).Info(ctx, "server")
//
// # Messages
//
// [Client.Subscription] is an independent stream of messages; most programs need
// only it. A client can have any number of them:
//
//	news, err := client.Subscription(ctx, glide.SubscriptionConfig{Channels: []string{"news"}})
//	if err != nil {
//		return err
//	}
//	defer news.Close()
//	for message, err := range news.All(ctx) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(message.Channel, message.Payload)
//	}
//
// By default at most 16384 messages wait in it; then it drops the oldest.
//
// Besides, each client has one stream for the [Subscriptions] in its
// configuration, which it subscribes to when it connects, and for those added
// with [Client.Subscribe]. By default no message is dropped there, however many
// wait. [Client.Messages] is the loop, [Client.NextMessage] and [Client.TryMessage]
// return one message, and a callback can receive them instead.
//
// Messages of a channel keep their order. Each is delivered at most once:
// servers do not store messages, so those published while a connection is lost
// or a cluster moves the channel are missed. The client subscribes again
// automatically, usually within milliseconds, or within seconds if a server
// falls silent. It does not lose messages that it has received, except those
// that it drops and counts because its buffer is limited.
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
// The packages glidejson, glidesearch and glidebloom contain the commands of the
// JSON, search and Bloom filter modules. Their functions run on every client and node, which is a
// [Commander], and queue in every transaction and pipeline, which is a
// [Batch]:
//
//	user, err := glidejson.Get[User](ctx, client, "user:1")
//
// # Interfaces
//
// [UniversalClient] is what clients of servers and of clusters have in common, and
// [Commands] are the commands that also nodes and dedicated connections have:
// libraries take these, or the interface of a group, such as [StringCommands].
// Wrappers and fakes for tests embed them. [NewResults] and [NewLifetime] make
// results for fakes.
//
// # Iterators
//
// Data that a server returns in pages is an iterator:
//
//	for key, err := range client.AllKeys(ctx, glide.Match("user:*")) {
//
// There are also iterators over the keys of a cluster, the fields of a hash,
// and the members of a set or sorted set.
//
// # Time
//
// The deadline of the context limits a call; without one,
// [Config.RequestTimeout] does. When the context ends, the call returns
// immediately. Blocking commands are limited only by their own timeout and
// their context.
//
// A call that was not sent when its context ended is not sent afterwards, so a
// cancelled write does not take effect after what its caller sends next on the
// same connection. If thousands of calls are cancelled at once, some of them may
// still be sent, until their deadline. What had been sent is not taken back.
//
// When the context of a blocking command ends, its connection is closed before
// the call returns, so that the server removes no element for it afterwards.
// The call waits at most 40 ms for that. On a machine whose CPUs are so busy
// that closing takes longer, the server may still remove an element, which is then lost.
//
// # Errors
//
// Test errors with [errors.Is]: [ErrTimeout], [ErrConnectionLost], [ErrClosed]
// and others. An error that a server returned is a [*ServerError] with its
// code. [SafeToRetry] reports whether the command is guaranteed not to have run
// on any server. No error and no formatted configuration shows a password.
//
// # Observing a client
//
// [Client.Stats] returns counters, such as those of connections, requests in flight,
// retries and messages. A [Hook] in [Config.Hooks] is called before and after each
// operation; the package glideotel contains one for OpenTelemetry. [Config.Events]
// receives events: lost and restored connections, failovers, dropped messages.
// [Config.Logger] receives what the core logs.
//
// # The library
//
// The core is a shared library. For Linux and macOS on amd64 and arm64, it comes
// with releases of this module: a module for each platform embeds it, and a
// program contains the one for its platform. Programs for Linux with musl, as
// on Alpine, are built with -tags musl.
//
// It is loaded when the first client is created, from the first of these places
// that has it:
//
//   - the file that the environment variable GLIDE_FFI_LIBRARY names; no other
//     place is tried then
//   - libglide_ffi.so (.dylib on macOS) next to the executable
//   - the program itself. On Linux it is loaded from memory; where that is not
//     allowed, and on macOS, from a file in the user's cache directory or, if
//     that cannot be used, in the directory for temporary files
//   - target/release of the checkout that the program was built from
//   - the user's cache directory, where the command glide-library installs it
//   - the places where the system's loader looks
//
// With -tags glide_nolib nothing is embedded. With -tags glide_static the
// library is linked into the program, which then needs no other file at all.
// docs/install.md describes both. [Library] reports which library was loaded.
package glide
