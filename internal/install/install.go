// Package install knows how this module and its library are installed.
package install

import (
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
)

// CacheFolder is the name of this module's folder in the user's cache directory.
const CacheFolder = "valkey-glide-go"

// FileName is the name of the library's file.
func FileName() string {
	if runtime.GOOS == "darwin" {
		return "libglide_ffi.dylib"
	}
	return "libglide_ffi.so"
}

// Folder is where cmd/glide-library installs the library with a version of the
// interface.
func Folder(abi int) (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, CacheFolder, fmt.Sprintf("abi-%d", abi)), nil
}

// Command is the command that builds the library and puts it where a
// program finds it.
func Command() string {
	command := "go run " + ModulePath() + "/cmd/glide-library"
	if version := ModuleVersion(); version != "" {
		command += "@" + version
	}
	return command + " install"
}

// ModulePath is this module's path: that of this package without its folders.
func ModulePath() string {
	pc, _, _, _ := runtime.Caller(0)
	path, _, _ := strings.Cut(runtime.FuncForPC(pc).Name(), "/internal/install.")
	return path
}

// ModuleVersion is the version of this module in the running program, or empty
// if it was built in a checkout.
func ModuleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	path := ModulePath()
	for _, module := range append(info.Deps, &info.Main) {
		if module.Path != path {
			continue
		}
		if module.Replace != nil {
			module = module.Replace
		}
		// The version of a checkout exists nowhere else.
		if module == &info.Main && checkedOut(info) || module.Version == "(devel)" {
			return ""
		}
		return module.Version
	}
	return ""
}

// checkedOut reports whether the main module of a program is a checkout.
func checkedOut(info *debug.BuildInfo) bool {
	for _, setting := range info.Settings {
		if strings.HasPrefix(setting.Key, "vcs") {
			return true
		}
	}
	return false
}
