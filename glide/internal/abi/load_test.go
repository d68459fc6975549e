package abi

import (
	"errors"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/internal/install"
)

func opens(err error) func() (library, error) {
	return func() (library, error) { return library{}, err }
}

func TestPlacesAreTriedInOrder(t *testing.T) {
	_, err := find([]place{
		{path: "/a/library", open: opens(errAbsent)},
		{path: "/b/library", open: opens(errors.New("it is broken"))},
		{path: "/c/library", open: opens(errAbsent)},
	})
	require.ErrorIs(t, err, ErrLibrary)
	require.EqualError(t, err, "glide: cannot load the library /b/library: it is broken")
}

func TestNoLibraryNamesPlacesAndOneCommand(t *testing.T) {
	_, err := find([]place{{path: "/a/library", open: opens(errAbsent)}, {path: "/b/library", open: opens(errAbsent)}})
	require.ErrorIs(t, err, ErrLibrary)
	require.EqualError(t, err, "glide: no library for "+runtime.GOOS+"/"+runtime.GOARCH+" is found; tried /a/library, /b/library; "+
		"to build and install it, run: go run github.com/valkey-glide/go/cmd/glide-library install")
}

func TestLibraryWithAnotherInterfaceNamesTheCommand(t *testing.T) {
	_, err := find([]place{{path: "/a/library", open: opens(&versionError{2})}})
	require.ErrorContains(t, err, "/a/library: it has ABI version 2, this package needs ")
	require.True(t, strings.HasSuffix(err.Error(), install.Command()), err)
}

func TestLibraryForMuslNamesTheTag(t *testing.T) {
	_, err := find([]place{{path: "/a/library", open: opens(errors.New("libc.musl-x86_64.so.1: cannot open shared object file"))}})
	require.ErrorContains(t, err, "without -tags musl")
}

func TestVersionsAreUnpacked(t *testing.T) {
	require.Equal(t, "7.0.12", version(7<<16|12))
	require.Equal(t, "0.1.1", version(0x000101))
}
