package glide

import "github.com/valkey-glide/go/glide/internal/abi"

// Version is the version of this package. Servers show it in CLIENT LIST.
const Version = "0.1.0"

// LibraryABI is the version of the interface between this package and the
// library. Only a library with exactly this version can be loaded.
const LibraryABI = abi.ABIVersion

// LibraryInfo describes the loaded library, which contains the core of Valkey
// GLIDE.
type LibraryInfo struct {
	// Path is the path of the library. It is "embedded" for the library
	// that the module of the platform embeds in the program, and "linked"
	// for a library that is linked into the program (-tags glide_static).
	Path string

	// ABI is the version of the interface, [LibraryABI].
	ABI int

	// Version is the version of the library.
	Version string

	// CoreVersion is the version of the core, the Rust crate glide-core.
	CoreVersion string
}

// Library returns the path and the versions of the library. It loads the
// library unless it is loaded already, so a program can call it at its start to
// detect a missing library. Errors are [ErrLibrary].
func Library() (LibraryInfo, error) {
	library, err := abi.Load()
	if err != nil {
		return LibraryInfo{}, err
	}
	info := library.Info()
	return LibraryInfo{info.Path, int(info.ABI), info.Version, info.Core}, nil
}
