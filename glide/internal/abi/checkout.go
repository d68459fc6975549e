package abi

import (
	"errors"
	"path/filepath"
	"runtime"
)

// checkoutDirectory is the folder of this module's source where the program was
// built, unless it was built with -trimpath.
func checkoutDirectory() (string, error) {
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) {
		return "", errors.New("built without paths")
	}
	return filepath.Join(filepath.Dir(file), "..", "..", ".."), nil
}
