package chaos

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// replicated is a standalone server with two replicas, each behind a link.
type replicated struct {
	servers []*glidetest.Server
	behind  []*harness.Link

	mutex   sync.Mutex
	primary *glidetest.Server
}

func startReplicated(t *testing.T) *replicated {
	t.Helper()
	// A primary that has lost its replicas to another one acknowledges nothing.
	options := append(durable, glidetest.WithReplicas(2), glidetest.WithConfig("min-replicas-to-write", "1"))
	primary := glidetest.Start(t, options...)
	s := &replicated{servers: append([]*glidetest.Server{primary}, primary.Replicas()...), primary: primary}
	for _, server := range s.servers {
		s.behind = append(s.behind, harness.StartLink(t, server.Addr()))
	}
	require.NoError(t, s.await())
	return s
}

func (s *replicated) kind() harness.Kind { return harness.Standalone }

func (s *replicated) nodes() []*glidetest.Server { return s.servers }

func (s *replicated) links() []*harness.Link { return s.behind }

func (s *replicated) owner(int) (*glidetest.Server, error) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	return s.primary, nil
}

// roles returns the primary and its replicas.
func (s *replicated) roles() (primary *glidetest.Server, replicas []*glidetest.Server) {
	primary, _ = s.owner(0)
	for _, server := range s.servers {
		if server != primary {
			replicas = append(replicas, server)
		}
	}
	return primary, replicas
}

// promoted says who is the primary from now on, and keeps the roles for
// restarts. The servers are those that are up.
func (s *replicated) promoted(primary *glidetest.Server, servers ...*glidetest.Server) error {
	s.mutex.Lock()
	s.primary = primary
	s.mutex.Unlock()
	for _, server := range servers {
		if server != primary {
			if _, err := server.Command("REPLICAOF", primary.Host(), strconv.Itoa(primary.Port())); err != nil {
				return err
			}
		}
		if _, err := server.Command("CONFIG", "REWRITE"); err != nil {
			return err
		}
	}
	return nil
}

// await waits until both replicas follow the primary.
func (s *replicated) await() error {
	primary, replicas := s.roles()
	var missing string
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(10 * time.Millisecond) {
		if missing = follows(primary, replicas); missing == "" {
			return nil
		}
	}
	return fmt.Errorf("the servers do not recover: %s", missing)
}

// follows returns what is missing until all replicas follow a primary.
func follows(primary *glidetest.Server, replicas []*glidetest.Server) string {
	info, err := primary.Command("INFO", "replication")
	text, _ := info.(string)
	switch {
	case err != nil:
		return err.Error()
	case !strings.Contains(text, "role:master"):
		return primary.String() + " is no primary"
	case strings.Count(text, "state=online") != len(replicas), strings.Count(text, "lag=0")+strings.Count(text, "lag=1") < len(replicas):
		return primary.String() + " lacks replicas"
	}
	for _, replica := range replicas {
		info, err := replica.Command("INFO", "replication")
		text, _ := info.(string)
		if err != nil || !strings.Contains(text, "master_link_status:up") || !strings.Contains(text, fmt.Sprintf("master_port:%d\r", primary.Port())) {
			return fmt.Sprintf("%v does not follow: %v", replica, err)
		}
	}
	return ""
}
