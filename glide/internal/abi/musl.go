package abi

import (
	"os"
	"regexp"
)

// muslFile matches the file of musl in a list of mapped files. Its loader is a
// link to it in some distributions: /lib/x86_64-linux-musl/libc.so.
var muslFile = regexp.MustCompile(`(?m)/ld-musl-[^/]*$|-linux-musl/libc\.so$`)

// usesMusl reports whether musl is the C library of this process.
func usesMusl() bool {
	mapped, err := os.ReadFile("/proc/self/maps")
	return err == nil && muslFile.Match(mapped)
}
