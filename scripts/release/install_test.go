//go:build release

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// cargo is a program in place of cargo, which would build for minutes: it copies
// the library of the release to where cargo would put it, and notes the folder
// of the source. It fails where cargo would: without a file that is tracked.
const cargo = `#!/bin/sh
set -eu
while [ $# -gt 0 ]; do
	case $1 in
	--manifest-path) source=$(dirname "$2"); shift ;;
	--target-dir) target=$2; shift ;;
	esac
	shift
done
while read -r file; do
	[ -f "$source/$file" ] || { echo "the source has no $file" >&2; exit 1; }
done <"$TRACKED"
mkdir -p "$target/release"
cp "$LIBRARY" "$target/release/"
echo "$source" >>"$BUILDS"
`

// builder is a user who has a cargo and a separate home.
type builder struct {
	*user
	builds, cache string
}

func newBuilder(t *testing.T, env ...string) builder {
	t.Helper()
	folder := t.TempDir()
	tracked, err := exec.Command("git", "ls-files", "Cargo.*", "ffi", "protobuf", ":!ffi/fuzz").Output()
	require.NoError(t, err)
	files := map[string]string{"cargo": cargo, "tracked": string(tracked), "builds": ""}
	for name, content := range files {
		require.NoError(t, os.WriteFile(filepath.Join(folder, name), []byte(content), 0o755))
	}
	b := builder{builds: filepath.Join(folder, "builds"), cache: filepath.Join(folder, "home", ".cache", "valkey-glide-go")}
	b.user = newUser(t, append([]string{
		"PATH=" + folder + ":" + os.Getenv("PATH"), "HOME=" + filepath.Join(folder, "home"), "LIBRARY=" + native(t),
		"TRACKED=" + filepath.Join(folder, "tracked"), "BUILDS=" + b.builds, "XDG_CACHE_HOME=",
	}, env...)...)
	return b
}

// built are the folders of the sources that were built.
func (b builder) built() []string {
	b.t.Helper()
	text, err := os.ReadFile(b.builds)
	require.NoError(b.t, err)
	return strings.Fields(string(text))
}

// requireInstalled requires that a command installs the library once, from the
// source of this version, and that programs find it.
func (b builder) requireInstalled(command ...string) {
	b.t.Helper()
	run := func(name string) string { return b.run(command[0], append(command[1:], name)...) }
	folder := filepath.Join(b.cache, "abi-"+shared.versions.abi)
	output := run("install")
	require.Contains(b.t, output, "; this takes some minutes\n")
	require.Contains(b.t, output, "\n"+filepath.Join(folder, shared.native.File)+"\n")
	require.NotContains(b.t, run("install"), "minutes")
	require.Len(b.t, b.built(), 1)
	require.Contains(b.t, b.built()[0], "@v"+shared.versions.module)
	require.Contains(b.t, run("verify"), ": ABI version "+shared.versions.abi+", version "+shared.versions.library)
	// The intermediate files are gone.
	folders, err := filepath.Glob(filepath.Join(b.cache, "*"))
	require.NoError(b.t, err)
	require.Equal(b.t, []string{folder}, folders)

	b.run("go", "build", "-tags", "glide_nolib")
	b.requireGreeting(regexp.QuoteMeta(filepath.Join(folder, shared.native.File)), b.run("./program", url()))
}

const libraryCommand = glideModule + "/cmd/glide-library"

func TestLibraryIsInstalledByVersionAlone(t *testing.T) {
	b := newBuilder(t)
	b.get() // for the program that needs it
	b.requireInstalled("go", "run", "-tags", "glide_nolib", libraryCommand+"@v"+shared.versions.module)
}

func TestLibraryIsInstalledFromTheModuleCache(t *testing.T) {
	for _, flags := range []string{"-modcacherw -trimpath", "-modcacherw"} {
		b := newBuilder(t, "GOFLAGS="+flags)
		b.get()
		b.requireInstalled("go", "run", "-tags", "glide_nolib", libraryCommand)
	}
}

func TestLibraryIsInstalledForAVendoredTree(t *testing.T) {
	b := newBuilder(t)
	b.get()
	b.run("go", "get", "-tool", libraryCommand)
	b.run("go", "mod", "vendor")
	b.env = append(b.env, "GOFLAGS=-mod=vendor -modcacherw")
	b.requireInstalled("go", "tool", "glide-library")
}

// Without what it takes, the error says what is missing.
func TestLibraryCannotBeBuiltWithoutRust(t *testing.T) {
	u := newUser(t, onlyGo(t), "CGO_ENABLED=0")
	output, err := u.command("go", "run", "-tags", "glide_nolib", libraryCommand+"@v"+shared.versions.module, "build")
	require.Error(t, err, output)
	require.Contains(t, output, "glide-library: building the library needs ")
	require.Contains(t, output, "a Rust toolchain (cargo)")
}
