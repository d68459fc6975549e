package chaos

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"time"
)

// clusterFaults are those of the nodes of a cluster and their roles.
func clusterFaults(c *cluster) []kind {
	with := func(make func(c *cluster, r *run, dice *rand.Rand) fault) func(*run, *rand.Rand) fault {
		return func(r *run, dice *rand.Rand) fault { return make(c, r, dice) }
	}
	return []kind{
		{"pause a node", pauseNode},
		{"pause a primary until its replica takes over", with(pausePrimary)},
		{"restart a node", restartNode},
		{"planned failover", with(planFailover)},
		{"kill a primary, force its replica", with(killPrimary("FORCE"))},
		{"kill a primary, let its replica take over", with(killPrimary("TAKEOVER"))},
		{"kill a primary, wait for the cluster", with(killPrimary(""))},
		{"move a slot", with(moveSlot)},
		{"move a slot", with(moveSlot)},
		{"rotate the password", rotatePassword},
		{"rotate the password abruptly", rotateAbruptly},
	}
}

func pausePrimary(c *cluster, r *run, dice *rand.Rand) fault {
	primary, err := c.primary(dice.IntN(3))
	if err != nil {
		return impossible(err)
	}
	return r.watched(primary, fault{
		what:   primary.String(),
		inject: primary.Pause,
		repair: func() error { return errors.Join(c.await(), primary.Resume()) },
	})
}

// restartNode kills a node and starts it again.
func restartNode(r *run, dice *rand.Rand) fault {
	node, lasts := r.nodes()[dice.IntN(len(r.nodes()))], between(dice, time.Millisecond, 500*time.Millisecond)
	return r.watched(node, fault{
		what:   fmt.Sprintf("%v after %v", node, lasts),
		inject: node.Kill,
		lasts:  lasts,
		repair: node.Restart,
	})
}

func planFailover(c *cluster, r *run, dice *rand.Rand) fault {
	primary, err := c.primary(dice.IntN(3))
	if err != nil {
		return impossible(err)
	}
	return r.watched(primary, fault{
		what: fmt.Sprintf("from %v to %v", primary, c.replica(primary)),
		inject: func() error {
			_, err := c.Failover(primary)
			return err
		},
		lossless: true,
	})
}

// killPrimary kills a primary and has its replica fail over.
func killPrimary(how string) func(c *cluster, r *run, dice *rand.Rand) fault {
	return func(c *cluster, r *run, dice *rand.Rand) fault {
		primary, err := c.primary(dice.IntN(3))
		if err != nil {
			return impossible(err)
		}
		lasts := between(dice, time.Millisecond, 1500*time.Millisecond)
		return r.watched(primary, fault{
			what: fmt.Sprintf("%v, back after %v", primary, lasts),
			inject: func() error {
				if err := primary.Kill(); err != nil || how == "" {
					return err
				}
				// The vote may fail on a busy machine; the cluster then elects
				// the replica by itself.
				_, err := c.replica(primary).Command("CLUSTER", "FAILOVER", how)
				return err
			},
			lasts:  lasts,
			repair: func() error { return errors.Join(c.await(), primary.Restart()) },
		})
	}
}

// moveSlot moves a slot that is written to.
func moveSlot(c *cluster, r *run, dice *rand.Rand) fault {
	slot, steps := slotOf(dice.IntN(slotCount)), 1+dice.IntN(2)
	from, err := c.NodeForSlot(slot)
	if err != nil {
		return impossible(err)
	}
	primaries, err := c.Primaries()
	if err != nil || len(primaries) != 3 {
		return impossible(errors.Join(err, errNoPrimary))
	}
	to := from
	for i, node := range primaries {
		if node == from {
			to = primaries[(i+steps)%3]
		}
	}
	return r.watched(from, fault{
		what:     fmt.Sprintf("%d from %v to %v", slot, from, to),
		inject:   func() error { return c.MigrateSlot(slot, to) },
		lossless: true,
	})
}
