//go:build !explore && glide_static && cgo && (linux || darwin || freebsd)

package abi

/*
#cgo LDFLAGS: -lglide_ffi -lm -lpthread
#cgo linux LDFLAGS: -static
#cgo darwin LDFLAGS: -framework Security -framework CoreFoundation -framework SystemConfiguration -liconv
*/
import "C"

const supported, linked = true, true

// openLibrary is for the library that the program was linked with.
func openLibrary(string) (library, error) {
	l, i := newLibrary(), -1
	return l, findFunctions(l.functions(), func(f function) bool {
		i++
		*f.address = linkedFunction(i)
		return true
	}, l.abiVersion)
}
