package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

const commandsFolder = "../../glide/internal/command"

// readText reads a file of definitions of package glide.
func readText(t *testing.T, name, text string) (definitions, error) {
	t.Helper()
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte("package glide\n\nimport \"time\"\n\n"+text), 0o600))
	return read(folder, commandsFolder)
}

func TestDefinitionsAreRead(t *testing.T) {
	found, err := readText(t, "cmd_group_part.go", `
// Get returns it.
//
// https://example.com/get
//
//glide:server it is one's
func get(key string, after time.Duration, more ...string) command[string] { return newCommand("GET").Key(key) }

// newCommand begins one.
func newCommand(name string) command[string] { return command[string]{} }
`)
	require.NoError(t, err)
	require.Len(t, found.All, 1)
	d := found.All[0]
	require.Equal(t, "Get", d.Name)
	require.Equal(t, "get", d.Function)
	require.Equal(t, "group", d.Group)
	require.Equal(t, "key string, after time.Duration, more ...string", d.Parameters)
	require.Equal(t, "key, after, more...", d.Arguments)
	require.Equal(t, map[string]string{"server": "it is one's"}, d.Reasons)
	require.True(t, d.HasKeys)
}

// Packages of modules use the type by its full name.
func TestDefinitionsOfModulesAreRead(t *testing.T) {
	found, err := readText(t, "cmd_a.go", `
import "github.com/valkey-glide/go/glide/internal/command"

// A returns it.
//
// https://example.com/a
func a(key string) command.Command[int] { return appendNothing(command.New("A").Key(key)) }

func appendNothing[T any](cmd command.Command[T]) command.Command[T] { return cmd }
`)
	require.NoError(t, err)
	require.Len(t, found.All, 1)
	require.Equal(t, "int", found.All[0].Result)
}

// Keys are found where they are appended, under any name.
func TestKeysAreFound(t *testing.T) {
	const head = "// A returns it.\n//\n// https://example.com/a\n"
	for text, hasKeys := range map[string]bool{
		`func a(key string) command[int] { return newCommand("A").Arg(key) }`:                          false,
		`func a(keys []string) command[int] { return newCommand("A").CountedKeys(keys) }`:              true,
		`func a(keys []string) command[int] { return newCommand("A").KeysAndArgs(keys, nil) }`:         false,
		`func a(key string) command[int] { return helper(newCommand("A"), key) }`:                      true,
		`func a(key string) command[int] { cmd := newCommand("A"); cmd.Request.Key(key); return cmd }`: true,
		`func a(o Opt) command[int] { return appendAll(newCommand("A"), o) }`:                          true,
		`func a(key string) command[int] { return newCommand("A").Refuse(key) }`:                       false,
	} {
		found, err := readText(t, "cmd_a.go", head+text+`

// newCommand begins one.
func newCommand(name string) command[int] { return command[int]{} }

func helper(cmd command[int], key string) command[int] { return cmd.Pairs(map[string]string{key: ""}) }

type Opt struct{}

func (Opt) appendTo(to *Request) { to.Request.Key("k") }

func appendAll[O interface{ appendTo(*Request) }](cmd command[int], o O) command[int] { use(O.appendTo); return cmd }

func use(any) {}

var _ time.Duration
`)
		require.NoError(t, err)
		require.Equal(t, hasKeys, found.All[0].HasKeys, text)
	}
}

func TestUnknownFormsAreErrorsWithTheirPosition(t *testing.T) {
	const link = "//\n// https://example.com/a\n"
	for name, c := range map[string]struct{ file, text, want string }{
		"no comment":                     {text: `func a() command[int] { return x }`, want: "the comment of a begins neither"},
		"a comment in small letters":     {text: "// returns it.\n" + link + `func a() command[int] { return x }`, want: "the comment of a begins neither"},
		"no link":                        {text: "// A returns it.\n" + `func a() command[int] { return x }`, want: "does not end with a link"},
		"an unknown directive":           {text: "// A returns it.\n" + link + "//\n//glide:sever it is\n" + `func a() command[int] { return x }`, want: "the directive sever is not one of"},
		"a directive without a reason":   {text: "// A returns it.\n" + link + "//\n//glide:server\n" + `func a() command[int] { return x }`, want: "with a reason"},
		"a directive twice":              {text: "// A returns it.\n" + link + "//\n//glide:server a\n//glide:server b\n" + `func a() command[int] { return x }`, want: "is given twice"},
		"directives that contradict":     {text: "// A returns it.\n" + link + "//\n//glide:server a\n//glide:standalone b\n" + `func a() command[int] { return x }`, want: "exclude each other"},
		"a directive elsewhere":          {text: "//glide:server it is\nvar x = 1", want: "the directive is not that of a definition"},
		"another type of command":        {text: "// A returns it.\n" + link + `func a() base.Command[int] { return x }`, want: "it must return a command"},
		"a parameter without a name":     {text: "// A returns it.\n" + link + `func a(int) command[int] { return x }`, want: "a parameter without a name"},
		"a parameter that hides another": {text: "// A returns it.\n" + link + `func a(ctx int) command[int] { return x }`, want: "a parameter cannot be called ctx"},
		"a type that cannot be named":    {text: "// A returns it.\n" + link + `func a(x hidden) command[int] { return x }`, want: "the type hidden cannot be named"},
		"a package by another name":      {text: "// A returns it.\n" + link + `func a(x other.T) command[int] { return x }`, want: "no import of a package other"},
		"type parameters":                {text: "// A returns it.\n" + link + `func a[T any](x T) command[T] { return x }`, want: "methods have no type parameters"},
		"a call of something unknown":    {text: "// A returns it.\n" + link + `func a() command[int] { return elsewhere() }`, want: "a calls elsewhere, which is no function of the package"},
		"a name twice":                   {text: "// A returns it.\n" + link + "func a() command[int] { return x }\n\n// A returns it.\n" + link + `func b() command[int] { return x }`, want: "A is defined at"},
		"a file that names no group":     {file: "cmd_2nd.go", text: "// A returns it.\n" + link + `func a() command[int] { return x }`, want: "the name of the file names no group"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.file == "" {
				c.file = "cmd_a.go"
			}
			_, err := readText(t, c.file, c.text)
			require.ErrorContains(t, err, c.want)
			require.Regexp(t, c.file+`:\d+:\d+: `, err.Error())
		})
	}
}

func TestConfigurationsAreMerged(t *testing.T) {
	shared := []setting{{name: "A", kind: "int", doc: []string{"// A is of [Client.X]."}}, {name: "B", kind: "int", doc: []string{"// B is."}}, {name: "C", kind: "int", standalone: true}}
	all, copied, err := merge(shared, []setting{{name: "D", kind: "bool"}, {name: "B", kind: "int", doc: []string{"// B is another."}}})
	require.NoError(t, err)
	require.Equal(t, []string{"A", "B"}, copied)
	require.Equal(t, []setting{
		{name: "A", kind: "int", doc: []string{"// A is of [ClusterClient.X]."}},
		{name: "B", kind: "int", doc: []string{"// B is another."}},
		{name: "D", kind: "bool"},
	}, all)

	_, _, err = merge(shared, []setting{{name: "B", kind: "string"}})
	require.ErrorContains(t, err, "B is a int in Config")
	_, _, err = merge(shared, []setting{{name: "C", kind: "int"}})
	require.ErrorContains(t, err, "C is marked as one of standalone servers")
}

func TestConfigurationsInUnknownFormsAreErrors(t *testing.T) {
	for text, want := range map[string]string{
		"type Config struct {\n\t// A is.\n\tA int\n}":                                         "Config is not a struct with a comment",
		"// Config is.\ntype Config int":                                                       "Config is not a struct with a comment",
		"// Config is.\ntype Config struct {\n\tA int\n}":                                      "A has no comment",
		"// Config is.\ntype Config struct {\n\t// A is.\n\tA, B int\n}":                       "not one name in a field",
		"// Config is.\ntype Config struct {\n\t// A is.\n\tOther\n}":                          "not one name in a field",
		"// Config is.\ntype Config struct {\n\t// It is.\n\tA int\n}":                         "does not begin with its name",
		"// Config is.\ntype Config struct {\n\t// A is.\n\t//\n\t//glide:cluster\n\tA int\n}": "unknown directive",
		"type Other int": "no type Config",
	} {
		path := filepath.Join(t.TempDir(), "config.go")
		require.NoError(t, os.WriteFile(path, []byte("package glide\n\n"+text+"\n"), 0o600))
		require.ErrorContains(t, generateConfig(filepath.Dir(path), t.TempDir()), want)
	}
}
