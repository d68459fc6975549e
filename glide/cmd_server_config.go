package glide

import (
	"github.com/valkey-glide/go/glide/internal/decode"
)

// ConfigGet returns the server's settings whose names match one of the
// patterns, by their names; * stands for anything. Several patterns are since
// version 7.0. In a cluster any node answers.
//
// https://valkey.io/commands/config-get/
func configGet(patterns ...string) command[map[string]string] {
	return newCommand("CONFIG GET", decode.Map(decode.String)).NonEmpty("patterns", patterns)
}

// ConfigResetStat sets the counters of [Client.Info], such as those of hits
// and of commands, to 0. In a cluster all nodes do; in a transaction, only the
// one that runs it.
//
// https://valkey.io/commands/config-resetstat/
func configResetStat() command[struct{}] { return newCommand("CONFIG RESETSTAT", decode.OK) }

// ConfigRewrite writes the settings as they are now to the file with which the
// server was started; one that was started without answers with an error. In
// a cluster all nodes do; in a transaction, only the one that runs it.
//
// https://valkey.io/commands/config-rewrite/
func configRewrite() command[struct{}] { return newCommand("CONFIG REWRITE", decode.OK) }

// ConfigSet changes settings of the server, until it ends; all of them, or
// with an error none. The error names the setting but does not show its value.
// Several settings are since version 7.0. In a cluster all nodes are told; in
// a transaction, only the one that runs it. With a [Config] of several
// addresses the replicas are told too.
//
// https://valkey.io/commands/config-set/
func configSet(settings map[string]string) command[struct{}] {
	cmd := newCommand("CONFIG SET", decode.OK)
	if len(settings) == 0 {
		return cmd.Refuse("no settings")
	}
	for name, value := range settings {
		cmd = cmd.Arg(name).Arg(value)
	}
	return cmd
}
