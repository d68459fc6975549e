package glidetest

import (
	"context"
	"crypto/tls"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"
)

// Server is a running server: standalone, a replica, or a node of a [Cluster].
type Server struct {
	settings     settings
	certificates *Certificates // nil without TLS
	extra        [][]string    // configuration of this server alone
	folder       string
	port         int    // the one with TLS, if there is one with and one without
	plainPort    int    // 0 if there is none beside port
	nodeID       string // outside of a cluster, this is empty
	shard        int    // the number of the shard that a cluster's node was started for
	replicas     []*Server

	// running guards what follows: whether the server runs, and as what.
	running sync.Mutex
	process *process
	closed  bool

	login         sync.Mutex // guards the passwords
	password      string
	adminPassword string
}

// Start starts a standalone server, with its replicas if there are any, and
// ends them with the test.
func Start(tb testing.TB, options ...Option) *Server {
	tb.Helper()
	server, err := StartServer(tb.Context(), options...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { closeWith(tb, server.Close) })
	return server
}

// StartServer is like [Start], for programs that are not tests. The server must
// be closed. The context limits the start, which takes no longer than 30
// seconds in any case.
func StartServer(ctx context.Context, options ...Option) (*Server, error) {
	s, err := newSettings(settings{}, options)
	if err != nil {
		return nil, err
	}
	certificates, err := s.certificates()
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	server, err := startServer(ctx, s, certificates, nil)
	if err != nil {
		return nil, err
	}
	if err := server.startReplicas(ctx); err != nil {
		return nil, errors.Join(err, server.Close())
	}
	return server, nil
}

// closeWith reports what went wrong when something is closed at the end of a test.
func closeWith(tb testing.TB, closeAll func() error) {
	if err := closeAll(); err != nil {
		tb.Error(err)
	}
}

// Addr returns the address of the server as host:port, of the port with TLS if
// the server was started [WithTLS].
func (s *Server) Addr() string { return address(s.port) }

// String returns Addr.
func (s *Server) String() string { return s.Addr() }

// Host returns the host of Addr.
func (s *Server) Host() string { return host }

// Port returns the port of Addr.
func (s *Server) Port() int { return s.port }

// PlainAddr returns the address without TLS: Addr, or the one that [PlainPort]
// adds to it, or "" if there is none.
func (s *Server) PlainAddr() string {
	switch {
	case s.plainPort != 0:
		return address(s.plainPort)
	case s.settings.tls:
		return ""
	}
	return s.Addr()
}

// Password returns the password of the default user, or "" if it has none.
func (s *Server) Password() string {
	s.login.Lock()
	defer s.login.Unlock()
	return s.password
}

// SetPassword changes the password of the default user while the server runs.
// Connections that are authenticated stay so. The password of replicas and
// other nodes does not change.
func (s *Server) SetPassword(password string) error {
	if _, err := s.Command("CONFIG", "SET", "requirepass", password); err != nil {
		return err
	}
	s.login.Lock()
	s.password = password
	if s.settings.adminUser == "" {
		s.adminPassword = password
	}
	s.login.Unlock()
	_, err := s.Command("CONFIG", "REWRITE") // or a restart would bring the old one back
	return err
}

// Certificates returns the certificates for clients, or nil if the server was
// not started [WithTLS].
func (s *Server) Certificates() *Certificates { return s.certificates }

// Version returns the name and version of the server.
func (s *Server) Version() Version { return s.settings.version }

// Replicas returns the replicas that were started with a standalone server. For
// a cluster, see [Cluster.Replicas].
func (s *Server) Replicas() []*Server { return slices.Clone(s.replicas) }

// NodeID returns the ID of the node in its cluster, or "" outside of a cluster.
func (s *Server) NodeID() string { return s.nodeID }

// Log returns the log of the server.
func (s *Server) Log() string {
	log, _ := os.ReadFile(s.logPath()) // closed servers have none
	return string(log)
}

func (s *Server) logPath() string { return filepath.Join(s.folder, "server.log") }

// Command runs a command on a new connection and closes the connection. So
// changes of the connection (MULTI, SELECT) and commands about it (WAIT) have
// no effect on the next call. Replies are nil, int64, string, []any and, as
// elements of arrays, [ReplyError]; an error reply is the error.
func (s *Server) Command(args ...string) (any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	return s.command(ctx, args...)
}

// MustCommand is like [Server.Command], and fails the test instead of returning
// an error.
func (s *Server) MustCommand(tb testing.TB, args ...string) any {
	tb.Helper()
	reply, err := s.Command(args...)
	if err != nil {
		tb.Fatalf("%s %s: %v", s.Addr(), args[0], err)
	}
	return reply
}

// commandTimeout is how long a command, or a change of a server's state, may take at most.
const commandTimeout = 30 * time.Second

func (s *Server) command(ctx context.Context, args ...string) (any, error) {
	connection, err := s.dial(ctx)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	return connection.do(args...)
}

func (s *Server) info(ctx context.Context) (map[string]string, error) {
	reply, err := s.command(ctx, "INFO")
	if err != nil {
		return nil, err
	}
	return parseInfo(reply)
}

func (s *Server) dial(ctx context.Context) (*admin, error) {
	var config *tls.Config
	if s.certificates != nil {
		config = s.certificates.ClientConfig()
		config.InsecureSkipVerify = true //nolint:gosec // the server's certificate may be bad on purpose
	}
	s.login.Lock()
	password := s.adminPassword
	s.login.Unlock()
	return dialAdmin(ctx, s.Addr(), config, s.settings.adminUser, password)
}
