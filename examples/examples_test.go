package examples_test

import (
	"bufio"
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
)

// maxLines is how long a program may be, so that it can be read in one go.
const maxLines = 119

// patient are parameters for a busy machine.
const patient = "?request_timeout=30s&connection_timeout=10s"

// The kinds of servers that programs are run with.
const (
	standalone = "a server"
	cluster    = "a cluster"
	modules    = "a server with modules"
)

// ran are the kinds of servers for each program. Those that are not here run with
// both a server and a cluster.
var ran = map[string][]string{
	"clustertour":    {cluster},
	"semanticsearch": {modules},
}

// TestPrograms runs every program and compares what it prints with what its comment
// says. It also checks that no key is left behind.
func TestPrograms(t *testing.T) {
	files, err := filepath.Glob("*/main.go")
	require.NoError(t, err)
	require.Len(t, files, 15)
	binaries := build(t)
	servers := map[string]func(t *testing.T) (url string){
		standalone: startServer(t),
		cluster:    startCluster(t),
		modules:    startWithModules,
	}
	for _, file := range files {
		name := filepath.Dir(file)
		want := output(t, file)
		kinds, ok := ran[name]
		if !ok {
			kinds = []string{standalone, cluster}
		}
		for _, kind := range kinds {
			t.Run(name+" with "+kind, func(t *testing.T) {
				url := servers[kind](t)
				require.Equal(t, want, run(t, filepath.Join(binaries, name), url))
				requireNoKeys(t, url)
			})
		}
	}
}

// build builds all programs and returns the directory with them.
func build(t *testing.T) string {
	t.Helper()
	directory := t.TempDir()
	text, err := exec.Command("go", "build", "-o", directory, "./...").CombinedOutput()
	require.NoError(t, err, string(text))
	return directory
}

// run returns what a program prints. It is ended after a minute; the programs
// end themselves after half of that.
func run(t *testing.T, binary, url string) string {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, binary)
	command.Env = append(os.Environ(), "VALKEY_URL="+url)
	var logged strings.Builder
	command.Stderr = &logged
	printed, err := command.Output()
	require.NoError(t, err, "%s%s", printed, &logged)
	require.Empty(t, logged.String())
	return string(printed)
}

// comment returns the package comment of a program.
func comment(t *testing.T, file string) string {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ParseComments)
	require.NoError(t, err)
	require.NotNil(t, parsed.Doc, "%s has no comment", file)
	return (&ast.CommentGroup{List: parsed.Doc.List}).Text()
}

// output returns what the comment of a program says that it prints.
func output(t *testing.T, file string) string {
	t.Helper()
	_, after, ok := strings.Cut(comment(t, file), "\nOutput:\n\n")
	require.True(t, ok, "the comment of %s does not say what it prints", file)
	return regexp.MustCompile(`(?m)^\t`).ReplaceAllString(after, "")
}

// startServer starts a server and returns a function that returns its URL.
func startServer(t *testing.T) func(*testing.T) string {
	t.Helper()
	url := "valkey://" + glidetest.Start(t).Addr() + patient
	return func(*testing.T) string { return url }
}

// startCluster starts a cluster and returns a function that returns its URL.
func startCluster(t *testing.T) func(*testing.T) string {
	t.Helper()
	url := "valkey-cluster://" + strings.Join(glidetest.StartCluster(t).Addrs(), ",") + patient
	return func(*testing.T) string { return url }
}

// startWithModules starts a server with the modules JSON and search, and returns its
// URL. The test is skipped where there are no modules for the machine.
func startWithModules(t *testing.T) string {
	t.Helper()
	options := []glidetest.Option{}
	for variable, file := range map[string]string{"GLIDETEST_JSON_MODULE": "rejson.so", "GLIDETEST_SEARCH_MODULE": "redisearch.so"} {
		path := os.Getenv(variable)
		if path == "" {
			path = glidetest.ModulePath(file)
			if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
				t.Skipf("NOT TESTED: %s is not there: \"scripts/install-server modules\" has installed none for this machine", path)
			}
		}
		options = append(options, glidetest.WithModule(path))
	}
	return "valkey://" + glidetest.Start(t, options...).Addr() + patient
}

// requireNoKeys fails the test if a program has left a key behind.
func requireNoKeys(t *testing.T, url string) {
	t.Helper()
	client, err := glide.Open(t.Context(), url)
	require.NoError(t, err)
	defer client.Close()
	for key, err := range client.AllKeys(t.Context()) {
		require.NoError(t, err)
		require.Fail(t, "a key is left", key)
	}
}

// TestProgramsCanBeReadInOneGo keeps the programs short, and their comments complete.
func TestProgramsCanBeReadInOneGo(t *testing.T) {
	files, err := filepath.Glob("*/main.go")
	require.NoError(t, err)
	table, err := os.ReadFile("README.md")
	require.NoError(t, err)
	for _, file := range files {
		name := filepath.Dir(file)
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		lines := bufio.NewScanner(strings.NewReader(string(text)))
		count := 0
		for lines.Scan() {
			count++
		}
		require.NoError(t, lines.Err())
		require.LessOrEqual(t, count, maxLines, file)
		said := comment(t, file)
		require.Contains(t, said, "\nCommands: ", file)
		require.Contains(t, said, "go run ./"+name+"\n", file)
		require.Contains(t, said, "VALKEY_URL", file)
		require.Contains(t, string(table), "]("+name+"/main.go)", "README.md does not list %s", name)
	}
}
