package isolation_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// withFiles returns the configuration of a client that shows a certificate
// from files, and the files.
func withFiles(t *testing.T, server *glidetest.Server) (config glide.Config, certificate, key string) {
	t.Helper()
	folder := t.TempDir()
	certificate, key = filepath.Join(folder, "client.crt"), filepath.Join(folder, "client.key")
	certificates := server.Certificates()
	require.NoError(t, os.WriteFile(certificate, certificates.ClientCert, 0o600))
	require.NoError(t, os.WriteFile(key, certificates.ClientKey, 0o600))
	return glide.Config{
		Addresses: harness.AddressesOf(server), RequestTimeout: harness.Patience, ConnectionTimeout: harness.Patience,
		TLS: &glide.TLS{RootCertificates: certificates.CA, ClientCertificateFile: certificate, ClientKeyFile: key},
	}, certificate, key
}

func connectWith(t *testing.T, config glide.Config) *glide.Client {
	t.Helper()
	client, err := glide.NewClient(context.Background(), config)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	return client
}

// opened counts how often a file is opened from now on.
func opened(t *testing.T, file string) (count func() int) {
	t.Helper()
	fd, err := syscall.InotifyInit1(syscall.IN_NONBLOCK | syscall.IN_CLOEXEC)
	require.NoError(t, err)
	t.Cleanup(func() { _ = syscall.Close(fd) })
	_, err = syscall.InotifyAddWatch(fd, file, syscall.IN_OPEN)
	require.NoError(t, err)
	sum := 0
	return func() int {
		buffer := make([]byte, 64<<10)
		for {
			n, err := syscall.Read(fd, buffer)
			if n <= 0 || err != nil {
				return sum
			}
			sum += n / syscall.SizeofInotifyEvent // without names: it is no folder
		}
	}
}

func TestCertificateFilesAreReadOnceForAllConnections(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithTLS(glidetest.MutualTLS))
	config, certificate, key := withFiles(t, server)
	ofCertificate, ofKey := opened(t, certificate), opened(t, key)
	client := connectWith(t, config)
	const callers = 20
	waiting, cancel := context.WithCancel(context.Background())
	done := make(chan []error)
	go func() {
		done <- testkit.Concurrently(callers, func(i int) error {
			_, err := client.BLPop(waiting, 0, fmt.Sprint("list", i))
			return err
		})
	}()
	connections := func() bool {
		return len(testkit.Clients(t, server, "TYPE", "NORMAL")) >= callers+1
	}
	require.Eventually(t, connections, harness.Patience, 5*time.Millisecond)
	cancel()
	<-done
	require.Equal(t, []int{1, 1}, []int{ofCertificate(), ofKey()})

	// Those that are read again are read for all of them, too.
	config.TLS.ReloadInterval = time.Hour
	client = connectWith(t, config)
	for range callers {
		require.NoError(t, client.Dedicated(context.Background(), func(d *glide.DedicatedClient) error {
			_, err := d.Do(context.Background(), "SELECT", "1") // the connection is not used again
			return err
		}))
	}
	require.Equal(t, []int{2, 2}, []int{ofCertificate(), ofKey()})
}

func threads(t *testing.T) (n int) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	require.NoError(t, err)
	_, rest, _ := strings.Cut(string(status), "Threads:")
	_, err = fmt.Sscan(rest, &n)
	require.NoError(t, err)
	return n
}

// A file may be on a server that does not answer, or be a pipe.
func TestFileThatCannotBeReadDelaysNoOtherClient(t *testing.T) {
	healthy := harness.Standalone.Connect(t, glide.ClusterConfig{
		RequestTimeout: time.Minute, Addresses: harness.AddressesOf(glidetest.Start(t)),
	})
	server := glidetest.Start(t, glidetest.WithTLS(glidetest.MutualTLS))
	config, file, _ := withFiles(t, server)
	content, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.Remove(file))
	require.NoError(t, syscall.Mkfifo(file, 0o600))
	config.LazyConnect, config.ConnectionTimeout, config.RequestTimeout = true, 20*time.Millisecond, 200*time.Millisecond
	client := connectWith(t, config)

	allowance := testkit.MeasureStalls(t)
	alone := timesBeside(t, healthy, func() { time.Sleep(200 * time.Millisecond) })
	before := threads(t)
	beside := timesBeside(t, healthy, func() {
		for range 5 {
			_, err := client.Get(context.Background(), "key")
			require.Error(t, err)
			_, err = client.BLPop(context.Background(), 50*time.Millisecond, "list")
			require.Error(t, err)
		}
	})
	t.Logf("calls of the healthy client: %v; alone: %v", beside, alone)
	require.Less(t, beside.worst, delayMax+alone.worst+allowance())
	require.Less(t, threads(t)-before, 10, "each try takes a thread")

	// When it can be read there are connections.
	pipe, err := os.OpenFile(file, os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = pipe.Write(content)
	require.NoError(t, err)
	require.NoError(t, pipe.Close())
	require.Eventually(t, func() bool {
		_, err := client.Get(context.Background(), "key")
		return err == nil
	}, harness.Patience, time.Millisecond)
}

// While files that have changed cannot be read, those from before are in use.
func TestFileThatCannotBeReadAgainDelaysItsOwnClientLittle(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithTLS(glidetest.MutualTLS))
	config, file, _ := withFiles(t, server)
	config.TLS.ReloadInterval = time.Second
	client := connectWith(t, config)
	require.NoError(t, client.Set(context.Background(), "key", "value"))
	require.NoError(t, os.Remove(file))
	require.NoError(t, syscall.Mkfifo(file, 0o600))
	time.Sleep(1100 * time.Millisecond)
	before := threads(t)
	for range 10 {
		require.NoError(t, client.Dedicated(context.Background(), func(d *glide.DedicatedClient) error {
			_, err := d.Do(context.Background(), "SELECT", "1")
			return err
		}))
	}
	require.Less(t, threads(t)-before, 8, "each connection takes a thread")
	pipe, err := os.OpenFile(file, os.O_WRONLY, 0)
	require.NoError(t, err)
	require.NoError(t, pipe.Close())
}
