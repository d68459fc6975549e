package abi

import "unsafe"

// embedded is the library that is part of the program, if any. The files that
// set it exist only in releases: scripts/release writes them, and they import
// the modules of the platforms.
var embedded struct{ file, sha256 string }

// bytesOf returns the bytes of a string, which must not be written to.
func bytesOf(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }
