package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A lock that is declared: a field, a static or a type. Functions may take others.
var declaredLock = regexp.MustCompile(`(?m)^\s*(?:pub )?(?:static |struct |type )?\w+(?:: |\(| = )(?:\w+::)*\w*(?:Mutex|RwLock)<`)

// TestLocksAreInTheOrder checks that the section Locks of DESIGN.md names the files
// of the library with locks, and no others in its tables.
func TestLocksAreInTheOrder(t *testing.T) {
	const root = "../.."
	var files []string
	err := filepath.WalkDir(filepath.Join(root, "ffi/src"), func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() && entry.Name() == "mock" {
			return errOr(err, fs.SkipDir)
		}
		if filepath.Ext(path) != ".rs" {
			return nil
		}
		text, err := os.ReadFile(path)
		if declaredLock.Match(text) {
			name, _ := filepath.Rel(root, path)
			files = append(files, filepath.ToSlash(name))
		}
		return err
	})
	require.NoError(t, err)
	require.NotEmpty(t, files)

	design, err := os.ReadFile(filepath.Join(root, "DESIGN.md"))
	require.NoError(t, err)
	_, section, _ := strings.Cut(string(design), "\n### In the library\n")
	section, _, _ = strings.Cut(section, "\nWhat is called while locks are held:")
	var named []string
	for _, match := range regexp.MustCompile("`(ffi/src/[^`]+[.]rs)`").FindAllStringSubmatch(section, -1) {
		named = append(named, match[1])
	}
	slices.Sort(named)
	slices.Sort(files)
	require.Equal(t, files, slices.Compact(named), "DESIGN.md, Locks, and the files with locks")
}

func errOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}
