//go:build !explore && cgo && (linux || darwin || freebsd)

package ffi

/*
#cgo linux LDFLAGS: -ldl
#include <dlfcn.h>
#include <stdlib.h>
#include "glide_ffi.h"

// The library is opened at run time, so that importing this package needs
// neither the library nor linker flags at build time.
typedef struct {
	void *abi_version, *engine_start, *connect, *submit, *drive, *interrupt, *take,
		*release, *close, *answer, *log_level, *drop_scan, *begin, *end, *count, *ring;
} functions;

static void *open_library(const char *path) { return dlopen(path, RTLD_NOW | RTLD_LOCAL); }

static uint32_t call_abi_version(functions *f) {
	return ((__typeof__(&glide_abi_version))f->abi_version)();
}
static int32_t call_engine_start(functions *f, size_t descriptor, const GlideEngine **engine) {
	return ((__typeof__(&glide_engine_start))f->engine_start)((void (*)(size_t))f->ring, descriptor, engine);
}
static int32_t call_connect(functions *f, const GlideEngine *engine, const uint8_t *request, size_t len, uint64_t ticket, uint64_t *client) {
	return ((__typeof__(&glide_connect))f->connect)(engine, request, len, ticket, client);
}
static int32_t call_submit(functions *f, const GlideEngine *engine, uint64_t client, const uint8_t *submission, size_t len) {
	return ((__typeof__(&glide_submit))f->submit)(engine, client, submission, len);
}
static int32_t call_drive(functions *f, const GlideEngine *engine, uint64_t client, const uint8_t *submission, size_t len, uint32_t budget, uint32_t spin, uint64_t own, GlideReplies *replies) {
	return ((__typeof__(&glide_drive))f->drive)(engine, client, submission, len, budget, spin, own, replies);
}
static int32_t call_interrupt(functions *f, const GlideEngine *engine) {
	return ((__typeof__(&glide_interrupt))f->interrupt)(engine);
}
static int32_t call_take(functions *f, const GlideEngine *engine, GlideReplies *replies) {
	return ((__typeof__(&glide_take))f->take)(engine, replies);
}
static int32_t call_release(functions *f, const GlideEngine *engine, GlideReplyBuffer *owner) {
	return ((__typeof__(&glide_release))f->release)(engine, owner);
}
static int32_t call_close(functions *f, const GlideEngine *engine, uint64_t client) {
	return ((__typeof__(&glide_close))f->close)(engine, client);
}
static int32_t call_answer(functions *f, const GlideEngine *engine, uint64_t question, const uint8_t *answer, size_t len) {
	return ((__typeof__(&glide_answer))f->answer)(engine, question, answer, len);
}
static int32_t call_log_level(functions *f, uint32_t level) {
	return ((__typeof__(&glide_log_level))f->log_level)(level);
}
static int32_t call_drop_scan(functions *f, const GlideEngine *engine, uint64_t name) {
	return ((__typeof__(&glide_drop_scan))f->drop_scan)(engine, name);
}
static int32_t call_begin(functions *f, const GlideEngine *engine, uint64_t client, uint64_t name) {
	return ((__typeof__(&glide_begin))f->begin)(engine, client, name);
}
static int32_t call_end(functions *f, const GlideEngine *engine, uint64_t client, uint64_t name) {
	return ((__typeof__(&glide_end))f->end)(engine, client, name);
}
static int64_t call_count(functions *f, const GlideEngine *engine, uint32_t what) {
	return ((__typeof__(&glide_count))f->count)(engine, what);
}

// None of these keeps a pointer or calls back into Go: the ready callback is
// the library's own glide_ring.
#cgo noescape call_connect
#cgo nocallback call_connect
#cgo noescape call_submit
#cgo nocallback call_submit
#cgo noescape call_drive
#cgo nocallback call_drive
#cgo noescape call_take
#cgo nocallback call_take
#cgo noescape call_answer
#cgo nocallback call_answer
#cgo noescape call_release
#cgo nocallback call_release
*/
import "C"

import (
	"errors"
	"unsafe"
)

// The two views of the same memory have one layout.
var (
	_ [unsafe.Sizeof(C.GlideReplies{}) - unsafe.Sizeof(Replies{})]struct{}
	_ [unsafe.Sizeof(Replies{}) - unsafe.Sizeof(C.GlideReplies{})]struct{}
	_ [unsafe.Offsetof(C.GlideReplies{}.owner) - unsafe.Offsetof(Replies{}.owner)]struct{}
	_ [unsafe.Offsetof(C.GlideReplies{}.shared) - unsafe.Offsetof(Replies{}.shared)]struct{}
	_ [unsafe.Offsetof(C.GlideReplies{}.completed) - unsafe.Offsetof(Replies{}.completed)]struct{}
	_ [unsafe.Offsetof(C.GlideReplies{}.blocking) - unsafe.Offsetof(Replies{}.blocking)]struct{}
	_ [unsafe.Offsetof(C.GlideReplies{}.own) - unsafe.Offsetof(Replies{}.own)]struct{}
	_ [unsafe.Sizeof(C.GlideSlice{}) - unsafe.Sizeof(slice{})]struct{}
	_ [unsafe.Sizeof(slice{}) - unsafe.Sizeof(C.GlideSlice{})]struct{}
)

type library struct{ f *C.functions }

func openLibrary(path string) (library, error) {
	name := C.CString(path)
	defer C.free(unsafe.Pointer(name))
	handle := C.open_library(name)
	if handle == nil {
		return library{}, errors.New(C.GoString(C.dlerror()))
	}
	// Never freed: a library with threads of its own cannot be unloaded.
	f := (*C.functions)(C.calloc(1, C.size_t(unsafe.Sizeof(C.functions{}))))
	return library{f}, findFunctions([]function{
		{"glide_abi_version", &f.abi_version},
		{"glide_engine_start", &f.engine_start},
		{"glide_connect", &f.connect},
		{"glide_submit", &f.submit},
		{"glide_drive", &f.drive},
		{"glide_interrupt", &f.interrupt},
		{"glide_take", &f.take},
		{"glide_release", &f.release},
		{"glide_close", &f.close},
		{"glide_answer", &f.answer},
		{"glide_log_level", &f.log_level},
		{"glide_drop_scan", &f.drop_scan},
		{"glide_begin", &f.begin},
		{"glide_end", &f.end},
		{"glide_count", &f.count},
		{"glide_ring", &f.ring},
	}, func(f function) bool {
		symbol := C.CString(f.name)
		defer C.free(unsafe.Pointer(symbol))
		*f.address = C.dlsym(handle, symbol)
		return *f.address != nil
	}, func() uint32 { return uint32(C.call_abi_version(f)) })
}

type function struct {
	name    string
	address *unsafe.Pointer
}

func (l library) abiVersion() uint32 { return uint32(C.call_abi_version(l.f)) }

func (l library) engineStart(descriptor uintptr, engine *Engine) Status {
	return Status(C.call_engine_start(l.f, C.size_t(descriptor), (**C.GlideEngine)(unsafe.Pointer(engine))))
}

func (l library) connect(engine Engine, request []byte, ticket uint64, client *uint64) Status {
	return Status(C.call_connect(l.f, (*C.GlideEngine)(engine), bytesPointer(request), C.size_t(len(request)), C.uint64_t(ticket), (*C.uint64_t)(client)))
}

func (l library) submit(engine Engine, client uint64, submission []byte) Status {
	return Status(C.call_submit(l.f, (*C.GlideEngine)(engine), C.uint64_t(client), bytesPointer(submission), C.size_t(len(submission))))
}

func (l library) drive(engine Engine, client uint64, submission []byte, budget, spin uint32, own uint64, replies *Replies) Status {
	return Status(C.call_drive(l.f, (*C.GlideEngine)(engine), C.uint64_t(client), bytesPointer(submission), C.size_t(len(submission)), C.uint32_t(budget), C.uint32_t(spin), C.uint64_t(own), (*C.GlideReplies)(unsafe.Pointer(replies))))
}

func (l library) interrupt(engine Engine) Status {
	return Status(C.call_interrupt(l.f, (*C.GlideEngine)(engine)))
}

func (l library) take(engine Engine, replies *Replies) Status {
	return Status(C.call_take(l.f, (*C.GlideEngine)(engine), (*C.GlideReplies)(unsafe.Pointer(replies))))
}

func (l library) release(engine Engine, owner unsafe.Pointer) Status {
	return Status(C.call_release(l.f, (*C.GlideEngine)(engine), (*C.GlideReplyBuffer)(owner)))
}

func (l library) closeClient(engine Engine, client uint64) Status {
	return Status(C.call_close(l.f, (*C.GlideEngine)(engine), C.uint64_t(client)))
}

func (l library) answer(engine Engine, question uint64, answer []byte) Status {
	return Status(C.call_answer(l.f, (*C.GlideEngine)(engine), C.uint64_t(question), bytesPointer(answer), C.size_t(len(answer))))
}

func (l library) logLevel(level uint32) Status {
	return Status(C.call_log_level(l.f, C.uint32_t(level)))
}

func (l library) dropScan(engine Engine, name uint64) Status {
	return Status(C.call_drop_scan(l.f, (*C.GlideEngine)(engine), C.uint64_t(name)))
}

func (l library) begin(engine Engine, client, name uint64) Status {
	return Status(C.call_begin(l.f, (*C.GlideEngine)(engine), C.uint64_t(client), C.uint64_t(name)))
}

func (l library) end(engine Engine, client, name uint64) Status {
	return Status(C.call_end(l.f, (*C.GlideEngine)(engine), C.uint64_t(client), C.uint64_t(name)))
}

func (l library) count(engine Engine, what uint32) int64 {
	return int64(C.call_count(l.f, (*C.GlideEngine)(engine), C.uint32_t(what)))
}

func bytesPointer(b []byte) *C.uint8_t { return (*C.uint8_t)(unsafe.SliceData(b)) }
