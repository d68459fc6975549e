package glidetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
)

// OpenSlot starts moving a slot to another primary, and moves no keys: the
// owner of the slot serves existing keys, and answers with ASK for others.
// [Cluster.MigrateSlot] completes the move.
func (c *Cluster) OpenSlot(slot int, to *Server) error {
	owner, err := c.NodeForSlot(slot)
	if err != nil {
		return err
	}
	if owner == to {
		return fmt.Errorf("glidetest: slot %d is there already", slot)
	}
	// In this order, else the owner would send clients to a node that knows nothing of it.
	if _, err := to.Command("CLUSTER", "SETSLOT", strconv.Itoa(slot), "IMPORTING", owner.nodeID); err != nil {
		return err
	}
	_, err = owner.Command("CLUSTER", "SETSLOT", strconv.Itoa(slot), "MIGRATING", to.nodeID)
	return err
}

// MigrateSlot moves a slot and its keys to another primary. It returns after
// all nodes know the new owner.
func (c *Cluster) MigrateSlot(slot int, to *Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	owner, err := c.NodeForSlot(slot)
	if err != nil || owner == to {
		return err
	}
	if err := c.OpenSlot(slot, to); err != nil {
		return err
	}
	if err := owner.moveKeys(ctx, slot, to); err != nil {
		return err
	}
	// The new owner first: it may not hear of it from the others before it has said so itself.
	_, err = to.command(ctx, "CLUSTER", "SETSLOT", strconv.Itoa(slot), "NODE", to.nodeID)
	if err != nil {
		return err
	}
	others, err := c.Primaries()
	if err != nil {
		return err
	}
	for _, node := range others {
		// The others would hear of it in time. One that has given its last slot away is a replica already and refuses.
		_, _ = node.command(ctx, "CLUSTER", "SETSLOT", strconv.Itoa(slot), "NODE", to.nodeID)
	}
	return c.AwaitOK(ctx)
}

// moveKeys moves the keys of a slot.
func (s *Server) moveKeys(ctx context.Context, slot int, to *Server) error {
	connection, err := s.dial(ctx)
	if err != nil {
		return err
	}
	defer connection.Close()
	move := []string{"MIGRATE", host, strconv.Itoa(to.port), "", "0", "10000"}
	to.login.Lock()
	user, password := to.settings.adminUser, to.adminPassword
	to.login.Unlock()
	switch {
	case user != "":
		move = append(move, "AUTH2", user, password)
	case password != "":
		move = append(move, "AUTH", password)
	}
	move = append(move, "KEYS")
	for {
		reply, err := connection.do("CLUSTER", "GETKEYSINSLOT", strconv.Itoa(slot), "100")
		if err != nil {
			return err
		}
		keys, _ := reply.([]any)
		if len(keys) == 0 {
			return nil
		}
		args := move[:len(move):len(move)]
		for _, key := range keys {
			name, _ := key.(string)
			args = append(args, name)
		}
		if _, err := connection.do(args...); err != nil {
			return err
		}
	}
}

// Failover makes another node the primary of the shard of node: node itself if
// it is a replica, or else one of its replicas. It returns the new primary
// after all nodes know it. A primary that does not run need not have failed for
// the other nodes yet.
func (c *Cluster) Failover(node *Server) (*Server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	promoted, primary, err := c.successor(ctx, node)
	if err != nil {
		return nil, err
	}
	command := []string{"CLUSTER", "FAILOVER"}
	if !primary.isUp() {
		command = append(command, "FORCE")
	}
	if _, err := promoted.command(ctx, command...); err != nil {
		return nil, err
	}
	err = poll(ctx, func() (bool, error) {
		members, err := promoted.members(ctx)
		for _, m := range members {
			if m.id == promoted.nodeID && !m.is("master") || m.id == primary.nodeID && primary.isUp() && m.primaryID != promoted.nodeID {
				err = errors.New("glidetest: the replica has not taken over")
			}
		}
		return err == nil, err
	})
	if err != nil {
		return nil, err
	}
	return promoted, c.AwaitOK(ctx)
}

// successor finds who takes over from whom.
func (c *Cluster) successor(ctx context.Context, node *Server) (promoted, primary *Server, err error) {
	members, err := c.members(ctx)
	if err != nil {
		return nil, nil, err
	}
	byID := map[string]*Server{}
	for _, node := range c.Nodes() {
		byID[node.nodeID] = node
	}
	for _, m := range members {
		if m.primaryID == "-" || !byID[m.id].isUp() {
			continue
		}
		if m.id == node.nodeID || m.primaryID == node.nodeID {
			return byID[m.id], byID[m.primaryID], nil
		}
	}
	return nil, nil, fmt.Errorf("glidetest: the shard of %s has no replica that is up", node.Addr())
}

// AddShard adds a primary with as many replicas as the others, and returns it. It serves no slots until they are
// migrated to it.
func (c *Cluster) AddShard() (*Server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	c.mutex.Lock()
	first, number := len(c.nodes), c.shards
	c.shards++
	c.mutex.Unlock()
	if err := c.startNodes(ctx, 1+c.settings.replicas, func(int) int { return number }); err != nil {
		return nil, err
	}
	if err := c.introduce(ctx, first); err != nil {
		return nil, err
	}
	shard := c.Nodes()[first:]
	err := inParallel(c.settings.replicas, func(i int) error { return shard[1+i].follow(ctx, shard[0]) })
	if err != nil {
		return nil, err
	}
	return shard[0], c.AwaitOK(ctx)
}

// RemoveShard closes node and the other nodes that were started for its shard,
// and makes the rest of the cluster forget them. Their slots must have been
// moved before.
func (c *Cluster) RemoveShard(node *Server) error {
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	var leaving []*Server
	for _, other := range c.Nodes() {
		if other.shard == node.shard {
			leaving = append(leaving, other)
		}
	}
	serving, err := c.selectNodes(func(m member) bool { return len(m.slots) > 0 })
	if err != nil {
		return err
	}
	for _, other := range serving {
		if other.shard == node.shard {
			return fmt.Errorf("glidetest: %s still serves slots", other.Addr())
		}
	}
	c.mutex.Lock()
	c.nodes = slices.DeleteFunc(c.nodes, func(node *Server) bool { return slices.Contains(leaving, node) })
	c.mutex.Unlock()
	// Closed first, else they would introduce themselves again.
	err = inParallel(len(leaving), func(i int) error { return leaving[i].Close() })
	if err != nil {
		return err
	}
	for _, node := range c.Nodes() {
		for _, gone := range leaving {
			if _, err := node.command(ctx, "CLUSTER", "FORGET", gone.nodeID); err != nil && node.isUp() {
				return err
			}
		}
	}
	return c.AwaitOK(ctx)
}
