//go:build release && linux

package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// namespace runs a shell script as root of a new namespace.
func namespace(t *testing.T, script string, args ...string) (string, error) {
	t.Helper()
	// Programs are looked for with another PATH where there is none.
	script = "PATH=$PATH:/usr/sbin:/sbin; chroot=$(command -v chroot)\n" + script
	unshare := []string{"--mount"}
	if os.Geteuid() != 0 {
		unshare = append(unshare, "--map-root-user")
	}
	command := exec.Command("unshare", append(append(unshare, "sh", "-euc", script, "sh"), args...)...)
	output, err := command.CombinedOutput()
	return string(output), err
}

func TestReadOnlySystemWithoutHomeIsEnough(t *testing.T) {
	for _, cgo := range []string{"CGO_ENABLED=0", "CGO_ENABLED=1"} {
		u := newUser(t)
		u.get()
		u.run("env", cgo, "go", "build")
		output, err := namespace(t, `
			mount --make-rprivate /
			mount --rbind / "$1"
			mount -o remount,bind,ro "$1"
			exec env -i "$chroot" "$1" "$2" "$3"`, t.TempDir(), filepath.Join(u.folder, "program"), url())
		require.NoError(t, err, output)
		u.requireGreeting("embedded", output)
	}
}

// A program that is linked with musl, and has the library for glibc.
func TestProgramWithMuslNamesTheTag(t *testing.T) {
	u := newUser(t)
	u.get()
	u.run("env", "CGO_ENABLED=1", "CC=musl-gcc", "go", "build")
	output, err := u.command("./program", url())
	require.Error(t, err, output)
	require.Contains(t, output, "; this process uses musl, for which there is another library: build the program with -tags musl\n")
}

// root makes a folder that has a program and the files of the system that it
// and the library need, and nothing else: no /proc, so that nothing is loaded
// from memory.
func root(t *testing.T, u *user, files ...string) string {
	folder := t.TempDir()
	library := regexp.MustCompile(`/\S+`)
	for _, file := range files {
		// A program without shared libraries makes ldd fail.
		listed, _ := exec.Command("ldd", file).Output()
		for _, needed := range library.FindAllString(string(listed), -1) {
			copyFile(t, needed, filepath.Join(folder, needed))
		}
	}
	copyFile(t, filepath.Join(u.folder, "program"), filepath.Join(folder, "program"))
	return folder
}

func copyFile(t *testing.T, from, to string) {
	content, err := os.ReadFile(from)
	require.NoError(t, err)
	require.NoError(t, os.MkdirAll(filepath.Dir(to), 0o755))
	require.NoError(t, os.WriteFile(to, content, 0o755))
}

// inRoot runs the program in a folder as the root of all files.
func inRoot(t *testing.T, folder string, env ...string) (string, error) {
	return namespace(t, `folder=$1 url=$2; shift 2; exec env -i "$@" "$chroot" "$folder" /program "$url"`, append([]string{folder, url()}, env...)...)
}

func TestLibraryIsStoredWhereMemoryCannotBeUsed(t *testing.T) {
	u := newUser(t)
	u.get()
	u.run("env", "CGO_ENABLED=0", "go", "build")
	folder := root(t, u, filepath.Join(u.folder, "program"), native(t))

	// Nothing can be written, as the folders are a file: the error says what
	// was tried.
	output, err := inRoot(t, folder, "HOME=/program", "TMPDIR=/program")
	require.Error(t, err, output)
	for _, part := range []string{"glide: cannot load the library embedded: in memory: ", "in /program/.cache/valkey-glide-go: ", "in /program/valkey-glide-go-"} {
		require.Contains(t, output, part)
	}

	// Several processes store it at once.
	require.NoError(t, os.Mkdir(filepath.Join(folder, "home"), 0o755))
	var running sync.WaitGroup
	for range 4 {
		running.Go(func() {
			output, err := inRoot(t, folder, "HOME=/home")
			if err != nil || !strings.HasPrefix(output, "hello embedded ") {
				t.Errorf("%v: %s", err, output)
			}
		})
	}
	running.Wait()
	stored, err := filepath.Glob(filepath.Join(folder, "home", ".cache", "valkey-glide-go", "*"))
	require.NoError(t, err)
	require.Len(t, stored, 1)

	// A damaged file is replaced.
	require.NoError(t, os.Chmod(stored[0], 0o700))
	require.NoError(t, os.WriteFile(stored[0], []byte("damaged"), 0o700))
	output, err = inRoot(t, folder, "HOME=/home")
	require.NoError(t, err, output)
	text, err := os.ReadFile(stored[0])
	require.NoError(t, err)
	require.Greater(t, len(text), 1<<20)

	// A folder that others can write to is not used. The one for temporary
	// files is.
	require.NoError(t, os.Chmod(filepath.Dir(stored[0]), 0o777))
	require.NoError(t, os.Mkdir(filepath.Join(folder, "tmp"), 0o1777))
	output, err = inRoot(t, folder, "HOME=/home")
	require.NoError(t, err, output)
	temporary, err := filepath.Glob(filepath.Join(folder, "tmp", "valkey-glide-go-*", "*"))
	require.NoError(t, err)
	require.Len(t, temporary, 1)
}

var archive = flag.String("archive", "", "the archive to link programs with")

// A program that contains the library needs no other file but the devices for
// random numbers, which every container has: the static C library hides the
// system call from the code that looks for it.
func TestStaticProgramRunsInAnEmptyRoot(t *testing.T) {
	require.NotEmpty(t, *archive, "-archive is missing; make test-static builds one")
	file, err := filepath.Abs(filepath.Join("scripts", "release", *archive))
	require.NoError(t, err)
	u := newUser(t)
	u.get()
	output := u.run("env", "CGO_ENABLED=1", "CGO_LDFLAGS=-L"+filepath.Dir(file), "go", "build", "-tags", "glide_static")
	t.Log(output)
	folder := t.TempDir()
	copyFile(t, filepath.Join(u.folder, "program"), filepath.Join(folder, "program"))
	require.NoError(t, os.Mkdir(filepath.Join(folder, "dev"), 0o755))
	for _, device := range []string{"random", "urandom"} {
		require.NoError(t, os.WriteFile(filepath.Join(folder, "dev", device), nil, 0o644))
	}
	output, err = namespace(t, `
		for device in random urandom; do mount --bind /dev/$device "$1/dev/$device"; done
		exec env -i "$chroot" "$1" /program "$2"`, folder, url())
	require.NoError(t, err, output)
	u.requireGreeting("linked", output)

	output, err = u.command("env", "CGO_ENABLED=0", "go", "build", "-tags", "glide_static")
	require.Error(t, err)
	require.Contains(t, output, "CGO_ENABLED_1")
}
