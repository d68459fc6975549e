//go:build !explore && !cgo && (linux || darwin || freebsd)

package abi

import "github.com/ebitengine/purego"

func openLibrary(path string) (library, error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return library{}, err
	}
	var l library
	err = findFunctions(l.functions(), func(f function) bool {
		*f.address, _ = purego.Dlsym(handle, f.name)
		return *f.address != 0
	}, func() uint32 { return l.abiVersion() })
	return l, err
}
