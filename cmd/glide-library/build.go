package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/internal/install"
)

// sumSuffix is that of the file with an installed file's checksum.
const sumSuffix = ".sha256"

// installed makes sure that the library is installed, and returns its path.
func installed(k kind, force bool) (string, error) {
	folder, err := install.Folder(glide.LibraryABI)
	if err != nil {
		return "", err
	}
	target := filepath.Join(folder, k.fileName())
	if !force && checkSum(target) == nil {
		return target, nil
	}
	built, err := build(k)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return "", err
	}
	if err := copyFile(built, target); err != nil {
		return "", err
	}
	if folder, err := buildFolder(); err == nil && strings.HasPrefix(built, folder) {
		// Its intermediate files take a gigabyte.
		err = os.RemoveAll(folder)
		return target, err
	}
	return target, nil
}

// copyFile copies a file and writes its checksum. Programs that are just
// loading the old file keep it.
func copyFile(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	if err := replaceFile(to, content, 0o500); err != nil {
		return err
	}
	return replaceFile(to+sumSuffix, fmt.Appendf(nil, "%x  %s\n", sha256.Sum256(content), filepath.Base(to)), 0o400)
}

func replaceFile(path string, content []byte, mode os.FileMode) error {
	file, err := os.CreateTemp(filepath.Dir(path), "new-*")
	if err != nil {
		return err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(content)
	if err := errors.Join(err, file.Chmod(mode), file.Close()); err != nil {
		return err
	}
	return os.Rename(file.Name(), path)
}

// checkSum returns an error unless a file has the checksum that was written
// when it was installed.
func checkSum(path string) error {
	sum, err := os.ReadFile(path + sumSuffix)
	if err != nil {
		return fmt.Errorf("%s is not installed", path)
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer file.Close()
	digest := sha256.New()
	if _, err := io.Copy(digest, file); err != nil {
		return err
	}
	if want, _, _ := strings.Cut(string(sum), " "); want != fmt.Sprintf("%x", digest.Sum(nil)) {
		return fmt.Errorf("%s has another checksum than when it was installed", path)
	}
	return nil
}

// build builds the library and returns the path of the file.
func build(k kind) (string, error) {
	if err := requireTools(); err != nil {
		return "", err
	}
	source, err := sourceFolder()
	if err != nil {
		return "", err
	}
	target := filepath.Join(source, "target")
	if !writable(source) {
		if target, err = buildFolder(); err != nil {
			return "", err
		}
	}
	args := []string{"build"}
	if k.static {
		args = []string{"rustc", "--lib", "--crate-type", "staticlib"}
	}
	args = append(args, "--release", "--locked", "--package", "glide_ffi", "--manifest-path", filepath.Join(source, "Cargo.toml"), "--target-dir", target)
	fmt.Fprintf(os.Stderr, "building %s of %s; this takes some minutes\n", k.fileName(), source)
	cargo := exec.Command("cargo", args...)
	cargo.Stdout, cargo.Stderr = os.Stderr, os.Stderr
	if err := cargo.Run(); err != nil {
		return "", fmt.Errorf("cargo failed: %w", err)
	}
	return filepath.Join(target, "release", k.fileName()), nil
}

func requireTools() error {
	compiler := os.Getenv("CC")
	if compiler == "" {
		compiler = "cc"
	}
	var missing []string
	for tool, name := range map[string]string{"cargo": "a Rust toolchain (cargo)", compiler: "a C compiler (" + compiler + ")"} {
		if _, err := exec.LookPath(tool); err != nil {
			missing = append(missing, name)
		}
	}
	if missing == nil {
		return nil
	}
	return fmt.Errorf("building the library needs %s", strings.Join(missing, " and "))
}

// buildFolder is where the library is built if not in the source's folder.
func buildFolder() (string, error) {
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", err
	}
	return filepath.Join(cache, install.CacheFolder, "build"), nil
}

// writable reports whether files can be made in a folder. Go's module cache is
// read-only, which does not keep root from writing to it.
func writable(folder string) bool {
	info, err := os.Stat(folder)
	if err != nil || info.Mode().Perm()&0o200 == 0 || strings.Contains(filepath.Base(folder), "@") {
		return false
	}
	file, err := os.CreateTemp(folder, ".writable-*")
	if err != nil {
		return false
	}
	return errors.Join(file.Close(), os.Remove(file.Name())) == nil
}

// sourceFolder returns the folder of this module's source: where this command
// was compiled from or, if there is only a part of it, where Go downloads it.
func sourceFolder() (string, error) {
	_, file, _, _ := runtime.Caller(0)
	folder := filepath.Join(filepath.Dir(file), "..", "..")
	if _, err := os.Stat(filepath.Join(folder, "Cargo.lock")); err == nil && filepath.IsAbs(file) {
		return folder, nil
	}
	version := install.ModuleVersion()
	if version == "" {
		return "", errors.New("the source of the library is not found")
	}
	module := install.ModulePath() + "@" + version
	fmt.Fprintln(os.Stderr, "downloading the source of", module)
	download := exec.Command("go", "mod", "download", "-json", module)
	// Not in the module that vendors this one.
	download.Dir, download.Env = os.TempDir(), append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	download.Stderr = os.Stderr
	output, err := download.Output()
	var result struct{ Dir, Error string }
	if parsed := json.Unmarshal(output, &result); parsed != nil || result.Error != "" {
		return "", fmt.Errorf("cannot download %s: %w %s", module, errors.Join(err, parsed), result.Error)
	}
	return result.Dir, nil
}
