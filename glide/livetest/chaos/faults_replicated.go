package chaos

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// replicatedFaults are those of a server with replicas and of their roles.
func replicatedFaults(s *replicated) []kind {
	with := func(make func(s *replicated, r *run, dice *rand.Rand) fault) func(*run, *rand.Rand) fault {
		return func(r *run, dice *rand.Rand) fault { return make(s, r, dice) }
	}
	return []kind{
		{"pause a server", pauseNode},
		{"restart a server", restartNode},
		{"swap roles", with(swapRoles)},
		{"swap roles", with(swapRoles)},
		{"kill the primary and promote a replica", with(replacePrimary((*glidetest.Server).Kill, (*glidetest.Server).Restart))},
		{"pause the primary and promote a replica", with(replacePrimary((*glidetest.Server).Pause, (*glidetest.Server).Resume))},
		{"rotate the password", rotatePassword},
		{"rotate the password abruptly", rotateAbruptly},
	}
}

// swapRoles has the primary hand over to a replica: nothing is lost.
func swapRoles(s *replicated, r *run, dice *rand.Rand) fault {
	primary, replicas := s.roles()
	next := replicas[dice.IntN(2)]
	return r.watched(primary, fault{
		what: fmt.Sprintf("from %v to %v", primary, next),
		inject: func() error {
			if _, err := primary.Command("FAILOVER", "TO", next.Host(), strconv.Itoa(next.Port())); err != nil {
				return err
			}
			for begun := time.Now(); ; time.Sleep(5 * time.Millisecond) {
				info, err := next.Command("INFO", "replication")
				if text, _ := info.(string); err == nil && strings.Contains(text, "role:master") {
					return s.promoted(next, s.servers...)
				}
				if time.Since(begun) > harness.Patience {
					return errors.New("the replica does not take over")
				}
			}
		},
		lossless: true,
	})
}

// replacePrimary promotes a replica while the primary is gone.
func replacePrimary(leave, comeBack func(*glidetest.Server) error) func(s *replicated, r *run, dice *rand.Rand) fault {
	return func(s *replicated, r *run, dice *rand.Rand) fault {
		primary, replicas := s.roles()
		i := dice.IntN(2)
		next, other := replicas[i], replicas[1-i]
		waits, lasts := between(dice, time.Millisecond, 800*time.Millisecond), between(dice, time.Millisecond, time.Second)
		return r.watched(primary, fault{
			what: fmt.Sprintf("%v by %v after %v, back after %v", primary, next, waits, lasts),
			inject: func() error {
				if err := leave(primary); err != nil {
					return err
				}
				time.Sleep(waits)
				if _, err := next.Command("REPLICAOF", "NO", "ONE"); err != nil {
					return err
				}
				return s.promoted(next, next, other)
			},
			lasts: lasts,
			repair: func() error {
				if err := comeBack(primary); err != nil {
					return err
				}
				return s.promoted(next, primary)
			},
		})
	}
}
