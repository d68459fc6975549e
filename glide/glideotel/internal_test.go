package glideotel

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"go.opentelemetry.io/otel/attribute"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
)

// exportedErrors are the errors of package glide.
var exportedErrors = map[string]error{
	"ErrTimeout": glide.ErrTimeout, "ErrConnectionLost": glide.ErrConnectionLost, "ErrUnreachable": glide.ErrUnreachable,
	"ErrAuthentication": glide.ErrAuthentication, "ErrCertificate": glide.ErrCertificate, "ErrClosed": glide.ErrClosed,
	"ErrInflightLimit": glide.ErrInflightLimit, "ErrCircuitOpen": glide.ErrCircuitOpen, "ErrConfiguration": glide.ErrConfiguration,
	"ErrTransactionAborted": glide.ErrTransactionAborted, "ErrInvalidArgument": glide.ErrInvalidArgument,
	"ErrUnexpectedReply": glide.ErrUnexpectedReply, "ErrCallback": glide.ErrCallback, "ErrLibrary": glide.ErrLibrary,
	"ErrInternal": glide.ErrInternal,
}

// snake returns a name such as ErrCircuitOpen as circuit_open.
func snake(name string) string {
	words := regexp.MustCompile(`[A-Z][a-z]*`).FindAllString(strings.TrimPrefix(name, "Err"), -1)
	return strings.ToLower(strings.Join(words, "_"))
}

func TestEveryErrorHasAType(t *testing.T) {
	files, err := fs.Glob(os.DirFS(".."), "*.go")
	require.NoError(t, err)
	var found int
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), "../"+name, nil, 0)
		require.NoError(t, err)
		for _, declaration := range file.Decls {
			general, ok := declaration.(*ast.GenDecl)
			if !ok || general.Tok != token.VAR {
				continue
			}
			for _, spec := range general.Specs {
				for _, name := range spec.(*ast.ValueSpec).Names {
					if strings.HasPrefix(name.Name, "Err") {
						found++
						require.Contains(t, exportedErrors, name.Name)
					}
				}
			}
		}
	}
	require.Len(t, exportedErrors, found)
	h := NewHook().(*hook)
	for name, err := range exportedErrors {
		wrapped := fmt.Errorf("with a secret: %w", err)
		require.Equal(t, failure{errorType: snake(name), description: err.Error()}, h.failureOf(wrapped))
	}
}

func TestTheTypeOfAnErrorIsThatOfItsCause(t *testing.T) {
	server := func(code string) error { return &glide.ServerError{Command: "GET", Code: code, Message: "secret"} }
	h := NewHook(WithErrorCodes("SOLDOUT")).(*hook)
	for _, test := range []struct {
		errorType, code string
		err             error
	}{
		{"timeout", "", context.DeadlineExceeded},
		{"timeout", "", errors.Join(glide.ErrTimeout, context.DeadlineExceeded)},
		{"unreachable", "", errors.Join(glide.ErrTimeout, glide.ErrUnreachable)},
		{"inflight_limit", "", errors.Join(glide.ErrTimeout, glide.ErrInflightLimit)},
		{"LOADING", "LOADING", errors.Join(glide.ErrTimeout, server("LOADING"))},
		{"WRONGPASS", "WRONGPASS", errors.Join(glide.ErrAuthentication, server("WRONGPASS"))},
		{"authentication", "", errors.Join(glide.ErrAuthentication, server("SECRET"))},
		{"SOLDOUT", "SOLDOUT", server("SOLDOUT")},
		{"_OTHER", "", server("SECRET")},
		{"_OTHER", "", server("")},
		{"canceled", "", context.Canceled},
		{"_OTHER", "", errors.New("secret")},
	} {
		f := h.failureOf(test.err)
		require.Equal(t, test.errorType, f.errorType, test.err)
		require.Equal(t, test.code, f.code, test.err)
		require.NotContains(t, f.description, "secret")
	}
}

func TestNamesOfCommandsAreKept(t *testing.T) {
	files, err := fs.Glob(os.DirFS(".."), "*.go")
	require.NoError(t, err)
	more, err := fs.Glob(os.DirFS(".."), "glide*/*.go")
	require.NoError(t, err)
	var seen int
	for _, file := range append(files, more...) {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		source, err := os.ReadFile("../" + file)
		require.NoError(t, err)
		for _, match := range regexp.MustCompile(`[Nn]amed\("([A-Z][A-Z. -]+)"`).FindAllSubmatch(source, -1) {
			seen++
			require.Equal(t, string(match[1]), commandName(string(match[1])), file)
		}
	}
	require.Greater(t, seen, 300, "the names are looked for in the wrong way")
}

func TestNamesAreWithoutArguments(t *testing.T) {
	for name, expected := range map[string]string{
		"GET": "GET", "get": "get", "FT.SEARCH": "FT.SEARCH", "CLIENT NO-EVICT": "CLIENT NO-EVICT", "EVALSHA_RO": "EVALSHA_RO",
		"GET secret": "GET", "CONFIG SET secret": "CONFIG SET", "CLIENT 'secret'": "CLIENT", "CONFIG ": "CONFIG",
		"": "_OTHER", " GET": "_OTHER", "'secret'": "_OTHER", "GET\nsecret": "_OTHER", "sécret": "_OTHER", "8secret": "_OTHER",
		strings.Repeat("A", 41): "_OTHER",
	} {
		require.Equal(t, expected, commandName(name), name)
	}
	for operation, expected := range map[glide.Operation]string{
		{Kind: glide.ConnectOperation, Name: "CONNECT"}:                               "CONNECT",
		{Kind: glide.CommandOperation, Name: "MULTI", Commands: 1}:                    "MULTI",
		{Kind: glide.BatchOperation, Name: "MULTI", Commands: 2}:                      "MULTI",
		{Kind: glide.BatchOperation, Name: "MULTI GET", Commands: 2}:                  "MULTI GET",
		{Kind: glide.BatchOperation, Name: "PIPELINE GET secret", Commands: 2}:        "PIPELINE GET",
		{Kind: glide.BatchOperation, Name: "PIPELINE CONFIG SET secret", Commands: 2}: "PIPELINE CONFIG SET",
		{Kind: glide.BatchOperation, Name: "PIPELINE CONFIG SET", Commands: 1}:        "CONFIG SET",
	} {
		require.Equal(t, expected, nameOf(operation), operation)
	}
}

func TestAddressesAreThoseOfTheConventions(t *testing.T) {
	address := func(host string, port int) glide.Address { return glide.Address{Host: host, Port: port} }
	for _, test := range []struct {
		address   string
		port      int
		addresses []glide.Address
	}{
		{"localhost", 0, nil},
		{"localhost", 0, []glide.Address{{}}},
		{"localhost", 7000, []glide.Address{address("", 7000)}},
		{"a.example.com", 0, []glide.Address{address("a.example.com", 6379)}},
		{"a,b", 0, []glide.Address{address("b", 0), address("a", 6379)}},
		{"a,b", 7000, []glide.Address{address("b", 7000), address("a", 7000), address("b", 7000)}},
		{"[::1]:7000,b:6379", 0, []glide.Address{address("b", 0), address("::1", 7000)}},
		{"::1", 7000, []glide.Address{address("::1", 7000)}},
		{"/run/valkey.sock", 0, []glide.Address{address("/run/valkey.sock", 0)}},
	} {
		set := attribute.NewSet(serverAttributes(test.addresses)...)
		value, _ := set.Value("server.address")
		require.Equal(t, test.address, value.AsString())
		port, has := set.Value("server.port")
		require.Equal(t, test.port != 0, has)
		require.EqualValues(t, test.port, port.AsInt64())
	}
}

func TestWhatIsPreparedIsBounded(t *testing.T) {
	h := NewHook().(*hook)
	client := &glide.ClientDescription{}
	prepare := func(i int) *prepared {
		operation := glide.Operation{Name: fmt.Sprintf("C%d", i), Commands: 1, Client: client}
		made := h.prepare(operation)
		require.Equal(t, operation.Name, made.name)
		require.LessOrEqual(t, len(*h.preparations.kept.Load()), maxPrepared)
		return made
	}
	first := prepare(0)
	for i := range maxPrepared {
		prepare(i)
	}
	require.Same(t, first, prepare(0))
	for i := range maxPrepared / 2 {
		prepare(maxPrepared + i)
	}
	require.Same(t, first, prepare(0), "what is in use stays")
	for i := range maxPrepared {
		prepare(2*maxPrepared + i)
	}
	require.Less(t, len(*h.preparations.kept.Load()), maxPrepared, "what is no longer in use is given up")
	last := prepare(0)
	require.Same(t, last, prepare(0))
}

func TestPreparingIsConcurrent(t *testing.T) {
	h := NewHook().(*hook)
	var all sync.WaitGroup
	for caller := range 4 {
		client := &glide.ClientDescription{Database: caller}
		all.Go(func() {
			for i := range 500 {
				name := fmt.Sprintf("C%d", i)
				made := h.prepare(glide.Operation{Name: name, Commands: 1, Client: client})
				if made.name != name || !slices.Contains(made.attributes, semconv.DBNamespace(fmt.Sprint(caller))) {
					t.Errorf("%s of %d is %+v", name, caller, made)
					return
				}
			}
		})
	}
	all.Wait()
}
