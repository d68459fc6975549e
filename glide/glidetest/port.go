package glidetest

import (
	"errors"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

const (
	host = "127.0.0.1"

	// Ports are taken from below the ranges from which systems serve outgoing connections, so that none of those sits
	// on a server's port while the server restarts. The same holds for the cluster bus.
	firstPort, lastPort = 10000, 22767
	busOffset           = 10000
)

var (
	errAddressInUse = errors.New("address already in use")

	// reserved are the ports of servers that are there, and given those of servers that are or were.
	reserved, given = map[int]bool{}, map[int]bool{}
	reservedMutex   sync.Mutex
)

// reservePort finds a port that is free now, together with the cluster bus's,
// and that no other server of this process is given until releasePort. Other
// processes may still be faster: then the server cannot bind and is given
// another. Ports that were given before come last: someone may still look
// there for what is gone.
func reservePort() (int, error) {
	reservedMutex.Lock()
	defer reservedMutex.Unlock()
	for tries := range 1000 {
		port := firstPort + rand.IntN(lastPort-firstPort+1)
		if reserved[port] || given[port] && tries < 500 || !isFree(port) || !isFree(port+busOffset) {
			continue
		}
		reserved[port], given[port] = true, true
		return port, nil
	}
	return 0, errors.New("glidetest: found no free port")
}

func releasePort(port int) {
	reservedMutex.Lock()
	defer reservedMutex.Unlock()
	delete(reserved, port)
}

func isFree(port int) bool {
	listener, err := net.Listen("tcp", address(port))
	if err != nil {
		return false
	}
	return listener.Close() == nil
}

func address(port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }
