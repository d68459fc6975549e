//go:build !explore && ((cgo && (linux || darwin || freebsd)) || (!cgo && (darwin || (linux && !android && (386 || amd64 || arm || arm64 || loong64 || ppc64le || riscv64)))))

package abi

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/valkey-glide/go/internal/install"
)

// openEmbedded loads the embedded library from memory or, where the system
// does not allow that, from a copy in a file.
func openEmbedded() (library, error) {
	l, err := openInMemory(embedded.file)
	// An unsuitable library is so in a file, too.
	if err == nil || errors.As(err, new(*versionError)) {
		return l, err
	}
	causes := []error{fmt.Errorf("in memory: %w", err)}
	for _, folder := range cacheFolders() {
		path, err := store{folder, os.Geteuid()}.put(embedded.sha256, embedded.file)
		if err == nil {
			l, err = openLibrary(path)
		}
		if err == nil {
			return l, nil
		}
		causes = append(causes, fmt.Errorf("in %s: %w", folder, err))
	}
	return library{}, errors.Join(causes...)
}

// cacheFolders are where the embedded library may be stored, in order.
func cacheFolders() []string {
	var folders []string
	if cache, err := os.UserCacheDir(); err == nil {
		folders = append(folders, filepath.Join(cache, install.CacheFolder))
	}
	// The folder for temporary files is everyone's, and so is the name.
	return append(folders, filepath.Join(os.TempDir(), install.CacheFolder+"-"+strconv.Itoa(os.Geteuid())))
}

// store is a folder for libraries. The folder and the files in it must belong
// to the owner, and no one else may write to them.
type store struct {
	folder string
	owner  int
}

// put makes sure that a file in the folder has the content, and returns its
// path. The file is named for its checksum, so that programs with other
// libraries do not overwrite it.
func (s store) put(sha256, content string) (string, error) {
	if err := os.MkdirAll(s.folder, 0o700); err != nil {
		return "", err
	}
	if err := s.private(s.folder, os.ModeDir); err != nil {
		return "", err
	}
	path := filepath.Join(s.folder, sha256+filepath.Ext(install.FileName()))
	if s.holds(path, content) {
		return path, nil
	}
	// Other processes may be doing the same. Each writes a file under its own
	// name, and the last one to rename it wins.
	file, err := os.CreateTemp(s.folder, "new-*")
	if err != nil {
		return "", err
	}
	defer os.Remove(file.Name())
	_, err = file.Write(bytesOf(content))
	err = errors.Join(err, file.Chmod(0o500), file.Close())
	if err != nil {
		return "", err
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return "", err
	}
	if !s.holds(path, content) {
		return "", fmt.Errorf("%s has other content than was written", path)
	}
	return path, nil
}

// private returns an error unless a path has the type, belongs to the owner and
// can be written by no one else.
func (s store) private(path string, kind os.FileMode) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	owner, ok := info.Sys().(*syscall.Stat_t)
	switch {
	case info.Mode().Type() != kind:
		return fmt.Errorf("%s is not what it should be: %s", path, info.Mode())
	case !ok || int(owner.Uid) != s.owner:
		return fmt.Errorf("%s belongs to another user", path)
	case info.Mode().Perm()&0o022 != 0:
		return fmt.Errorf("others can write to %s", path)
	}
	return nil
}

// holds reports whether a file is private and has the content.
func (s store) holds(path, content string) bool {
	if s.private(path, 0) != nil {
		return false
	}
	file, err := os.Open(path)
	if err != nil {
		return false
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil || info.Size() != int64(len(content)) {
		return false
	}
	buffer := make([]byte, 1<<18)
	for len(content) > 0 {
		n, err := io.ReadFull(file, buffer[:min(len(buffer), len(content))])
		if err != nil || string(buffer[:n]) != content[:n] {
			return false
		}
		content = content[n:]
	}
	return true
}
