//go:build !explore && (linux || darwin)

package abi

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

const content = "not really a library"

func sum(s string) string {
	digest := sha256.Sum256([]byte(s))
	return hex.EncodeToString(digest[:])
}

func newStore(t *testing.T) store {
	return store{filepath.Join(t.TempDir(), "cache"), os.Geteuid()}
}

// requireStored requires that the store has one file, with the content, that
// only its owner can use.
func requireStored(t *testing.T, s store, path string) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, content, string(text))
	info, err := os.Lstat(path)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o500), info.Mode())
	entries, err := os.ReadDir(s.folder)
	require.NoError(t, err)
	require.Len(t, entries, 1)
}

func TestStoredLibraryIsReused(t *testing.T) {
	s := newStore(t)
	path, err := s.put(sum(content), content)
	require.NoError(t, err)
	requireStored(t, s, path)
	first, err := os.Stat(path)
	require.NoError(t, err)
	again, err := s.put(sum(content), content)
	require.NoError(t, err)
	require.Equal(t, path, again)
	second, err := os.Stat(path)
	require.NoError(t, err)
	require.True(t, os.SameFile(first, second), "it was written again")
}

func TestUnsuitableFilesAreReplaced(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"other content": func(path string) error { return os.WriteFile(path, []byte(strings.ToUpper(content)), 0o500) },
		"shortened":     func(path string) error { return os.WriteFile(path, []byte(content[1:]), 0o500) },
		"lengthened":    func(path string) error { return os.WriteFile(path, []byte(content+" "), 0o500) },
		"empty":         func(path string) error { return os.WriteFile(path, nil, 0o500) },
		"others write":  func(path string) error { return os.WriteFile(path, []byte(content), 0o522) },
		"a symlink":     func(path string) error { return os.Symlink("/etc/passwd", path) },
		"a broken link": func(path string) error { return os.Symlink("/nonexistent/library", path) },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			path, err := s.put(sum(content), content)
			require.NoError(t, err)
			require.NoError(t, os.Remove(path))
			require.NoError(t, spoil(path))
			if name == "others write" { // the mask of new files hides it
				require.NoError(t, os.Chmod(path, 0o522))
			}
			again, err := s.put(sum(content), content)
			require.NoError(t, err)
			require.Equal(t, path, again)
			requireStored(t, s, path)
		})
	}
}

func TestFoldersOfOthersAreNotUsed(t *testing.T) {
	// Here this user is the other one.
	s := newStore(t)
	require.NoError(t, os.Mkdir(s.folder, 0o700))
	foreign := store{s.folder, s.owner + 1}
	_, err := foreign.put(sum(content), content)
	require.ErrorContains(t, err, "belongs to another user")

	require.NoError(t, os.Chmod(s.folder, 0o777))
	_, err = s.put(sum(content), content)
	require.ErrorContains(t, err, "others can write")

	link := store{filepath.Join(t.TempDir(), "link"), s.owner}
	require.NoError(t, os.Symlink(t.TempDir(), link.folder))
	_, err = link.put(sum(content), content)
	require.ErrorContains(t, err, "is not what it should be")

	file := store{filepath.Join(t.TempDir(), "file"), s.owner}
	require.NoError(t, os.WriteFile(file.folder, nil, 0o600))
	_, err = file.put(sum(content), content)
	require.Error(t, err)
	entries, err := os.ReadDir(s.folder)
	require.NoError(t, err)
	require.Empty(t, entries)
}

func TestProcessesStoreTheSameLibraryAtOnce(t *testing.T) {
	for range 50 {
		s := newStore(t)
		paths := make([]string, 8)
		var done sync.WaitGroup
		for i := range paths {
			done.Go(func() {
				path, err := s.put(sum(content), content)
				if err != nil || !s.holds(path, content) {
					t.Errorf("%s: %v", path, err)
				}
				paths[i] = path
			})
		}
		done.Wait()
		require.Len(t, slices.Compact(paths), 1)
		requireStored(t, s, paths[0])
	}
}

// useEmbedded embeds the library of this run.
func useEmbedded(t *testing.T) {
	l, err := Load()
	require.NoError(t, err)
	file, err := os.ReadFile(l.Info().Path)
	require.NoError(t, err)
	embedded.file, embedded.sha256 = string(file), sum(string(file))
	t.Cleanup(func() { embedded.file, embedded.sha256 = "", "" })
}

func TestEmbeddedLibraryIsLoadedFromMemory(t *testing.T) {
	useEmbedded(t)
	cache := t.TempDir()
	t.Setenv("XDG_CACHE_HOME", cache)
	t.Setenv("HOME", cache)
	t.Setenv("TMPDIR", cache)
	l, err := find([]place{{path: Embedded, open: openEmbedded}})
	require.NoError(t, err)
	info := l.Info()
	require.Equal(t, Embedded, info.Path)
	require.EqualValues(t, ABIVersion, info.ABI)
	entries, err := os.ReadDir(cache)
	require.NoError(t, err)
	if runtime.GOOS == "linux" {
		require.Empty(t, entries, "a file was written")
	} else {
		require.NotEmpty(t, entries)
	}
}

func TestEmbeddedLibraryIsLoadedFromFile(t *testing.T) {
	useEmbedded(t)
	s := newStore(t)
	path, err := s.put(embedded.sha256, embedded.file)
	require.NoError(t, err)
	info, err := Open(path)
	require.NoError(t, err)
	require.EqualValues(t, ABIVersion, info.ABI)
}

func TestUselessEmbeddedLibrarySaysWhatWasTried(t *testing.T) {
	embedded.file, embedded.sha256 = content, sum(content)
	t.Cleanup(func() { embedded.file, embedded.sha256 = "", "" })
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("TMPDIR", "/nonexistent")
	_, err := find([]place{{path: Embedded, open: openEmbedded}})
	require.ErrorIs(t, err, ErrLibrary)
	require.ErrorContains(t, err, "in memory: ")
	require.ErrorContains(t, err, os.Getenv("XDG_CACHE_HOME"))
	require.ErrorContains(t, err, "in /nonexistent/valkey-glide-go-")
}
