// Package failover measures what the callers of a cluster client see while a primary
// is killed and a replica takes over.
package failover

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
)

// Bucket is the length of the intervals in which calls are counted.
const Bucket = 100 * time.Millisecond

// CallTime is the deadline of each call: longer than the failover takes.
const CallTime = 20 * time.Second

// Callers is how many goroutines call at once. Half of them use keys of the primary
// that is killed.
const Callers = 50

// lead and tail are for how long calls run before the primary is killed, and after the
// replica has taken over.
const lead, tail = 2 * time.Second, 2 * time.Second

// Timeline is what happened. Times are measured from its beginning.
type Timeline struct {
	Server string // its name and version
	// NodeTimeout is the cluster's setting cluster-node-timeout.
	NodeTimeout time.Duration
	// Killed is when the primary was killed, and Followed when the client took the
	// replica for the primary.
	Killed, Followed time.Duration
	// Resumed is when a call on a key of the killed primary succeeded again, after the
	// longest time in which none did, and Ended the end.
	Resumed, Ended time.Duration
	// OfKilled and OfOthers count the calls that succeeded in each bucket, by whose keys
	// they used.
	OfKilled, OfOthers []int

	// Succeeded and Failed are all calls. Errors counts the errors by their texts,
	// without addresses.
	Succeeded, Failed int
	Errors            map[string]int
	// Slowest are the slowest calls that succeeded, by whose keys they used.
	SlowestOfKilled, SlowestOfOthers time.Duration
	// Lost is how many acknowledged writes are missing: the replica had not received
	// them. Twice is how many writes more there are than were sent.
	Lost, Twice int
}

// Measure starts a cluster, and kills a primary under load. It reports what it does.
func Measure(ctx context.Context, report func(text string)) (*Timeline, error) {
	cluster, err := glidetest.StartServerCluster(ctx)
	if err != nil {
		return nil, err
	}
	defer cluster.Close()
	m := &measurement{report: report, cluster: cluster, followed: make(chan struct{})}
	if err := m.connect(ctx); err != nil {
		return nil, err
	}
	defer m.client.Close()
	if m.victim, err = cluster.NodeForSlot(0); err != nil {
		return nil, err
	}
	if err := m.chooseKeys(); err != nil {
		return nil, err
	}
	return m.run(ctx)
}

// A measurement is one run.
type measurement struct {
	report   func(string)
	cluster  *glidetest.Cluster
	client   *glide.ClusterClient
	victim   *glidetest.Server
	callers  [Callers]caller
	begun    time.Time
	followed chan struct{} // closed with the client's event
	at       atomic.Int64  // when that was, from the beginning
}

// A caller alternates INCR and GET on a separate key.
type caller struct {
	key      string
	ofKilled bool
	// succeeded are when its calls ended that succeeded.
	succeeded []time.Duration
	slowest   time.Duration
	errors    map[string]int
	// acknowledged are writes that succeeded, and uncertain those that may have run.
	acknowledged, uncertain int
}

func (m *measurement) connect(ctx context.Context) (err error) {
	config := m.cluster.Config()
	config.Events = func(event glide.Event) {
		if event.Kind == glide.FailoverFollowed {
			if m.at.CompareAndSwap(0, int64(event.Time.Sub(m.begun))) {
				close(m.followed)
			}
		}
	}
	m.client, err = glide.NewClusterClient(ctx, config)
	return err
}

// chooseKeys assigns a key to each caller; half of the keys belong to the primary that is killed.
func (m *measurement) chooseKeys() error {
	for i, next := 0, 0; i < Callers; next++ {
		key := fmt.Sprint("failover:", next)
		owner, err := m.cluster.NodeForKey(key)
		if err != nil {
			return err
		}
		if ofKilled := owner == m.victim; ofKilled == (i%2 == 0) {
			m.callers[i] = caller{key: key, ofKilled: ofKilled, errors: map[string]int{}}
			i++
		}
	}
	return nil
}

func (m *measurement) run(ctx context.Context) (_ *Timeline, err error) {
	calling, stop := context.WithCancel(ctx)
	defer stop()
	var group sync.WaitGroup
	m.begun = time.Now()
	for i := range m.callers {
		group.Go(func() { m.callers[i].call(calling, m) })
	}
	m.report(fmt.Sprintf("%d callers use a cluster of three primaries, each with a replica", Callers))
	wait(ctx, lead)
	t := &Timeline{Server: m.cluster.Version().String(), Errors: map[string]int{}, Killed: time.Since(m.begun)}
	if err := m.victim.Kill(); err != nil {
		return nil, err
	}
	m.report("killed a primary; half of the callers use its keys")
	select {
	case <-m.followed:
		m.report("a replica has taken over, and the client has followed")
	case <-time.After(CallTime):
	case <-ctx.Done():
	}
	wait(ctx, tail)
	stop()
	group.Wait()
	t.Ended = time.Since(m.begun)
	if t.Followed = time.Duration(m.at.Load()); t.Followed == 0 {
		return nil, errors.New("the client did not follow the failover")
	}
	if t.NodeTimeout, err = m.nodeTimeout(ctx); err != nil {
		return nil, err
	}
	return t, t.count(ctx, m)
}

func (m *measurement) nodeTimeout(ctx context.Context) (time.Duration, error) {
	const setting = "cluster-node-timeout"
	settings, err := m.client.ConfigGet(ctx, setting)
	if err != nil {
		return 0, err
	}
	ms, err := strconv.Atoi(settings[setting])
	return time.Duration(ms) * time.Millisecond, err
}

func wait(ctx context.Context, long time.Duration) {
	select {
	case <-time.After(long):
	case <-ctx.Done():
	}
}

// call calls until the context ends. What is under way then is finished.
func (c *caller) call(ctx context.Context, m *measurement) {
	for turn := 0; ctx.Err() == nil; turn++ {
		calling, cancel := context.WithTimeout(context.WithoutCancel(ctx), CallTime)
		begun := time.Now()
		var err error
		if turn%2 == 0 {
			if _, err = m.client.Incr(calling, c.key); err == nil {
				c.acknowledged++
			} else if !glide.SafeToRetry(err) {
				c.uncertain++
			}
		} else {
			_, err = m.client.Get(calling, c.key)
		}
		cancel()
		if err != nil {
			c.errors[kind(err)]++
			continue
		}
		c.slowest = max(c.slowest, time.Since(begun))
		c.succeeded = append(c.succeeded, time.Since(m.begun))
	}
}

// kind is what an error is, without addresses.
func kind(err error) string {
	for _, known := range []error{
		glide.ErrConnectionLost, glide.ErrTimeout, glide.ErrUnreachable, glide.ErrInflightLimit,
	} {
		if errors.Is(err, known) {
			return known.Error()
		}
	}
	if code := glide.Code(err); code != "" {
		return code
	}
	return err.Error()
}

// count sums up what the callers saw, and compares their writes with what there is.
func (t *Timeline) count(ctx context.Context, m *measurement) error {
	buckets := int(t.Ended/Bucket) + 1
	t.OfKilled, t.OfOthers = make([]int, buckets), make([]int, buckets)
	var ofKilled []time.Duration
	for i := range m.callers {
		c := &m.callers[i]
		slowest, counts := &t.SlowestOfOthers, t.OfOthers
		if c.ofKilled {
			slowest, counts = &t.SlowestOfKilled, t.OfKilled
		}
		*slowest = max(*slowest, c.slowest)
		for _, at := range c.succeeded {
			counts[min(int(at/Bucket), buckets-1)]++
		}
		if c.ofKilled {
			ofKilled = append(ofKilled, c.succeeded...)
		}
		t.Succeeded += len(c.succeeded)
		for text, count := range c.errors {
			t.Errors[text] += count
			t.Failed += count
		}
		value, err := m.client.IncrBy(ctx, c.key, 0)
		if err != nil {
			return err
		}
		t.Lost += max(0, c.acknowledged-int(value))
		t.Twice += max(0, int(value)-c.acknowledged-c.uncertain)
	}
	t.Resumed = endOfLongestGap(ofKilled)
	return nil
}

func endOfLongestGap(times []time.Duration) (end time.Duration) {
	slices.Sort(times)
	longest := time.Duration(0)
	for i := 1; i < len(times); i++ {
		if gap := times[i] - times[i-1]; gap > longest {
			longest, end = gap, times[i]
		}
	}
	return end
}
