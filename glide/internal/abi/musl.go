package abi

import (
	"os"
	"strings"
)

// usesMusl reports whether musl is the C library of this process.
func usesMusl() bool {
	mapped, err := os.ReadFile("/proc/self/maps")
	return err == nil && strings.Contains(string(mapped), "/ld-musl-")
}
