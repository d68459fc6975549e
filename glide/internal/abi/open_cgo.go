//go:build !explore && !glide_static && cgo && (linux || darwin || freebsd)

package abi

/*
#include <dlfcn.h>
#include <stdlib.h>
#include "glide.h"
*/
import "C"

import (
	"errors"
	"unsafe"
)

// The two views of the same memory have one layout.
var (
	_ [unsafe.Sizeof(C.GlideReplies{}) - unsafe.Sizeof(Replies{})]struct{}
	_ [unsafe.Sizeof(Replies{}) - unsafe.Sizeof(C.GlideReplies{})]struct{}
	_ [unsafe.Offsetof(C.GlideReplies{}.owner) - unsafe.Offsetof(Replies{}.owner)]struct{}
	_ [unsafe.Offsetof(C.GlideReplies{}.shared) - unsafe.Offsetof(Replies{}.shared)]struct{}
	_ [unsafe.Offsetof(C.GlideReplies{}.completed) - unsafe.Offsetof(Replies{}.completed)]struct{}
	_ [unsafe.Offsetof(C.GlideReplies{}.blocking) - unsafe.Offsetof(Replies{}.blocking)]struct{}
	_ [unsafe.Offsetof(C.GlideReplies{}.own) - unsafe.Offsetof(Replies{}.own)]struct{}
	_ [unsafe.Sizeof(C.GlideSlice{}) - unsafe.Sizeof(slice{})]struct{}
	_ [unsafe.Sizeof(slice{}) - unsafe.Sizeof(C.GlideSlice{})]struct{}
)

const supported, linked = true, false

func openLibrary(path string) (library, error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	handle := C.dlopen(name, C.RTLD_NOW|C.RTLD_LOCAL)
	if handle == nil {
		return library{}, errors.New(C.GoString(C.dlerror()))
	}
	l := newLibrary()
	return l, findFunctions(l.functions(), func(f function) bool {
		symbol := C.CString(f.name)
		defer C.free(unsafe.Pointer(symbol))
		*f.address = C.dlsym(handle, symbol)
		return *f.address != nil
	}, l.abiVersion)
}
