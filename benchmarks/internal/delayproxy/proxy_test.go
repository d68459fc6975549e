package delayproxy

import (
	"bytes"
	"errors"
	"io"
	"net"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

const roundTrip = 2 * time.Millisecond

// startEcho returns a proxy before a server that sends everything back.
func startEcho(t *testing.T) *Proxy {
	t.Helper()
	return startBefore(t, func(connection net.Conn) { _, _ = io.Copy(connection, connection) })
}

func startBefore(t *testing.T, serve func(net.Conn)) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var serving sync.WaitGroup
	serving.Go(func() {
		for {
			connection, err := listener.Accept()
			if err != nil {
				return
			}
			serving.Go(func() {
				defer connection.Close()
				serve(connection)
			})
		}
	})
	proxy, err := Start(listener.Addr().String(), roundTrip)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := proxy.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		listener.Close()
		serving.Wait()
	})
	return proxy
}

func dial(t *testing.T, proxy *Proxy) *net.TCPConn {
	t.Helper()
	connection, err := net.Dial("tcp", net.JoinHostPort(proxy.Host(), strconv.Itoa(proxy.Port())))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { connection.Close() })
	_ = connection.SetDeadline(time.Now().Add(20 * time.Second))
	return connection.(*net.TCPConn)
}

func exchange(t *testing.T, connection net.Conn, message []byte) time.Duration {
	t.Helper()
	began := time.Now()
	if _, err := connection.Write(message); err != nil {
		t.Fatal(err)
	}
	reply := make([]byte, len(message))
	if _, err := io.ReadFull(connection, reply); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(reply, message) {
		t.Fatalf("%q came back as %q", message, reply)
	}
	return time.Since(began)
}

func TestRoundTripTakesTheDelayAndLittleMore(t *testing.T) {
	connection := dial(t, startEcho(t))
	var took []time.Duration
	for range 200 {
		took = append(took, exchange(t, connection, []byte("hello")))
	}
	// On a busy machine many take longer, but never less, and some are on time.
	if least := slices.Min(took); least < roundTrip || least > roundTrip+roundTrip/4 {
		t.Errorf("the shortest of 200 round trips took %v, want %v", least, roundTrip)
	}
}

func TestDelaysDoNotAddUp(t *testing.T) {
	connection := dial(t, startEcho(t))
	const messages, apart = 500, 100 * time.Microsecond
	began := time.Now()
	go func() {
		for i := range messages {
			for time.Since(began) < time.Duration(i)*apart { // Go's sleep is not as short
				runtime.Gosched()
			}
			_, _ = connection.Write([]byte("0123456789"))
		}
	}()
	if _, err := io.ReadFull(connection, make([]byte, 10*messages)); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > messages*roundTrip/4 {
		t.Errorf("%d messages in %v took %v: one waited for another's delay", messages, messages*apart, took)
	}
}

func TestThroughputIsNotTheLimit(t *testing.T) {
	proxy := startEcho(t)
	const connections, underWay, rounds = 4, 1000, 50
	message := bytes.Repeat([]byte("x"), 100*underWay) // requests of 100 bytes
	var running sync.WaitGroup
	began := time.Now()
	for range connections {
		connection := dial(t, proxy)
		running.Go(func() {
			for range rounds {
				exchange(t, connection, message)
			}
		})
	}
	running.Wait()
	rate := connections * underWay * rounds / time.Since(began).Seconds()
	t.Logf("%.0f requests per second", rate)
	// Possible are 2 million; a proxy that slept for each chunk of each
	// connection after another would reach a few ten thousand.
	if rate < 200_000 {
		t.Errorf("%.0f requests per second passed, want several hundred thousand", rate)
	}
}

func TestReceiverThatDoesNotReadHoldsUpNobodyElseAndLosesNothing(t *testing.T) {
	const size = 24 << 20 // more than any buffer on the way and what the proxy holds
	proxy := startBefore(t, func(connection net.Conn) {
		first := make([]byte, 1)
		if _, err := io.ReadFull(connection, first); err != nil {
			return
		}
		if first[0] != '!' {
			_, _ = connection.Write(first)
			_, _ = io.Copy(connection, connection)
			return
		}
		block := make([]byte, 1<<20)
		for i := range block {
			block[i] = byte(i % 251)
		}
		for range size / len(block) {
			if _, err := connection.Write(block); err != nil {
				return
			}
		}
	})
	stuck, lively := dial(t, proxy), dial(t, proxy)
	if _, err := stuck.Write([]byte("!")); err != nil {
		t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond) // buffers fill
	for range 20 {
		exchange(t, lively, []byte("hello"))
	}
	all, err := io.ReadAll(stuck)
	if err != nil || len(all) != size {
		t.Fatalf("%d bytes arrived, %v; want %d", len(all), err, size)
	}
	for i, b := range all {
		if b != byte(i%(1<<20)%251) {
			t.Fatalf("byte %d is %d", i, b)
		}
	}
}

func TestEndOfOneSideReachesTheOther(t *testing.T) {
	proxy := startBefore(t, func(connection net.Conn) {
		all, _ := io.ReadAll(connection) // until the client's half is closed
		_, _ = connection.Write(append([]byte("got "), all...))
	})
	connection := dial(t, proxy)
	if _, err := connection.Write([]byte("everything")); err != nil {
		t.Fatal(err)
	}
	if err := connection.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	if reply, err := io.ReadAll(connection); err != nil || string(reply) != "got everything" {
		t.Errorf("the reply is %q, %v", reply, err)
	}
}

func TestServerThatIsNotThereEndsTheConnection(t *testing.T) {
	proxy, err := Start("127.0.0.1:1", roundTrip)
	if err != nil {
		t.Fatal(err)
	}
	defer proxy.Close()
	connection := dial(t, proxy)
	if n, err := connection.Read(make([]byte, 1)); err == nil {
		t.Errorf("%d bytes were read", n)
	} else if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		t.Errorf("the connection stayed open: %v", err)
	}
}

func TestCloseEndsConnections(t *testing.T) {
	proxy := startEcho(t)
	connection := dial(t, proxy)
	exchange(t, connection, []byte("hello"))
	if err := proxy.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := connection.Read(make([]byte, 1)); err == nil {
		t.Error("the connection is still open")
	}
	if _, err := net.Dial("tcp", connection.RemoteAddr().String()); err == nil {
		t.Error("the proxy still listens")
	}
}
