package abi

import (
	"errors"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
)

// InstallCommand is the command that builds the library and puts it where a
// program finds it.
func InstallCommand() string {
	command := "go run " + ModulePath() + "/cmd/glide-library"
	if version := ModuleVersion(); version != "" {
		command += "@" + version
	}
	return command + " install"
}

// ModulePath is this module's path: that of this package without its folders.
func ModulePath() string {
	pc, _, _, _ := runtime.Caller(0)
	path, _, _ := strings.Cut(runtime.FuncForPC(pc).Name(), "/glide/internal/abi.")
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

// checkoutDirectory is the folder of this module's source where the program was
// built, unless it was built with -trimpath.
func checkoutDirectory() (string, error) {
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) {
		return "", errors.New("built without paths")
	}
	return filepath.Join(filepath.Dir(file), "..", "..", ".."), nil
}
