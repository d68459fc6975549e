package connecting_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// TestConnectingWithWhateverLibrary is run again by the tests below, each
// with another library.
func TestConnectingWithWhateverLibrary(t *testing.T) {
	if os.Getenv("GLIDE_TEST_SHOW_LOADING") == "" {
		// With the library of this run it is like any other client.
		client := harness.ConnectWith(t, glide.Config{LazyConnect: true})
		client.Close()
		return
	}
	for range 2 {
		client, err := glide.NewClient(context.Background(), glide.Config{LazyConnect: true})
		require.Error(t, err)
		require.Nil(t, client)
		require.ErrorIs(t, err, glide.ErrLibrary)
		require.True(t, glide.SafeToRetry(err))
		t.Logf("the error is: %v", err)
	}
	require.Error(t, glide.SetLogger(nil))
	_, err := glide.Library()
	require.ErrorIs(t, err, glide.ErrLibrary)
}

func TestLibraryReportsPathAndVersions(t *testing.T) {
	t.Parallel()
	library, err := glide.Library()
	require.NoError(t, err)
	require.FileExists(t, library.Path)
	require.Equal(t, abi.ABIVersion, library.ABI)
	require.Equal(t, manifestVersion(t, "version = \""), library.Version)
	require.Equal(t, manifestVersion(t, "glide-core = { version = \"="), library.CoreVersion)
	// The library's major version is that of its interface.
	require.True(t, strings.HasPrefix(library.Version, fmt.Sprintf("%d.", library.ABI)), library.Version)
}

// manifestVersion returns the version behind a text in ffi/Cargo.toml.
func manifestVersion(t *testing.T, text string) string {
	t.Helper()
	manifest, err := os.ReadFile("../../../ffi/Cargo.toml")
	require.NoError(t, err)
	_, rest, found := strings.Cut(string(manifest), "\n"+text)
	require.True(t, found, text)
	version, _, _ := strings.Cut(rest, "\"")
	return version
}

// loading returns what a process says whose library is this.
func loading(t *testing.T, library string) string {
	t.Helper()
	output, err := harness.Again(t, "^TestConnectingWithWhateverLibrary$", "GLIDE_FFI_LIBRARY="+library, "GLIDE_TEST_SHOW_LOADING=1")
	require.NoError(t, err, output)
	require.Contains(t, output, "the error is: glide: ")
	t.Log(output)
	return output
}

// compiled returns a library that is made of some C.
func compiled(t *testing.T, source string) (library string) {
	t.Helper()
	folder := t.TempDir()
	file, library := filepath.Join(folder, "library.c"), filepath.Join(folder, "library.so")
	require.NoError(t, os.WriteFile(file, []byte(source), 0o600))
	output, err := exec.Command("cc", "-shared", "-fPIC", "-o", library, file).CombinedOutput()
	require.NoError(t, err, string(output))
	return library
}

func TestMissingLibraryIsAnErrorThatSaysWhatToDo(t *testing.T) {
	t.Parallel()
	output := loading(t, "/nonexistent/library.so")
	require.Contains(t, output, "/nonexistent/library.so")
	require.Contains(t, output, "no such file")
	require.Contains(t, output, "GLIDE_FFI_LIBRARY")
}

func TestLibraryOfAnotherVersionIsRefused(t *testing.T) {
	t.Parallel()
	library := compiled(t, "unsigned glide_abi_version(void) { return 999; }")
	output := loading(t, library)
	require.Contains(t, output, library)
	require.Contains(t, output, "999")
	require.Contains(t, output, "go run github.com/valkey-glide/go/cmd/glide-library install")
}

func TestLibraryOfSomethingElseIsRefused(t *testing.T) {
	t.Parallel()
	library := compiled(t, "int something_else;")
	output := loading(t, library)
	require.Contains(t, output, library)
	require.Contains(t, output, "glide_abi_version")

	none := filepath.Join(t.TempDir(), "library.so")
	require.NoError(t, os.WriteFile(none, []byte("no library"), 0o600))
	require.Contains(t, loading(t, none), none)
	require.Contains(t, loading(t, t.TempDir()), "cannot load")
}

func TestLibraryThatLacksAFunctionIsRefused(t *testing.T) {
	t.Parallel()
	library := compiled(t, "unsigned glide_abi_version(void) { return 1; }")
	require.Contains(t, loading(t, library), library)
}

// A program in a separate module needs nothing but the import.
func TestAnotherModuleBuildsWithPlainGoBuild(t *testing.T) {
	t.Parallel()
	module, err := filepath.Abs("../../..")
	require.NoError(t, err)
	folder := t.TempDir()
	write := func(name, text string) {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(text), 0o600))
	}
	write("go.mod", "module example.com/program\n\ngo 1.26\n\nrequire github.com/valkey-glide/go v0.0.0\n\nreplace github.com/valkey-glide/go => "+module+"\n")
	write("main.go", `package main

import (
	"context"
	"fmt"

	"github.com/valkey-glide/go/glide"
)

func main() {
	client, err := glide.NewClient(context.Background(), glide.Config{LazyConnect: true})
	if err != nil {
		panic(err)
	}
	client.Close()
	fmt.Println("made and closed")
}
`)
	sums, err := os.ReadFile(filepath.Join(module, "go.sum"))
	require.NoError(t, err)
	write("go.sum", string(sums))
	for _, args := range [][]string{{"mod", "tidy"}, {"build", "-o", "program", "."}} {
		command := exec.Command("go", args...)
		command.Dir = folder
		output, err := command.CombinedOutput()
		require.NoError(t, err, string(output))
	}
	program := exec.Command(filepath.Join(folder, "program"))
	output, err := program.CombinedOutput()
	require.NoError(t, err, string(output))
	require.Equal(t, "made and closed\n", string(output))
}
