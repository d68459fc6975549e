package glidetest

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestMain asserts that the tests leave nothing behind: no process, no folder, no goroutine.
func TestMain(m *testing.M) {
	if os.Getenv(parentRole) != "" {
		startAndWait()
	}
	folder, err := os.MkdirTemp("", "glidetest-test-")
	if err != nil {
		panic(err)
	}
	os.Setenv("TMPDIR", folder)
	before := runtime.NumGoroutine()
	code := m.Run()
	left := leftBehind(folder)
	for range 100 {
		if runtime.NumGoroutine() <= before {
			break
		}
		time.Sleep(10 * time.Millisecond)
	}
	if now := runtime.NumGoroutine(); now > before {
		left = append(left, fmt.Sprintf("%d goroutines", now-before))
	}
	if len(reserved) > 0 {
		left = append(left, fmt.Sprint("reserved ports ", reserved))
	}
	if code == 0 && len(left) > 0 {
		fmt.Println("left behind:", left)
		code = 1
	}
	_ = os.RemoveAll(folder)
	os.Exit(code)
}

// parentRole, when set in the environment, makes this test binary a program that starts a server.
const parentRole = "GLIDETEST_PARENT"

// startAndWait starts a server, prints its process and waits to be killed.
func startAndWait() {
	server, err := StartServer(context.Background())
	if err != nil {
		panic(err)
	}
	fmt.Println(server.process.pid())
	time.Sleep(time.Minute) // not for ever, should the test be killed
	_ = server.Close()
	os.Exit(0)
}

// leftBehind lists the folders that are still there, and the processes that were started in one.
func leftBehind(folder string) []string {
	left, _ := filepath.Glob(filepath.Join(folder, "glidetest-*"))
	processes, _ := filepath.Glob("/proc/[0-9]*/cwd") // none on systems without /proc
	for _, link := range processes {
		if target, err := os.Readlink(link); err == nil && strings.HasPrefix(target, folder) {
			left = append(left, link+" -> "+target)
		}
	}
	return left
}

// requireSet sets a key and reads it back.
func requireSet(t *testing.T, server *Server, key, value string) {
	t.Helper()
	require.Equal(t, "OK", server.MustCommand(t, "SET", key, value))
	require.Equal(t, value, server.MustCommand(t, "GET", key))
}

// hasTLS reports whether the server was built with TLS. Those from PyPI are not.
func hasTLS(t *testing.T) bool {
	t.Helper()
	server, err := StartServer(t.Context(), WithTLS())
	if err != nil {
		require.ErrorContains(t, err, "TLS", "a server without TLS says so")
		t.Logf("this server was built without TLS")
		return false
	}
	require.NoError(t, server.Close())
	return true
}
