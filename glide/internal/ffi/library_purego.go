//go:build !explore && !cgo && (linux || darwin || freebsd)

package ffi

import (
	"runtime"
	"unsafe"

	"github.com/ebitengine/purego"
)

// library holds the addresses of the functions. Pointers are converted in the
// argument lists themselves: purego keeps what they point to on the heap and
// alive for the call.
type library struct {
	abiVersionAt, engineStartAt, connectAt, submitAt, driveAt, interruptAt, takeAt,
	releaseAt, closeAt, answerAt, logLevelAt, dropScanAt, beginAt, endAt, countAt, ringAt uintptr
}

func openLibrary(path string) (library, error) {
	handle, err := purego.Dlopen(path, purego.RTLD_NOW|purego.RTLD_LOCAL)
	if err != nil {
		return library{}, err
	}
	var l library
	err = findFunctions([]function{
		{"glide_abi_version", &l.abiVersionAt},
		{"glide_engine_start", &l.engineStartAt},
		{"glide_connect", &l.connectAt},
		{"glide_submit", &l.submitAt},
		{"glide_drive", &l.driveAt},
		{"glide_interrupt", &l.interruptAt},
		{"glide_take", &l.takeAt},
		{"glide_release", &l.releaseAt},
		{"glide_close", &l.closeAt},
		{"glide_answer", &l.answerAt},
		{"glide_log_level", &l.logLevelAt},
		{"glide_drop_scan", &l.dropScanAt},
		{"glide_begin", &l.beginAt},
		{"glide_end", &l.endAt},
		{"glide_count", &l.countAt},
		{"glide_ring", &l.ringAt},
	}, func(f function) bool {
		*f.address, _ = purego.Dlsym(handle, f.name)
		return *f.address != 0
	}, func() uint32 { return l.abiVersion() })
	return l, err
}

type function struct {
	name    string
	address *uintptr
}

func (l library) abiVersion() uint32 {
	version, _, _ := purego.SyscallN(l.abiVersionAt)
	return uint32(version)
}

func (l library) engineStart(descriptor uintptr, engine *Engine) Status {
	status, _, _ := purego.SyscallN(l.engineStartAt, l.ringAt, descriptor, uintptr(unsafe.Pointer(engine)))
	runtime.KeepAlive(engine)
	return Status(status)
}

func (l library) connect(engine Engine, request []byte, ticket uint64, client *uint64) Status {
	status, _, _ := purego.SyscallN(l.connectAt, uintptr(engine), uintptr(unsafe.Pointer(unsafe.SliceData(request))), uintptr(len(request)), uintptr(ticket), uintptr(unsafe.Pointer(client)))
	runtime.KeepAlive(request)
	runtime.KeepAlive(client)
	return Status(status)
}

func (l library) submit(engine Engine, client uint64, submission []byte) Status {
	status, _, _ := purego.SyscallN(l.submitAt, uintptr(engine), uintptr(client), uintptr(unsafe.Pointer(unsafe.SliceData(submission))), uintptr(len(submission)))
	runtime.KeepAlive(submission)
	return Status(status)
}

func (l library) drive(engine Engine, client uint64, submission []byte, budget, spin uint32, own uint64, replies *Replies) Status {
	status, _, _ := purego.SyscallN(l.driveAt, uintptr(engine), uintptr(client), uintptr(unsafe.Pointer(unsafe.SliceData(submission))), uintptr(len(submission)), uintptr(budget), uintptr(spin), uintptr(own), uintptr(unsafe.Pointer(replies)))
	runtime.KeepAlive(submission)
	runtime.KeepAlive(replies)
	return Status(status)
}

func (l library) interrupt(engine Engine) Status {
	status, _, _ := purego.SyscallN(l.interruptAt, uintptr(engine))
	return Status(status)
}

func (l library) take(engine Engine, replies *Replies) Status {
	status, _, _ := purego.SyscallN(l.takeAt, uintptr(engine), uintptr(unsafe.Pointer(replies)))
	runtime.KeepAlive(replies)
	return Status(status)
}

func (l library) release(engine Engine, owner unsafe.Pointer) Status {
	status, _, _ := purego.SyscallN(l.releaseAt, uintptr(engine), uintptr(owner))
	return Status(status)
}

func (l library) closeClient(engine Engine, client uint64) Status {
	status, _, _ := purego.SyscallN(l.closeAt, uintptr(engine), uintptr(client))
	return Status(status)
}

func (l library) answer(engine Engine, question uint64, answer []byte) Status {
	status, _, _ := purego.SyscallN(l.answerAt, uintptr(engine), uintptr(question), uintptr(unsafe.Pointer(unsafe.SliceData(answer))), uintptr(len(answer)))
	runtime.KeepAlive(answer)
	return Status(status)
}

func (l library) logLevel(level uint32) Status {
	status, _, _ := purego.SyscallN(l.logLevelAt, uintptr(level))
	return Status(status)
}

func (l library) dropScan(engine Engine, name uint64) Status {
	status, _, _ := purego.SyscallN(l.dropScanAt, uintptr(engine), uintptr(name))
	return Status(status)
}

func (l library) begin(engine Engine, client, name uint64) Status {
	status, _, _ := purego.SyscallN(l.beginAt, uintptr(engine), uintptr(client), uintptr(name))
	return Status(status)
}

func (l library) end(engine Engine, client, name uint64) Status {
	status, _, _ := purego.SyscallN(l.endAt, uintptr(engine), uintptr(client), uintptr(name))
	return Status(status)
}

func (l library) count(engine Engine, what uint32) int64 {
	count, _, _ := purego.SyscallN(l.countAt, uintptr(engine), uintptr(what))
	return int64(count)
}
