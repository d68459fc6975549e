//go:build !explore

package abi

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"
	"unsafe"

	"github.com/valkey-glide/go/internal/install"
)

// memfdCreate is the number of the system call, which package syscall lacks on
// older architectures.
var memfdCreate = map[string]uintptr{
	"386": 356, "amd64": 319, "arm": 385, "arm64": 279, "loong64": 279, "ppc64le": 360, "riscv64": 279, "s390x": 350,
}[runtime.GOARCH]

const (
	memfdCloseOnExec = 1
	memfdSealable    = 2
	// memfdExecutable is needed where the system's default is not executable.
	// Systems before Linux 6.3 refuse it.
	memfdExecutable = 0x10

	addSeals = 1033
	// allSeals forbid to seal, shrink, grow and write.
	allSeals = 1 | 2 | 4 | 8
)

// openInMemory loads a library from a file that exists only in memory.
func openInMemory(content string) (library, error) {
	file, err := memoryFile()
	if err != nil {
		return library{}, err
	}
	l, err := openSealed(file, content)
	if err != nil {
		_ = file.Close()
		return library{}, err
	}
	// The file is kept open. The system's loader knows libraries by their
	// paths, and would return this one for another file with this number.
	keptOpen = file
	return l, nil
}

// keptOpen is reachable, because a file without references is closed.
//
//lint:ignore U1000 it is only kept
var keptOpen *os.File

// openSealed loads a library from a file after writing it and sealing it, so
// that nothing changes it any more.
func openSealed(file *os.File, content string) (library, error) {
	if _, err := file.Write(bytesOf(content)); err != nil {
		return library{}, err
	}
	if _, _, errno := syscall.Syscall(syscall.SYS_FCNTL, file.Fd(), addSeals, allSeals); errno != 0 {
		return library{}, os.NewSyscallError("fcntl", errno)
	}
	// The dot makes a path that no other code has loaded a library from.
	return openLibrary(fmt.Sprintf("/proc/self/./fd/%d", file.Fd()))
}

func memoryFile() (*os.File, error) {
	if memfdCreate == 0 {
		return nil, errors.ErrUnsupported
	}
	name, err := syscall.BytePtrFromString(install.FileName())
	if err != nil {
		return nil, err
	}
	var errno syscall.Errno
	for _, flags := range []uintptr{memfdCloseOnExec | memfdSealable | memfdExecutable, memfdCloseOnExec | memfdSealable} {
		var fd uintptr
		fd, _, errno = syscall.Syscall(memfdCreate, uintptr(unsafe.Pointer(name)), flags, 0)
		if errno == 0 {
			return os.NewFile(fd, install.FileName()), nil
		}
	}
	return nil, os.NewSyscallError("memfd_create", errno)
}
