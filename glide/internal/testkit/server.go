package testkit

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/valkey-glide/go/glide/glidetest"
)

// Clients returns what CLIENT LIST with options says of the connections to a
// server: the fields of each.
func Clients(tb testing.TB, server *glidetest.Server, options ...string) (clients []map[string]string) {
	tb.Helper()
	list, _ := server.MustCommand(tb, append([]string{"CLIENT", "LIST"}, options...)...).(string)
	for line := range strings.Lines(list) {
		fields := map[string]string{}
		for field := range strings.FieldsSeq(line) {
			name, value, _ := strings.Cut(field, "=")
			fields[name] = value
		}
		clients = append(clients, fields)
	}
	return clients
}

// CallsOf is how often a server has run a command, by its own count.
func CallsOf(tb testing.TB, server *glidetest.Server, command string) int {
	tb.Helper()
	info, _ := server.MustCommand(tb, "INFO", "commandstats").(string)
	_, rest, _ := strings.Cut(info, "cmdstat_"+command+":calls=")
	number, _, _ := strings.Cut(rest, ",")
	calls, _ := strconv.Atoi(number)
	return calls
}

// InstalledServer returns the path of a server that scripts/install-server has
// installed under this name, such as redis8/redis-server, if it has.
func InstalledServer(name string) (path string, installed bool) {
	servers := filepath.Dir(filepath.Dir(glidetest.ModulePath("any")))
	path = filepath.Join(servers, filepath.FromSlash(name))
	_, err := os.Stat(path)
	return path, err == nil
}
