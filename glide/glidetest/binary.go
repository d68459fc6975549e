package glidetest

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// findBinary is the search order that the package comment promises.
func findBinary(named string) (string, error) {
	if named == "" {
		named = os.Getenv("GLIDETEST_SERVER")
	}
	if named != "" {
		path, err := exec.LookPath(named)
		if err != nil {
			return "", fmt.Errorf("glidetest: the server that was asked for: %w", err)
		}
		return filepath.Abs(path) // the server runs in a folder of its own
	}
	for _, candidate := range []string{"valkey-server", "valkey-check-rdb", filepath.Join(cacheFolder(), "valkey", "valkey-server")} {
		if path, err := exec.LookPath(candidate); err == nil {
			return path, nil
		}
	}
	return "", errors.New("glidetest: no valkey-server found: run scripts/install-server, or name one in GLIDETEST_SERVER")
}

// programName is what the server is told that it is called. One binary is server, checker and sentinel, depending on
// the name by which it is run, and Debian installs it under the checker's.
func programName(binary string) string {
	return strings.Replace(filepath.Base(binary), "-check-rdb", "-server", 1)
}

// cacheFolder is where scripts/install-server leaves what it installs; the two must agree.
func cacheFolder() string {
	cache := os.Getenv("XDG_CACHE_HOME")
	if cache == "" {
		home, _ := os.UserHomeDir() // without one, the path leads nowhere and nothing is found there
		cache = filepath.Join(home, ".cache")
	}
	return filepath.Join(cache, "valkey-glide-go", "servers")
}

// ModulePath returns the path at which [WithModule] looks for a module that is
// a bare file name, in the cache folder. The file need not exist.
func ModulePath(name string) string {
	if filepath.Base(name) != name {
		return name
	}
	return filepath.Join(cacheFolder(), "modules", name)
}
