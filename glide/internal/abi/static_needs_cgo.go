//go:build glide_static && !cgo

package abi

// The compiler reports this name: linking a library in needs a C compiler.
var _ = build_with_CGO_ENABLED_1_for_glide_static
