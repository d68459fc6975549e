// Package moduletest runs the tests of a package of module commands on real
// servers that have the module, where there is one for this machine.
package moduletest

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
)

// A Module is a file that a server loads: the one that the environment names,
// or the one that scripts/install-server has installed.
type Module struct{ Env, File string }

// The modules.
var (
	Bloom  = Module{"GLIDETEST_BLOOM_MODULE", "redisbloom.so"}
	JSON   = Module{"GLIDETEST_JSON_MODULE", "rejson.so"}
	Search = Module{"GLIDETEST_SEARCH_MODULE", "redisearch.so"}
)

// path is where it is, and why it is not if it is not.
func (m Module) path() (string, error) {
	if path := os.Getenv(m.Env); path != "" {
		_, err := os.Stat(path)
		return path, err
	}
	path := glidetest.ModulePath(m.File)
	if _, err := os.Stat(path); err != nil {
		return "", errNone
	}
	return path, nil
}

// errNone is that no module can be had here. What is asked for by name and
// cannot be had is another error.
var errNone = errors.New("scripts/install-server modules has not installed one")

// Suite is the tests of one package.
type Suite struct {
	// Modules are those that its servers load.
	Modules []Module
	// Optional are commands that a module may lack: see Needs.
	Optional []string

	once   sync.Once
	server *glidetest.Server
	err    error

	// The cluster is started when it is first asked for.
	clusterOnce sync.Once
	cluster     *glidetest.Cluster
	clusterErr  error
}

func (s *Suite) options() ([]glidetest.Option, error) {
	// RedisJSON's documents share strings and must not be freed by a thread
	// too: with what Valkey does by itself since 8.0 the server crashes.
	var options []glidetest.Option
	for _, lazily := range []string{"eviction", "expire", "server-del", "user-del", "user-flush"} {
		options = append(options, glidetest.WithConfig("lazyfree-lazy-"+lazily, "no"))
	}
	for _, module := range s.Modules {
		path, err := module.path()
		if err != nil {
			return nil, err
		}
		options = append(options, glidetest.WithModule(path))
	}
	return options, nil
}

// start starts the server that the tests share.
func (s *Suite) start() error {
	s.once.Do(func() {
		var options []glidetest.Option
		if options, s.err = s.options(); s.err == nil {
			s.server, s.err = glidetest.StartServer(context.Background(), options...)
		}
	})
	return s.err
}

// Main runs the tests and says what modules they ran against, if any. It fails
// the run if a module that was asked for cannot be had, and if anything of the
// library is alive at its end.
func (s *Suite) Main(m *testing.M) {
	err := s.start()
	switch {
	case err == nil:
		fmt.Println("live modules:", s.loaded())
		if lacking := s.lacking(s.Optional); len(lacking) > 0 {
			fmt.Println("live modules lack, and tests do not try:", strings.Join(lacking, ", "))
		}
	case s.asked():
		fmt.Println("the module that was asked for:", err)
		os.Exit(1)
	default:
		fmt.Println("live modules: none on this machine, so no tests of real replies and no examples:", err)
		withoutExamples()
	}
	code := m.Run()
	if s.server != nil {
		s.server.Close()
	}
	if s.cluster != nil {
		s.cluster.Close()
	}
	if left := testkit.AwaitNothingAlive(); code == 0 && left != "" {
		fmt.Println("left in the library:", left)
		code = 1
	}
	os.Exit(code)
}

// withoutExamples leaves the examples out: unlike tests they cannot skip
// themselves.
func withoutExamples() {
	flag.Parse()
	if run := flag.Lookup("test.run"); run.Value.String() == "" {
		run.Value.Set("^Test") // it is a string: it takes any
	}
}

// asked reports whether the environment names a module.
func (s *Suite) asked() bool {
	for _, module := range s.Modules {
		if os.Getenv(module.Env) != "" {
			return true
		}
	}
	return false
}

// loaded names the modules that the server has loaded.
func (s *Suite) loaded() string {
	reply, err := s.server.Command("MODULE", "LIST")
	if err != nil {
		return err.Error()
	}
	var names []string
	for _, module := range reply.([]any) {
		parts := module.([]any)
		described := map[string]any{}
		for i := 0; i+1 < len(parts); i += 2 {
			described[fmt.Sprint(parts[i])] = parts[i+1]
		}
		names = append(names, fmt.Sprintf("%v %v (%s)", described["name"], described["ver"], filepath.Base(fmt.Sprint(described["path"]))))
	}
	return strings.Join(names, ", ") + " in " + s.server.Version().String()
}

// lacking returns those of several commands that the server does not know.
func (s *Suite) lacking(commands []string) (unknown []string) {
	for _, name := range commands {
		reply, err := s.server.Command("COMMAND", "INFO", name)
		if rows, ok := reply.([]any); err != nil || !ok || len(rows) == 0 || rows[0] == nil {
			unknown = append(unknown, name)
		}
	}
	return unknown
}

// Needs skips a test of optional commands that the modules lack: Main has said
// which.
func (s *Suite) Needs(tb testing.TB, commands ...string) {
	tb.Helper()
	s.Server(tb)
	for _, name := range commands {
		if !slices.Contains(s.Optional, name) {
			tb.Fatal(name, " is not among the optional commands")
		}
	}
	if lacking := s.lacking(commands); len(lacking) > 0 {
		tb.Skip("the module lacks ", lacking)
	}
}

// Server returns the server that the tests share, empty. Where there is no
// module the test is skipped: Main has said so.
func (s *Suite) Server(tb testing.TB) *glidetest.Server {
	tb.Helper()
	if err := s.start(); err != nil {
		tb.Skip("no live module: ", err)
	}
	s.server.MustCommand(tb, "FLUSHALL")
	return s.server
}

// Client returns a client of the server that the tests share, empty.
func (s *Suite) Client(tb testing.TB, protocol glide.Protocol) *glide.Client {
	tb.Helper()
	server := s.Server(tb)
	client, err := glide.NewClient(context.Background(), glide.Config{
		Addresses: []glide.Address{{Host: server.Host(), Port: server.Port()}}, Protocol: protocol, RequestTimeout: patience,
	})
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = client.Close() })
	return client
}

// Cluster returns the cluster that the tests share. It has no replicas.
func (s *Suite) Cluster(tb testing.TB) *glidetest.Cluster {
	tb.Helper()
	s.Server(tb) // or the test is skipped
	s.clusterOnce.Do(func() { s.cluster, s.clusterErr = s.startCluster(0) })
	require.NoError(tb, s.clusterErr)
	return s.cluster
}

// ClusterWithReplicas returns a cluster of the test's own, with a replica of each
// primary.
func (s *Suite) ClusterWithReplicas(tb testing.TB) *glidetest.Cluster {
	tb.Helper()
	s.Server(tb) // or the test is skipped
	cluster, err := s.startCluster(1)
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = cluster.Close() })
	return cluster
}

func (s *Suite) startCluster(replicas int) (*glidetest.Cluster, error) {
	options, err := s.options()
	if err != nil {
		return nil, err
	}
	cluster, err := glidetest.StartServerCluster(context.Background(), append(options, glidetest.WithReplicas(replicas))...)
	if err == nil {
		err = cluster.AwaitOK(context.Background())
	}
	return cluster, err
}

// ClusterClient returns a client of the cluster that the tests share, empty.
func (s *Suite) ClusterClient(tb testing.TB, protocol glide.Protocol) *glide.ClusterClient {
	tb.Helper()
	node := s.Cluster(tb).Nodes()[0]
	client, err := glide.NewClusterClient(context.Background(), glide.ClusterConfig{
		Addresses: []glide.Address{{Host: node.Host(), Port: node.Port()}}, Protocol: protocol, RequestTimeout: patience,
	})
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = client.Close() })
	_, err = client.Do(context.Background(), "FLUSHALL")
	require.NoError(tb, err)
	return client
}

// patience is how long a call waits where a test is not about time.
const patience = 30 * time.Second

// ExampleClient returns a client of the server that the tests share, empty.
func (s *Suite) ExampleClient() *glide.Client {
	err := s.start()
	var client *glide.Client
	if err == nil {
		client, err = glide.NewClient(context.Background(), glide.Config{
			Addresses: []glide.Address{{Host: s.server.Host(), Port: s.server.Port()}}, RequestTimeout: patience,
		})
	}
	if err == nil {
		_, err = client.Do(context.Background(), "FLUSHALL")
	}
	if err != nil {
		panic(err)
	}
	return client
}

// Plain returns a client of a server without modules, which is the test's own.
func Plain(tb testing.TB) *glide.Client {
	tb.Helper()
	server := glidetest.Start(tb)
	client, err := glide.NewClient(context.Background(), glide.Config{
		Addresses: []glide.Address{{Host: server.Host(), Port: server.Port()}}, RequestTimeout: patience,
	})
	require.NoError(tb, err)
	tb.Cleanup(func() { _ = client.Close() })
	return client
}
