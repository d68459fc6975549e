//go:build !explore && (darwin || freebsd)

package abi

import "errors"

// openInMemory is for systems that load libraries only from files.
func openInMemory(string) (library, error) { return library{}, errors.ErrUnsupported }
