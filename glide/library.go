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
	// Path is the library's file. It is "embedded" for the library of the
	// platform's module, which is part of the program, and "linked" for one
	// that the program was linked with (-tags glide_static).
	Path string

	// ABI is the version of its interface, [LibraryABI].
	ABI int

	// Version is the version of the library.
	Version string

	// CoreVersion is the version of the core, the Rust crate glide-core.
	CoreVersion string
}

// Library returns where the library was loaded from, and its versions. It loads
// the library unless that was done before: a program that calls it when it
// starts finds out early if there is none. Errors are [ErrLibrary].
func Library() (LibraryInfo, error) {
	library, err := abi.Load()
	if err != nil {
		return LibraryInfo{}, err
	}
	info := library.Info()
	return LibraryInfo{info.Path, int(info.ABI), info.Version, info.Core}, nil
}
