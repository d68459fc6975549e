// Package glidegoredis runs programs that use go-redis on a client of package glide,
// standalone or cluster:
//
//	client, err := glide.NewClusterClient(ctx, config)
//	rdb := glidegoredis.NewClient(client) // a *redis.Client
//
// Everything that takes a *redis.Client works on it, such as asynq, redsync and
// redislock, and has the client's discovery, failover, credentials and shared
// connections. [Options] is for programs that need other settings of go-redis.
//
// # How it works
//
// A connection of go-redis's pool is a net.Conn within the process. Write parses
// requests in place. Read runs what was written, on the goroutine that reads, and
// encodes the replies from the form in which they come from the library: into the
// caller's buffer, if they fit. Requests that were written together run as one
// pipeline. There is no goroutine for a connection or a command; subscriptions have
// one each. The read deadline ends a command, and so does Close.
//
// Replies are as the server sent them. If a connection speaks version 2 of the
// protocol and the client version 3, they are changed as a server does it.
//
// # State of connections
//
// HELLO, CLIENT SETNAME, GETNAME, SETINFO and REPLY, MULTI, DISCARD and RESET are
// answered here. What is queued after MULTI is sent by EXEC as a whole, so a command
// that the server does not accept is an error of EXEC. WATCH takes a dedicated
// connection until EXEC, DISCARD or UNWATCH. With standalone servers, SELECT of another
// database than the client's, AUTH, and CLIENT NO-EVICT and NO-TOUCH take one for as
// long as the connection lasts. Blocking commands take one while they wait. In a
// cluster, SCAN goes through all nodes with one cursor, commands with keys of several
// slots are split as the client does it, and SELECT, AUTH and WAIT return errors.
//
// MONITOR, CLIENT TRACKING and replication need a connection to a server and return
// errors.
//
// # Errors
//
// A lost connection is an io.EOF, a server that cannot be reached a *net.OpError with
// the operation "dial", and a deadline an os.ErrDeadlineExceeded: what go-redis expects
// of its connections. After each of these the connection is closed.
//
// Hooks of the client are not called: go-redis has its own.
package glidegoredis
