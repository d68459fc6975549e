package abi

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"

	"github.com/valkey-glide/go/internal/install"
)

// EnvLibrary names a library file to load instead of any other.
const EnvLibrary = "GLIDE_FFI_LIBRARY"

// The paths of a library that is no file.
const (
	Embedded = "embedded"
	Linked   = "linked"
)

// ErrLibrary is wrapped by all errors of loading.
var ErrLibrary = errors.New("the library cannot be loaded")

// Info describes a loaded library.
type Info struct {
	// Path is its file, Embedded or Linked.
	Path string
	// ABI is the version of its interface. Version is its own, Core that of
	// glide-core.
	ABI           uint32
	Version, Core string
}

// loadError says why there is no library.
type loadError struct {
	text   string
	causes []error
}

func loadFailure(causes []error, format string, args ...any) error {
	return &loadError{fmt.Sprintf(format, args...), append([]error{ErrLibrary}, causes...)}
}

func (e *loadError) Error() string { return "glide: " + e.text }

func (e *loadError) Unwrap() []error { return e.causes }

// load is done once: a library with its own threads cannot be replaced.
var load = sync.OnceValues(func() (*Library, error) { return find(places()) })

// Load returns the library. The first call loads it.
func Load() (*Library, error) { return load() }

// place is one of the places where the library may be.
type place struct {
	// path is a file's, or what Info reports.
	path string
	// open opens the library. It returns errAbsent if there is none.
	open func() (library, error)
}

var errAbsent = errors.New("there is none")

// find loads the library from the first of the places that has one. One that
// cannot be loaded ends the search: that another one further down the list was
// loaded instead would be harder to understand than the error.
func find(places []place) (*Library, error) {
	if !supported {
		return nil, loadFailure([]error{errors.ErrUnsupported}, "%s/%s is not supported yet", runtime.GOOS, runtime.GOARCH)
	}
	var tried []string
	for _, p := range places {
		l, err := p.open()
		if err == nil {
			return &Library{l, describe(l, p.path)}, nil
		}
		tried = append(tried, p.path)
		if !errors.Is(err, errAbsent) {
			return nil, loadFailure([]error{err}, "cannot load the library %s: %s", p.path, err.Error()+advice(err))
		}
	}
	return nil, loadFailure(nil, "no library for %s/%s is found; tried %s; to build and install it, run: %s",
		runtime.GOOS, runtime.GOARCH, strings.Join(tried, ", "), install.Command())
}

func describe(l library, path string) Info {
	return Info{Path: path, ABI: l.abiVersion(), Version: version(l.libraryVersion()), Core: version(l.coreVersion())}
}

func version(packed uint32) string {
	return fmt.Sprintf("%d.%d.%d", packed>>16, packed>>8&0xff, packed&0xff)
}

// versionError is that of a library with another interface.
type versionError struct{ found uint32 }

func (e *versionError) Error() string {
	return fmt.Sprintf("it has ABI version %d, this package needs %d", e.found, ABIVersion)
}

// advice is what to do about an error, if that is known.
func advice(err error) string {
	var other *versionError
	switch {
	case errors.As(err, &other):
		return "; to build and install one that fits, run: " + install.Command()
	case strings.Contains(err.Error(), "libc.musl-"):
		return "; that library is for systems with musl: build the program without -tags musl"
	case usesMusl():
		return "; this process uses musl, for which there is another library: build the program with -tags musl"
	}
	return ""
}

// findFunctions finds the functions of a library, the first of which reports
// its version: a library of another version may lack others.
func findFunctions(functions []function, find func(function) bool, version func() uint32) error {
	for i, f := range functions {
		if !find(f) {
			return fmt.Errorf("it has no function %s", f.name)
		}
		if i > 0 {
			continue
		}
		if v := version(); v != ABIVersion {
			return &versionError{v}
		}
	}
	return nil
}

// places are where the library may be, in order.
func places() []place {
	if linked {
		return []place{{path: Linked, open: func() (library, error) { return openLibrary("") }}}
	}
	if named := os.Getenv(EnvLibrary); named != "" {
		if absolute, err := filepath.Abs(named); err == nil {
			named = absolute
		}
		return []place{{path: named, open: func() (library, error) { return openNamed(named) }}}
	}
	var list []place
	if executable, err := os.Executable(); err == nil {
		list = append(list, filePlace(filepath.Join(filepath.Dir(executable), install.FileName())))
	}
	if embedded.file != "" {
		list = append(list, place{path: Embedded, open: openEmbedded})
	}
	// A checkout comes before what was installed, so that its tests test it.
	if checkout, err := checkoutDirectory(); err == nil {
		list = append(list, filePlace(filepath.Join(checkout, "target", "release", install.FileName())))
	}
	if folder, err := install.Folder(ABIVersion); err == nil {
		list = append(list, filePlace(filepath.Join(folder, install.FileName())))
	}
	// A bare name is looked for by the system's loader.
	return append(list, place{path: install.FileName(), open: func() (library, error) {
		l, err := openLibrary(install.FileName())
		if other := (*versionError)(nil); err != nil && !errors.As(err, &other) {
			err = errAbsent
		}
		return l, err
	}})
}

// openNamed opens the file that EnvLibrary names.
func openNamed(path string) (library, error) {
	if _, err := os.Stat(path); err != nil {
		return library{}, fmt.Errorf("%s names it: %w", EnvLibrary, err)
	}
	return openLibrary(path)
}

func filePlace(path string) place {
	return place{path: path, open: func() (library, error) {
		if _, err := os.Stat(path); err != nil {
			return library{}, errAbsent
		}
		return openLibrary(path)
	}}
}

// Open loads a library file and returns what it is. It stays loaded.
func Open(path string) (Info, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return Info{}, err
	}
	l, err := find([]place{{path: path, open: func() (library, error) { return openLibrary(path) }}})
	if err != nil {
		return Info{}, err
	}
	return l.info, nil
}
