// Package glideotel traces and measures the clients of package glide with
// OpenTelemetry. It is a separate module:
//
//	go get github.com/valkey-glide/go/glide/glideotel
//
// One hook in the configuration of a client is all that is needed:
//
//	client, err := glide.NewClient(ctx, glide.Config{Hooks: []glide.Hook{glideotel.NewHook()}})
//
// One hook may serve any number of clients.
//
// # Spans
//
// Each command, each batch and each [glide.NewClient] is a span of kind client.
// It is a child of the span in the context of the call, and hooks that follow
// find it in the context. It has the name of the operation: GET, CLIENT LIST,
// MULTI for a transaction, PIPELINE SET for a pipeline of SETs, CONNECT. Names and
// attributes follow the stable semantic conventions for databases and those for
// Redis:
//
//   - db.system.name: valkey, or what [WithSystem] sets;
//   - db.operation.name: the name of the operation. A batch of one command has
//     the name of the command;
//   - db.operation.batch.size: the number of commands in a batch of several;
//   - db.namespace: the configured database. SELECT does not change it;
//   - server.address and server.port: the configured addresses, separated by
//     commas. The port is given if all addresses have the same one and it is not
//     6379;
//   - error.type and db.response.status_code: see below;
//   - network.peer.address and network.peer.port: the node that answered, by the
//     address that the topology has for it. They are missing if that is not known,
//     or if several nodes took part;
//   - glide.retries: how many times the operation was sent again, if it was;
//   - glide.batch.failed_commands and glide.batch.error_types: how many commands of
//     a batch failed, and with which errors. The span of the batch is failed only
//     if the batch as a whole is.
//
// # Metrics
//
// The histogram db.client.operation.duration has the seconds that each of these
// operations took, with the same attributes except for those of batches, of the node
// and of retries: every node and number would be a series. An
// operation that was refused before it was sent took 0 seconds.
//
// # Errors
//
// A failed operation has the status Error and the attribute error.type. If a
// server returned the error, error.type and db.response.status_code are its code,
// such as WRONGTYPE. Otherwise error.type is the name of the error in package
// glide: timeout for [glide.ErrTimeout], connection_lost for
// [glide.ErrConnectionLost] and so on; it is canceled if the context was. An error
// that is several of these has the type of its cause: a call that ran out of time
// because no server could be reached is unreachable, not timeout.
//
// # Secrets
//
// No keys, no values and no texts of errors are exported: servers, scripts and
// modules may repeat arguments in their errors. The code of an error may be such
// text too, since scripts choose it. Codes that are not known are therefore _OTHER
// unless [WithErrorCodes] names them. Commands of [glide.Client.Do] appear under
// the name that the program uses, as far as it can be one.
package glideotel
