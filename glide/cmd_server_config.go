package glide

import (
	"github.com/valkey-glide/go/glide/internal/decode"
)

// ConfigGet returns the configuration parameters of the server whose names
// match one of the patterns, by name; * matches any text. Several patterns are
// supported since version 7.0. In a cluster any node answers.
//
// https://valkey.io/commands/config-get/
func configGet(patterns ...string) command[map[string]string] {
	return newCommand(named("CONFIG GET").NonEmpty("patterns", patterns), decode.Map(decode.String))
}

// ConfigResetStat resets the statistics of [Client.Info]. In a cluster it runs
// on all nodes, in a transaction only on the node that runs it.
//
// https://valkey.io/commands/config-resetstat/
func configResetStat() command[struct{}] { return newCommand(named("CONFIG RESETSTAT"), decode.OK) }

// ConfigRewrite writes the current configuration to the file with which the
// server was started. It is an error if there was none. In a cluster it runs on
// all nodes, in a transaction only on the node that runs it.
//
// https://valkey.io/commands/config-rewrite/
func configRewrite() command[struct{}] { return newCommand(named("CONFIG REWRITE"), decode.OK) }

// ConfigSet sets configuration parameters of the server until it ends. If it
// returns an error, no parameter has changed; the error names the parameter but
// not its value. Several parameters are supported since version 7.0. In a
// cluster it runs on all nodes, in a transaction only on the node that runs it.
// With a [Config] of several addresses it runs on the replicas too.
//
// https://valkey.io/commands/config-set/
func configSet(settings map[string]string) command[struct{}] {
	cmd := named("CONFIG SET")
	if len(settings) == 0 {
		return newCommand(cmd.Refuse("no settings"), decode.OK)
	}
	for name, value := range settings {
		cmd = cmd.Arg(name).Arg(value)
	}
	return newCommand(cmd, decode.OK)
}
