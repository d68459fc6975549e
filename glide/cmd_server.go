package glide

import (
	"slices"
	"strings"
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// DBSize returns the number of keys in the selected database. In a cluster it
// returns the sum of all primaries, in a transaction that of the node that runs
// it.
//
// https://valkey.io/commands/dbsize/
func dbSize() command[int64] { return newCommand(named("DBSIZE"), decode.Int) }

// FlushOption is an option of [Client.FlushAll] and [Client.FlushDB]:
// [FlushAsync] or [FlushSync].
type FlushOption interface {
	option
	flushOption()
}

func (flushMode) flushOption() {}

// FlushAll deletes all keys of all databases. When their memory is freed is
// decided by the server's configuration (lazyfree-lazy-user-flush) unless an
// option is given. In a cluster all primaries are flushed; in a transaction,
// only the one that runs it.
//
// https://valkey.io/commands/flushall/
func flushAll(options ...FlushOption) command[struct{}] {
	return newCommand(appendOptions(named("FLUSHALL"), options), decode.OK)
}

// FlushDB deletes all keys of the selected database; otherwise it is like
// [Client.FlushAll].
//
// https://valkey.io/commands/flushdb/
func flushDB(options ...FlushOption) command[struct{}] {
	return newCommand(appendOptions(named("FLUSHDB"), options), decode.OK)
}

// Info returns information about the server: lines of name:value under
// headings such as # Server. [ParseInfo] parses it. Sections, such as server,
// memory or replication, select parts, in lower case; the default is the
// server's default, and everything selects all. Sections that do not exist are
// omitted. Several sections are supported since version 7.0. With
// [Config.ReadFrom] a replica may answer.
//
// https://valkey.io/commands/info/
//
//glide:server several nodes answer, each with its own
func info(sections ...string) command[string] {
	return newCommand(named("INFO").Args(sections), decode.String)
}

// ParseInfo parses the result of [Client.Info] and returns the values by the
// names of their sections, in lower case, and fields. If a section has several
// fields of one name, as the section of the modules has, their values are
// joined by line breaks.
func ParseInfo(text string) map[string]map[string]string {
	sections := map[string]map[string]string{}
	var section map[string]string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\r\n")
		if heading, ok := strings.CutPrefix(line, "# "); ok {
			section = map[string]string{}
			sections[strings.ToLower(heading)] = section
			continue
		}
		name, value, ok := strings.Cut(line, ":")
		if !ok || section == nil {
			continue
		}
		if before, again := section[name]; again {
			value = before + "\n" + value
		}
		section[name] = value
	}
	return sections
}

// LolWutOption is an option of [Client.LolWut]: [LolWutVersion].
type LolWutOption interface {
	option
	lolWutOption()
}

// lolWutVersion is the option VERSION and its arguments.
type lolWutVersion []int64

// LolWutVersion (VERSION) selects the drawing of a version of the server, such
// as 5 or 6. The arguments are those of the drawing, mostly the numbers of
// columns and rows.
func LolWutVersion(version int64, arguments ...int64) LolWutOption {
	return lolWutVersion(append([]int64{version}, arguments...))
}

func (v lolWutVersion) appendTo(to *wire.Request) {
	to.String("VERSION")
	for _, number := range v {
		to.Int(number)
	}
}

func (lolWutVersion) conflictKey() string { return "version" }
func (lolWutVersion) lolWutOption()       {}

// LolWut returns a drawing as lines of text, and the version of the server. In
// a cluster any node answers.
//
// https://valkey.io/commands/lolwut/
func lolWut(options ...LolWutOption) command[string] {
	return newCommand(appendOptions(named("LOLWUT"), options), decode.String)
}

// SwapDB swaps two databases, given by their numbers: clients that selected one
// immediately see the keys of the other. A number that the server does not have
// is an error.
//
// https://valkey.io/commands/swapdb/
//
//glide:standalone the nodes of a cluster refuse it
func swapDB(one, other int) command[struct{}] {
	return newCommand(named("SWAPDB").Integer(int64(one)).Integer(int64(other)), decode.OK)
}

// Time returns the time of the server's clock, with a resolution of a
// microsecond. In a cluster any node answers.
//
// https://valkey.io/commands/time/
func serverTime() command[time.Time] { return newCommand(named("TIME"), readTime) }

// readTime reads seconds and microseconds.
func readTime(r *wire.Reader) (time.Time, error) {
	var seconds, microseconds int64
	if err := decode.Tuple(r, decode.To(&seconds, decode.Int), decode.To(&microseconds, decode.Int)); err != nil {
		return time.Time{}, err
	}
	return time.Unix(seconds, microseconds*int64(time.Microsecond)), nil
}

// readFlags reads names whose order means nothing, and sorts them.
func readFlags(r *wire.Reader) ([]string, error) {
	flags, err := decode.Strings(r)
	slices.Sort(flags)
	return flags, err
}
