//go:build !explore && !(cgo && (linux || darwin || freebsd)) && !(!cgo && (darwin || (linux && !android && (386 || amd64 || arm || arm64 || loong64 || ppc64le || riscv64))))

package abi

import "errors"

const supported, linked = false, false

// library is never loaded on this system. Programs compile nevertheless.
type library struct{ unsimulated }

func openLibrary(string) (library, error) { return library{}, errors.ErrUnsupported }

func openEmbedded() (library, error) { return library{}, errors.ErrUnsupported }
