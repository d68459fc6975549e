package abi

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"unsafe"
)

// EnvLibrary names a library file to load, before any other place.
const EnvLibrary = "GLIDE_FFI_LIBRARY"

// BuildCommand builds the library in a checkout.
const BuildCommand = "cargo build --release"

// Library is the loaded library.
type Library struct{ library }

// load is done once: a library with its own threads cannot be replaced.
var load = sync.OnceValues(func() (*Library, error) { return open(candidates()) })

// Load returns the library. The first call loads it.
func Load() (*Library, error) { return load() }

// open loads the first of the candidates that exists. One that exists and is
// of another version ends the search: an unexpected one further down the list
// would be harder to understand than the error.
func open(candidates []string) (*Library, error) {
	for _, path := range candidates {
		// A bare name is looked for by the system's loader.
		if filepath.IsAbs(path) {
			if _, err := os.Stat(path); err != nil {
				continue
			}
		}
		l, err := openLibrary(path)
		if err != nil && !filepath.IsAbs(path) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("glide: cannot load %s: %w", path, err)
		}
		return &Library{l}, nil
	}
	return nil, fmt.Errorf("glide: the library is not found; tried %s; build it with %q in a checkout of this module, and name its file in %s or copy it to one of these places",
		strings.Join(candidates, ", "), BuildCommand, EnvLibrary)
}

// findFunctions finds the functions of a library, the first of which tells
// its version: a library of another version may lack others.
func findFunctions(functions []function, find func(function) bool, version func() uint32) error {
	for i, f := range functions {
		if !find(f) {
			return fmt.Errorf("it has no function %s", f.name)
		}
		if i > 0 {
			continue
		}
		if v := version(); v != ABIVersion {
			return fmt.Errorf("it has ABI version %d, this package needs %d: build it anew with %q", v, ABIVersion, BuildCommand)
		}
	}
	return nil
}

// candidates are the places to look at, in order.
func candidates() []string {
	if named := os.Getenv(EnvLibrary); named != "" {
		if absolute, err := filepath.Abs(named); err == nil {
			named = absolute
		}
		return []string{named}
	}
	name := fileName()
	var places []string
	if executable, err := os.Executable(); err == nil {
		places = append(places, filepath.Join(filepath.Dir(executable), name))
	}
	if cache, err := os.UserCacheDir(); err == nil {
		places = append(places, filepath.Join(cache, "valkey-glide-go", moduleVersion(), name))
	}
	if checkout, err := checkoutDirectory(); err == nil {
		places = append(places, filepath.Join(checkout, "target", "release", name))
	}
	return append(places, name)
}

func fileName() string {
	if runtime.GOOS == "darwin" {
		return "libglide_ffi.dylib"
	}
	return "libglide_ffi.so"
}

// moduleVersion is the version of this module in the running program.
func moduleVersion() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "(devel)"
	}
	path := modulePath()
	for _, module := range append(info.Deps, &info.Main) {
		if module.Path != path {
			continue
		}
		if module.Replace != nil {
			module = module.Replace
		}
		if module.Version != "" {
			return module.Version
		}
	}
	return "(devel)"
}

// modulePath is this module's path: that of this package less its folders.
func modulePath() string {
	name := runtime.FuncForPC(programCounter()).Name()
	path, _, _ := strings.Cut(name, "/glide/internal/abi.")
	return path
}

func programCounter() uintptr {
	pc, _, _, _ := runtime.Caller(0)
	return pc
}

// checkoutDirectory is the folder of this module's source, where the program
// was built, if it is still there and the program was not built with -trimpath.
func checkoutDirectory() (string, error) {
	_, file, _, ok := runtime.Caller(0)
	if !ok || !filepath.IsAbs(file) {
		return "", errors.New("built without paths")
	}
	return filepath.Join(filepath.Dir(file), "..", "..", ".."), nil
}

// StartEngine starts an engine that rings the descriptor, an eventfd or the
// writing end of a pipe, when there is something to take.
func (l *Library) StartEngine(descriptor uintptr) (Engine, Status) {
	var engine Engine
	status := l.engineStart(descriptor, &engine)
	return engine, status
}

// Connect begins to connect a client. Its ticket is completed when connecting
// has succeeded or failed; close the client in either case.
func (l *Library) Connect(engine Engine, request []byte, ticket uint64) (client uint64, status Status) {
	status = l.connect(engine, request, ticket, &client)
	return client, status
}

// Submit submits requests. Without any it makes sure that someone drives.
func (l *Library) Submit(engine Engine, client uint64, submission []byte) Status {
	return l.submit(engine, client, submission)
}

// Drive submits requests and drives the event loop until something is
// completed or the drive is interrupted, at most for the budget unless that is
// 0, without sleeping for as long as spin. Both are in microseconds. Replies
// report whether the ticket own is completed.
func (l *Library) Drive(engine Engine, client uint64, submission []byte, budget, spin uint32, own uint64, replies *Replies) Status {
	return l.drive(engine, client, submission, budget, spin, own, replies)
}

// Interrupt ends the drive that is under way, or else the next one.
func (l *Library) Interrupt(engine Engine) { _ = l.interrupt(engine) }

// Take takes the completions that have gathered, if any.
func (l *Library) Take(engine Engine, replies *Replies) Status {
	return l.take(engine, replies)
}

// Release frees replies. Their bytes must not be read any more.
func (l *Library) Release(engine Engine, owner unsafe.Pointer) {
	// It can only refuse an owner that was not handed out.
	_ = l.release(engine, owner)
}

// Owner names the replies' memory for Release.
func (r *Replies) Owner() unsafe.Pointer { return r.owner }

// Close closes a client.
func (l *Library) Close(engine Engine, client uint64) Status { return l.close(engine, client) }

// Answer answers a question of the library. It is Closed if no one waits for
// the answer any more.
func (l *Library) Answer(engine Engine, question uint64, answer []byte) Status {
	return l.answer(engine, question, answer)
}

// SetLogLevel sets which records of the library's log become entries.
func (l *Library) SetLogLevel(level LogLevel) { _ = l.logLevel(uint32(level)) }

// DropScan drops the state of a scan of a cluster.
func (l *Library) DropScan(engine Engine, name uint64) { _ = l.dropScan(engine, name) }

// BeginSession begins a session of a client on a dedicated connection.
func (l *Library) BeginSession(engine Engine, client, name uint64) Status {
	return l.beginSession(engine, client, name)
}

// End ends a session by its name, or a request by its ticket: one that runs on
// a dedicated connection or waits for a permit.
func (l *Library) End(engine Engine, client, name uint64) Status { return l.end(engine, client, name) }

// Count returns how many there are of what a counter names.
func (l *Library) Count(engine Engine, counter Counter) int64 {
	return l.count(engine, uint32(counter))
}
