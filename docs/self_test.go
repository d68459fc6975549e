package docs_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/glidetest"
)

// fenced returns a block of a document; its fences are not written in raw strings.
func fenced(language, text string) string { return "```" + language + "\n" + text + "\n```\n" }

// These are the tests of the tests: what is wrong in a document is found, at its line.

func TestWrongGoIsFound(t *testing.T) {
	checker, err := newChecker()
	require.NoError(t, err)
	for name, c := range map[string]struct{ text, want string }{
		"statements":                {fenced("go", "value, err := client.Get(ctx, \"key\")\nfmt.Println(value.Nil())"), "doc.md:3: value.Nil undefined"},
		"unused variables":          {fenced("go", "value, err := client.Get(ctx, \"key\")"), ""},
		"wrong number of results":   {fenced("go", "value := client.Get(ctx, \"key\")"), "doc.md:2: assignment mismatch"},
		"declarations":              {fenced("go", "type a struct{ b undeclared }"), "doc.md:2: undefined: undeclared"},
		"a file":                    {fenced("go", "package main\n\nfunc main() { undeclared() }"), "doc.md:4: undefined: undeclared"},
		"imports and statements":    {fenced("go", "import \"slices\"\n\nslices.Sort(client)"), "doc.md:4: "},
		"methods and statements":    {fenced("go", "type a struct{}\n\nfunc (a) b() int {\n\treturn 1\n}\n\nfmt.Println(a{}.b())"), ""},
		"wrong methods":             {fenced("go", "type a struct{}\n\nfunc (a) b() int {\n\treturn c\n}\n\nfmt.Println(a{}.b())"), "doc.md:5: undefined: c"},
		"wrong statements after":    {fenced("go", "type a struct{}\n\nfmt.Println(a{}.b())"), "doc.md:4: "},
		"in a list":                 {"1. See\n\n   ```go\n   fmt.Println(undeclared)\n   ```\n", "doc.md:4: undefined: undeclared"},
		"not Go":                    {fenced("go", "value, := 1"), "doc.md:2"},
		"what is left out":          {fenced("go", "func f() int { … }"), ""},
		"declared by the document":  {"<!-- docs: with\nvar id int\n-->\n" + fenced("go", "fmt.Sprint(id)\nclient.Del(ctx, id)"), "doc.md:6: cannot use id"},
		"declared again":            {"<!-- docs: with\nvar id int\n-->\n<!-- docs: with\nvar id string\n-->\n" + fenced("go", "client.Del(ctx, id)"), ""},
		"not declared before":       {fenced("go", "client.Del(ctx, id)") + "<!-- docs: with\nvar id string\n-->", "doc.md:2: undefined: id"},
		"another import":            {"<!-- docs: with\nimport old \"github.com/redis/go-redis/v9\"\n-->\n" + fenced("go", "old.NewClient(1)"), "doc.md:5: cannot use 1"},
		"what a block declares":     {fenced("go", "var client string\n\nfunc f() string { return client }"), ""},
		"a wrong declaration":       {"<!-- docs: with\nvar id\n-->\n" + fenced("go", "f(id)"), "with: "},
		"calls in tables":           {"<!-- docs: go 2 -->\n| a | b |\n|---|---|\n| `no go` | `client.Got(ctx)` |", "doc.md:4"},
		"expressions in tables":     {"<!-- docs: go 1 -->\n| a |\n|---|\n| `glide.Config{Port: 1}` |", "unknown field Port"},
		"types in tables":           {"<!-- docs: go 1 -->\n| a |\n|---|\n| `glide.Optional[string]`, `err == nil \\|\\| glide.ErrTimeout != nil` |", ""},
		"tables without directives": {"| a |\n|---|\n| `no go` |", ""},
	} {
		t.Run(name, func(t *testing.T) {
			document := parseDocument("doc.md", c.text)
			require.Empty(t, document.problems)
			var found []string
			for _, block := range document.blocks {
				if err := checker.check(block); err != nil {
					found = append(found, err.Error())
				}
			}
			for _, row := range document.tables {
				require.NotEmpty(t, row.cells())
				for _, code := range row.cells() {
					if err := checker.checkCell(row, code); err != nil {
						found = append(found, err.Error())
					}
				}
			}
			if c.want == "" {
				require.Empty(t, found)
			} else {
				require.Contains(t, strings.Join(found, "\n"), c.want)
			}
		})
	}
}

func TestWrongDirectivesAreFound(t *testing.T) {
	for text, want := range map[string]string{
		"<!-- docs: fragment -->":            "doc.md:1: no such directive: fragment",
		"\n<!-- docs: skip -->":              "doc.md:2: skip needs a reason",
		"<!-- docs: go -->":                  "doc.md:1: go needs the numbers of columns",
		"<!-- docs: go one -->":              "doc.md:1: go needs the numbers of columns",
		"<!-- docs: with\nvar a int":         "doc.md:1: the directive has no end",
		"<!-- docs: skip reason -->\n\ntext": "doc.md:3: a directive is followed by neither",
		"```go\na":                           "doc.md:1: the block has no end",
	} {
		require.Contains(t, strings.Join(parseDocument("doc.md", text).problems, "\n"), want, text)
	}
}

func TestWrongCommandsAreFound(t *testing.T) {
	repository, err := readRepository()
	require.NoError(t, err)
	for commands, want := range map[string]string{
		"make test":                                 "",
		"make demo BENCH_FLAGS='-x'":                "",
		"make coffee":                               "no such target of make: coffee",
		"cd examples\ngo run ./lock":                "",
		"cd examples && go run ./key":               "no such file: examples/key",
		"cd nowhere":                                "no such directory: nowhere",
		"A=b scripts/install-server redis8  # text": "",
		"scripts/uninstall-server":                  "no such file: scripts/uninstall-server",
		"go get " + ours + "/glide":                 "",
		"go get " + ours + "@latest":                "",
		"go get " + ours + "/gilde@latest":          "no such package",
		"go test ./glide/...":                       "",
		"apt-get install valkey":                    "",
	} {
		require.Contains(t, strings.Join(append(repository.missing(commands), ""), "\n"), want, commands)
		if want == "" {
			require.Empty(t, repository.missing(commands), commands)
		}
	}
}

func TestProgramsConnectToTheServerOfTheTest(t *testing.T) {
	for text, want := range map[string]string{
		`glide.Config{}`: `glide.Config{RequestTimeout: 30e9, ConnectionTimeout: 10e9, Addresses: []glide.Address{{Host: "127.0.0.1", Port: 1}}}`,
		`glide.ClusterConfig{Addresses: []glide.Address{{Host: "localhost", Port: 7000}}}`: `glide.ClusterConfig{RequestTimeout: 30e9, ConnectionTimeout: 10e9, Addresses: []glide.Address{{Host: "127.0.0.1", Port: 1}}}`,
		`glide.Config{Addresses: []glide.Address{{Host: "localhost"}}, RequestTimeout: 1}`: `glide.Config{Addresses: []glide.Address{{Host: "127.0.0.1", Port: 1}}, RequestTimeout: 1}`,
		`glide.NewAddress("localhost", 6379)`:                                              `glide.NewAddress("127.0.0.1", 1)`,
		`glide.Open(ctx, "valkey://localhost")`:                                            `glide.Open(ctx, "valkey://127.0.0.1:1?request_timeout=30s&connection_timeout=10s")`,
		`glide.Open(ctx, "valkey://localhost:6379/2")`:                                     `glide.Open(ctx, "valkey://127.0.0.1:1/2")`,
	} {
		source, ok := program{block: block{text: text}}.connectingTo("127.0.0.1:1")
		require.True(t, ok, text)
		require.Equal(t, want, source)
	}
}

func TestProgramsAreRunWithAServer(t *testing.T) {
	const text = `package main

import (
	"context"
	"fmt"

	"github.com/valkey-glide/go/glide"
)

func main() {
	client, err := glide.NewClient(context.Background(), glide.Config{
		Addresses: []glide.Address{{Host: "localhost"}},
	})
	if err != nil {
		panic(err)
	}
	defer client.Close()
	fmt.Println(client.Echo(context.Background(), "hello"))
}`
	programs := programsOf(parseDocument("doc.md", "It prints\n\n"+fenced("go", text)+"\nthis:\n\n"+fenced("", "hello <nil>")))
	require.Len(t, programs, 1)
	printed, err := programs[0].run(t.Context(), t.TempDir(), "program", glidetest.Start(t).Addr())
	require.NoError(t, err)
	require.Equal(t, programs[0].output, printed)

	elsewhere := program{block: block{text: strings.ReplaceAll(text, "localhost", "example.com")}}
	_, err = elsewhere.run(t.Context(), t.TempDir(), "program", "localhost:1")
	require.ErrorContains(t, err, "must connect to localhost")
	require.Empty(t, programsOf(parseDocument("doc.md", fenced("go", text)+fenced("sh", "make"))))
}
