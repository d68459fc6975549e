package glide

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"os"
	process "os/exec"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/pb"
)

// The secret comes to the process that is searched on its standard input, so that
// it is in no other memory of that process than the one it was read into.
const secretLength = 48

// TestSecretsAreNotLeftInMemory searches all memory that a process can write, after
// a client was closed that had authenticated.
//
// Without a server the core is not asked for anything, and what is found would be
// ours, in use or not. With one, the core has copies which it does not overwrite when
// it frees them. There the allocator overwrites what is freed, so what is found
// would be in use.
func TestSecretsAreNotLeftInMemory(t *testing.T) {
	if with := os.Getenv("GLIDE_SEARCH_MEMORY"); with != "" {
		searchAfter(t, with)
		return
	}
	secret := []byte(rand.Text() + rand.Text())[:secretLength]
	server := StartProtectedServer(t, string(secret))
	address := server.Host + " " + strconv.Itoa(server.Port)
	for with, environment := range map[string]string{"nothing": "", address: "_RJEM_MALLOC_CONF=junk:free"} {
		child := process.Command(os.Args[0], "-test.run=^TestSecretsAreNotLeftInMemory$", "-test.v")
		child.Env = append(os.Environ(), "GLIDE_SEARCH_MEMORY="+with, environment)
		child.Stdin = bytes.NewReader(secret)
		output, err := child.CombinedOutput()
		require.NoErrorf(t, err, "with %s: %s", with, output)
		require.Contains(t, string(output), "searched")
		require.NotContains(t, string(output), string(secret))
	}
}

// searchAfter uses a client and searches the process's memory.
func searchAfter(t *testing.T, with string) {
	secret := make([]byte, secretLength)
	_, err := io.ReadFull(os.Stdin, secret)
	require.NoError(t, err)
	inverted := make([]byte, secretLength)
	for i, b := range secret {
		inverted[i] = ^b
	}
	// The caller's own copy, which the test can overwrite.
	password := unsafe.String(unsafe.SliceData(secret), len(secret))
	require.NotEmpty(t, search(t, inverted), "a secret that is there is not found")
	if host, port, isServer := strings.Cut(with, " "); isServer {
		useServer(t, password, host, port)
	} else {
		useNothing(t, password, secret)
	}
	clear(secret)
	var found []string
	// What is in flight at the end is dropped soon, and not at once.
	for range 50 {
		runtime.GC()
		debug.FreeOSMemory()
		if found = search(t, inverted); len(found) == 0 {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	require.Empty(t, found)
	t.Log("searched")
}

func useServer(t *testing.T, password, host, port string) {
	number, err := strconv.Atoi(port)
	require.NoError(t, err)
	ctx := context.Background()
	config := Config{Addresses: []Address{{Host: host, Port: number}}, Credentials: Credentials{Password: password}}
	client, err := NewClient(ctx, config)
	require.NoError(t, err)
	defer client.Close()
	err = client.Ping(ctx)
	require.NoError(t, err)
	require.NoError(t, client.UpdateConnectionPassword(ctx, password, true))
	_, err = client.Do(ctx, "AUTH", password)
	require.NoError(t, err)
	rule := append(append(make([]byte, 0, 1+secretLength), '>'), password...)
	defer clear(rule)
	// The commands of a batch stay in it, for it can be run again. There is one secret
	// in each: the core's memory for the next one may be got by reallocation,
	// and what is left behind by that the allocator does not overwrite.
	for _, batch := range []Batch{
		NewPipeline().Do("CONFIG", "SET", "requirepass", password),
		NewPipeline().ACLSetUser("someone", "on", unsafe.String(unsafe.SliceData(rule), len(rule))),
		NewTransaction().Do("CONFIG", "SET", "requirepass", password),
	} {
		for range 2 {
			results, err := client.Exec(ctx, batch)
			require.NoError(t, err)
			require.NoError(t, results.first())
		}
	}
	_, err = client.BLPop(ctx, 10*time.Millisecond, "none")
	require.NoError(t, err)
}

// useNothing has a client of no server see secrets in every way that they can come.
func useNothing(t *testing.T, password string, secret []byte) {
	ctx := context.Background()
	configured := func() (*pb.ConnectionRequest, error) {
		return &pb.ConnectionRequest{
			Echo:        true,
			Credentials: &pb.Credentials{Password: &password},
			Tls:         &pb.Tls{ClientKey: secret},
		}, nil
	}
	commands, subscriber, err := connect(ctx, &Config{RequestTimeout: time.Minute}, configured, Subscriptions{}, false)
	require.NoError(t, err)
	client := &Client{serverCommands{commands}, subscriber}
	defer client.Close()
	for range 100 {
		_, err = client.Do(ctx, "AUTH", password)
		require.NoError(t, err)
		_, err = client.Do(ctx, "HELLO", "3", "AUTH", "default", password)
		require.NoError(t, err)
		// It is long enough for several pieces of memory.
		pipeline := NewPipeline()
		for range 20 {
			pipeline.Do("GET", strings.Repeat("anything that is not secret", 10))
			pipeline.Do("HELLO", "3", "AUTH", "default", password)
		}
		_, err = client.Exec(ctx, pipeline)
		require.NoError(t, err)
		// It is read, and then answered with something else.
		require.Error(t, client.UpdateConnectionPassword(ctx, password, true))
	}
	done := make(chan error)
	for range 50 {
		go func() {
			_, err := client.Do(ctx, "AUTH", password)
			done <- err
		}()
		go func() {
			_, err := client.Do(ctx, "PING", "anything that is not secret")
			done <- err
		}()
	}
	for range 100 {
		require.NoError(t, <-done)
	}
}

// search returns where in the process's memory something is whose bytes are the
// inverse of these.
func search(t *testing.T, inverted []byte) (found []string) {
	maps, err := os.ReadFile("/proc/self/maps")
	require.NoError(t, err)
	memory, err := os.Open("/proc/self/mem")
	require.NoError(t, err)
	defer memory.Close()
	piece := make([]byte, 1<<20)
	defer clear(piece)
	own := uintptr(unsafe.Pointer(unsafe.SliceData(piece)))
	for line := range strings.Lines(string(maps)) {
		var start, end uintptr
		var permissions string
		if _, err := fmt.Sscanf(line, "%x-%x %s", &start, &end, &permissions); err != nil || !strings.HasPrefix(permissions, "rw") {
			continue
		}
		for at := start; at < end; at += uintptr(len(piece)) - secretLength {
			clear(piece)
			n, _ := memory.ReadAt(piece[:min(uintptr(len(piece)), end-at)], int64(at))
			for i := range indexes(piece[:n], inverted) {
				if place := at + uintptr(i); place < own || place >= own+uintptr(len(piece)) {
					found = append(found, fmt.Sprintf("%#x in %s after %q", place, strings.TrimSpace(line), piece[max(0, i-64):i]))
				}
			}
		}
	}
	return found
}

// indexes visits where in some bytes the inverse of others begins.
func indexes(b, inverted []byte) func(func(int) bool) {
	return func(yield func(int) bool) {
		first := ^inverted[0]
		for at := 0; ; at++ {
			next := bytes.IndexByte(b[at:], first)
			if next < 0 || at+next+len(inverted) > len(b) {
				return
			}
			at += next
			is := true
			for i := range inverted {
				is = is && b[at+i] == ^inverted[i]
			}
			if is && !yield(at) {
				return
			}
		}
	}
}
