//go:build !explore && !cgo && (darwin || (linux && !android && (386 || amd64 || arm || arm64 || loong64 || ppc64le || riscv64)))

package abi

import "github.com/ebitengine/purego"

const supported, linked = true, false

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
