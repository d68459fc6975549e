package glidetest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// member is a node as another one sees it, one line of CLUSTER NODES.
type member struct {
	id, primaryID string // primaryID is "-" for a primary
	flags         []string
	epoch         string // of its configuration, a replica's is its primary's
	connected     bool
	slots         [][2]int // first and last
}

func (m member) is(flag string) bool { return slices.Contains(m.flags, flag) }

func (m member) owns(slot int) bool {
	return slices.ContainsFunc(m.slots, func(r [2]int) bool { return r[0] <= slot && slot <= r[1] })
}

// members asks a node whom it knows.
func (s *Server) members(ctx context.Context) ([]member, error) {
	reply, err := s.command(ctx, "CLUSTER", "NODES")
	if err != nil {
		return nil, err
	}
	text, _ := reply.(string)
	var members []member
	for line := range strings.Lines(text) {
		fields := strings.Fields(line)
		if len(fields) < 8 {
			return nil, fmt.Errorf("glidetest: CLUSTER NODES replied %q", line)
		}
		m := member{
			id: fields[0], flags: strings.Split(fields[2], ","), primaryID: fields[3], epoch: fields[6],
			connected: fields[7] == "connected",
		}
		for _, text := range fields[8:] {
			if strings.HasPrefix(text, "[") {
				continue // a slot under way, which only its two nodes know of
			}
			first, last, isRange := strings.Cut(text, "-")
			if !isRange {
				last = first
			}
			from, err1 := strconv.Atoi(first)
			to, err2 := strconv.Atoi(last)
			if err := errors.Join(err1, err2); err != nil {
				return nil, err
			}
			m.slots = append(m.slots, [2]int{from, to})
		}
		members = append(members, m)
	}
	return members, nil
}

// members asks the first node that answers.
func (c *Cluster) members(ctx context.Context) ([]member, error) {
	err := errors.New("glidetest: no node of the cluster is up")
	for _, node := range c.Nodes() {
		if !node.isUp() {
			continue
		}
		var members []member
		if members, err = node.members(ctx); err == nil {
			return members, nil
		}
	}
	return nil, err
}

// selectNodes returns the nodes that the cluster says this of.
func (c *Cluster) selectNodes(wanted func(member) bool) ([]*Server, error) {
	ctx, cancel := context.WithTimeout(context.Background(), commandTimeout)
	defer cancel()
	members, err := c.members(ctx)
	if err != nil {
		return nil, err
	}
	var selected []*Server
	for _, node := range c.Nodes() {
		if slices.ContainsFunc(members, func(m member) bool { return m.id == node.nodeID && wanted(m) }) {
			selected = append(selected, node)
		}
	}
	return selected, nil
}

// Primaries returns the nodes that are primaries now and have not failed, in
// the order of Nodes.
func (c *Cluster) Primaries() ([]*Server, error) {
	return c.selectNodes(func(m member) bool { return m.is("master") && !m.is("fail") })
}

// Replicas returns the nodes that follow a primary now and have not failed, in
// the order of Nodes.
func (c *Cluster) Replicas(primary *Server) ([]*Server, error) {
	return c.selectNodes(func(m member) bool { return m.primaryID == primary.nodeID && !m.is("fail") })
}

// NodeForSlot returns the primary that serves the slot now.
func (c *Cluster) NodeForSlot(slot int) (*Server, error) {
	owners, err := c.selectNodes(func(m member) bool { return m.owns(slot) })
	if err == nil && len(owners) != 1 {
		return nil, fmt.Errorf("glidetest: slot %d has %d owners", slot, len(owners))
	}
	if err != nil {
		return nil, err
	}
	return owners[0], nil
}

// NodeForKey returns the primary that serves the key now.
func (c *Cluster) NodeForKey(key string) (*Server, error) {
	slot, err := c.SlotForKey(key)
	if err != nil {
		return nil, err
	}
	return c.NodeForSlot(slot)
}

// SlotForKey returns the slot of a key.
func (c *Cluster) SlotForKey(key string) (int, error) {
	for _, node := range c.Nodes() {
		if node.isUp() {
			reply, err := node.Command("CLUSTER", "KEYSLOT", key)
			slot, _ := reply.(int64)
			return int(slot), err
		}
	}
	return 0, errors.New("glidetest: no node of the cluster is up")
}

// AwaitOK waits until the cluster serves all slots, all running nodes agree on
// the roles of all nodes, all replicas follow their primaries, and nodes that
// do not run count as failed. So it waits for the failover after [Server.Kill]
// or [Server.Pause], and for the return of a node after [Server.Restart] or
// [Server.Resume].
//
// If no replica can take over, it waits until the context ends. The error says
// what was missing.
func (c *Cluster) AwaitOK(ctx context.Context) error {
	return poll(ctx, func() (bool, error) {
		var up, down []*Server
		for _, node := range c.Nodes() {
			if node.isUp() {
				up = append(up, node)
			} else {
				down = append(down, node)
			}
		}
		views := make([]string, len(up))
		err := inParallel(len(up), func(i int) (err error) {
			views[i], err = up[i].view(ctx, up, down)
			return err
		})
		if err == nil && len(slices.Compact(views)) != 1 {
			err = errors.New("glidetest: the nodes do not agree yet")
		}
		return err == nil, err
	})
}

// view is what the node thinks of the nodes that are up, or the reason why it is not content.
func (s *Server) view(ctx context.Context, up, down []*Server) (string, error) {
	connection, err := s.dial(ctx)
	if err != nil {
		return "", err
	}
	defer connection.Close()
	reply, err := connection.do("CLUSTER", "INFO")
	if err != nil {
		return "", err
	}
	state, err := parseInfo(reply)
	if err != nil {
		return "", err
	}
	if state["cluster_state"] != "ok" || state["cluster_slots_ok"] != strconv.Itoa(slots) {
		return "", s.complain("its state is %q, with %s slots served", state["cluster_state"], state["cluster_slots_ok"])
	}
	info, err := connection.info()
	if err != nil {
		return "", err
	}
	if link, isReplica := info["master_link_status"]; isReplica && link != "up" {
		return "", s.complain("it has not caught up with its primary")
	}
	members, err := s.members(ctx)
	if err != nil {
		return "", err
	}
	if len(members) != len(up)+len(down) {
		return "", s.complain("it knows %d of %d nodes", len(members), len(up)+len(down))
	}
	if reply, err = connection.do("CLUSTER", "SLOTS"); err != nil {
		return "", err
	}
	if hidden := hiddenReplicas(members, fmt.Sprint(reply)); hidden > 0 {
		return "", s.complain("it does not show %d of the replicas to clients", hidden)
	}
	return s.compare(members, up, down)
}

// hiddenReplicas counts the replicas that CLUSTER SLOTS leaves out: those of which the node has not heard yet that they
// received anything.
func hiddenReplicas(members []member, clusterSlots string) int {
	hidden := 0
	for _, replica := range members {
		serves := func(m member) bool { return m.id == replica.primaryID && len(m.slots) > 0 }
		if !replica.is("fail") && slices.ContainsFunc(members, serves) && !strings.Contains(clusterSlots, replica.id) {
			hidden++
		}
	}
	return hidden
}

// compare checks who is up and down for the node, and returns the rest in a form that can be compared between nodes.
//
// Epochs belong to it: a node that has not heard of the latest one takes the same for the next slot that it is given,
// and the nodes resolve that among themselves: the slot may fall to its former owner, and its keys are deleted.
func (s *Server) compare(members []member, up, down []*Server) (string, error) {
	var view []string
	primaryOf := map[string]string{} // epochs
	for _, m := range members {
		if slices.ContainsFunc(down, func(node *Server) bool { return node.nodeID == m.id }) {
			if !m.is("fail") {
				return "", s.complain("%s has not failed for it yet", m.id)
			}
			continue
		}
		healthy := m.is("myself") || m.connected
		if !healthy || m.is("fail") || m.is("fail?") || m.is("handshake") || m.is("noaddr") {
			return "", s.complain("%s is %v for it", m.id, m.flags)
		}
		if !slices.ContainsFunc(up, func(node *Server) bool { return node.nodeID == m.id }) {
			return "", s.complain("it knows a stranger, %s", m.id)
		}
		if m.is("master") {
			if other, taken := primaryOf[m.epoch]; taken {
				return "", s.complain("%s and %s are of the same epoch for it", other, m.id)
			}
			primaryOf[m.epoch] = m.id
		}
		slices.SortFunc(m.slots, func(a, b [2]int) int { return a[0] - b[0] })
		view = append(view, fmt.Sprint(m.id, m.primaryID, m.epoch, m.slots))
	}
	slices.Sort(view)
	return strings.Join(view, "\n"), nil
}

func (s *Server) complain(format string, args ...any) error {
	return fmt.Errorf("glidetest: node %s on %s: %s", s.nodeID, s.Addr(), fmt.Sprintf(format, args...))
}
