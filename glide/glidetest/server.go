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

// Server is one running server: standalone, a replica, or a node of a [Cluster].
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

// Start starts a standalone server, with its replicas if it is to have any, and ends them with the test.
func Start(tb testing.TB, options ...Option) *Server {
	tb.Helper()
	server, err := StartServer(tb.Context(), options...)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { closeWith(tb, server.Close) })
	return server
}

// StartServer is [Start] for programs that are no tests. The server must be closed. The context bounds the start, which
// takes no longer than 30 seconds in any case.
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

// Addr is host and port, with TLS if the server was started [WithTLS].
func (s *Server) Addr() string { return address(s.port) }

// String is Addr.
func (s *Server) String() string { return s.Addr() }

// Host is the host of Addr.
func (s *Server) Host() string { return host }

// Port is the port of Addr.
func (s *Server) Port() int { return s.port }

// PlainAddr is the address without TLS: Addr, the one that [PlainPort] adds to it, or "" if there is none.
func (s *Server) PlainAddr() string {
	switch {
	case s.plainPort != 0:
		return address(s.plainPort)
	case s.settings.tls:
		return ""
	}
	return s.Addr()
}

// Password is the default user's, "" if it has none.
func (s *Server) Password() string {
	s.login.Lock()
	defer s.login.Unlock()
	return s.password
}

// SetPassword changes the default user's password while the server runs. Connections that are logged in stay so.
// Replicas and other nodes keep theirs.
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

// Certificates is what clients need, nil if the server was not started [WithTLS].
func (s *Server) Certificates() *Certificates { return s.certificates }

// Version says which server it is.
func (s *Server) Version() Version { return s.settings.version }

// Replicas are the replicas that were started with a standalone server. For a cluster's, see [Cluster.Replicas].
func (s *Server) Replicas() []*Server { return slices.Clone(s.replicas) }

// NodeID is what CLUSTER MYID replies, "" outside of a cluster.
func (s *Server) NodeID() string { return s.nodeID }

// Log is what the server has logged.
func (s *Server) Log() string {
	log, _ := os.ReadFile(s.logPath()) // closed servers have none
	return string(log)
}

func (s *Server) logPath() string { return filepath.Join(s.folder, "server.log") }

// Command runs a command on its own connection, which is closed again: what it
// leaves behind is what the command does to the data, and what depends on the
// connection (MULTI, SELECT, WAIT) has no effect on the next one. Replies are
// nil, int64, string, []any, and, as an element of an array, [ReplyError].
func (s *Server) Command(args ...string) (any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	return s.command(ctx, args...)
}

// MustCommand is [Server.Command] that fails the test instead of returning an error.
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
