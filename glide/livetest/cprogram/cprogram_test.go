// Package cprogram tests that the C header is sufficient to use the library: it
// compiles ffi/tests/client.c with it and runs the program.
package cprogram

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/abi"
)

const root = "../../.."

func TestProgramInCGetsAKey(t *testing.T) {
	client := compile(t)
	server := glidetest.Start(t)
	long := strings.Repeat("long", 5000)
	server.MustCommand(t, "SET", "short", "a value")
	server.MustCommand(t, "SET", "long", long)
	server.MustCommand(t, "RPUSH", "list", "element")
	run := func(key string) (stdout, stderr string, err error) {
		var out, errors strings.Builder
		command := exec.Command(client, server.Host(), strconv.Itoa(server.Port()), key)
		command.Stdout, command.Stderr = &out, &errors
		err = command.Run()
		return out.String(), errors.String(), err
	}
	for key, want := range map[string]string{"short": "a value\n", "long": long + "\n", "none": "(nil)\n"} {
		stdout, stderr, err := run(key)
		require.NoError(t, err, stderr)
		require.Equal(t, want, stdout)
		require.Empty(t, stderr)
	}
	stdout, stderr, err := run("list")
	require.Error(t, err)
	require.Empty(t, stdout)
	require.Contains(t, stderr, "failed with the outcome "+strconv.Itoa(int(abi.OutcomeServerError))+": ")
	require.NoError(t, server.Kill())
	_, stderr, err = run("short")
	require.Error(t, err)
	require.Contains(t, stderr, "failed with the outcome "+strconv.Itoa(int(abi.OutcomeUnreachable))+": ")
}

// The header has to compile by itself, in C and in C++.
func TestHeaderCompiles(t *testing.T) {
	for name, compiler := range map[string][]string{
		"c99.c": {"cc", "-std=c99"},
		"c11.c": {"cc", "-std=c11"},
		"cc.cc": {"c++", "-std=c++11"},
	} {
		t.Run(name, func(t *testing.T) {
			if name == "cc.cc" {
				if _, err := exec.LookPath(compiler[0]); err != nil {
					t.Skip("no C++ compiler")
				}
			}
			source := filepath.Join(t.TempDir(), name)
			require.NoError(t, os.WriteFile(source, []byte("#include \"glide.h\"\nint version = GLIDE_ABI_VERSION;\n"), 0o600))
			build(t, append(compiler, "-c", source, "-o", source+".o")...)
		})
	}
}

func compile(t *testing.T) string {
	t.Helper()
	library := os.Getenv(abi.EnvLibrary)
	if library == "" {
		library = filepath.Join(root, "target", "release", map[bool]string{true: "libglide_ffi.dylib", false: "libglide_ffi.so"}[runtime.GOOS == "darwin"])
	}
	library, err := filepath.Abs(library)
	require.NoError(t, err)
	program := filepath.Join(t.TempDir(), "client")
	build(t, "cc", "-std=c99", filepath.Join(root, "ffi", "tests", "client.c"), library,
		"-Wl,-rpath,"+filepath.Dir(library), "-o", program)
	return program
}

func build(t *testing.T, command ...string) {
	t.Helper()
	command = append(command, "-Wall", "-Wextra", "-Werror", "-pedantic", "-I", filepath.Join(root, "ffi", "include"))
	output, err := exec.Command(command[0], command[1:]...).CombinedOutput()
	require.NoError(t, err, string(output))
}
