package chaos

import (
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
)

// A witness is told of violations in place of the test.
type witness struct {
	testing.TB
	mutex    sync.Mutex
	reported []string
}

func (w *witness) Errorf(format string, args ...any) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	w.reported = append(w.reported, fmt.Sprintf(format, args...))
}

func (w *witness) requireReported(t *testing.T, violation string) {
	t.Helper()
	w.mutex.Lock()
	defer w.mutex.Unlock()
	require.NotEmpty(t, w.reported, "nothing is reported")
	for _, text := range w.reported {
		require.Contains(t, text, violation)
	}
}

// The only way in which this client runs a write twice is one that has to be
// asked for.
func TestWritesThatRunTwiceAreNoticed(t *testing.T) {
	c := startCluster(t)
	seen := &witness{TB: t}
	r := newRun(seen, chosenSeed(), c)
	client, err := r.connect(glide.ClusterConfig{})
	require.NoError(t, err)
	t.Cleanup(r.closeClients)
	pipelines := &increments{run: r, client: client, options: []glide.ExecOption{glide.RetryConnectionErrors}}
	load := startLoad(r, []workload{pipelines})
	t.Cleanup(load.end)
	repliesLost := kind{"lose replies, then connections", loseReplies}
	r.injectAll(5*time.Second, sequence{kinds: []kind{repliesLost}, dice: r.dice(1), pause: 50 * time.Millisecond})
	load.end()
	require.NoError(t, pipelines.check())
	seen.requireReported(t, "an increment ran more than once")
}

func TestViolationsAreNoticed(t *testing.T) {
	lost := []int{slotOf(0)}
	second := func(n int) time.Duration { return time.Duration(n) * time.Second }
	for name, test := range map[string]struct {
		violation string // none if empty
		check     func(r *run)
	}{
		"an increment that is gone": {"an acknowledged increment is lost", func(r *run) {
			(&increments{run: r}).checkEntry(0, 0, entry{at: second(9), outcome: acknowledged}, 0, map[string]int{})
		}},
		"an increment that a promotion has undone": {"", func(r *run) {
			(&increments{run: r}).checkEntry(0, 0, entry{at: second(2), outcome: acknowledged}, 0, map[string]int{})
		}},
		"an increment that ran in spite of its error": {"although the error says it did not", func(r *run) {
			(&increments{run: r}).checkEntry(0, 0, entry{at: second(2), outcome: unsent}, 1, map[string]int{})
		}},
		"an increment that ran twice in a promotion": {"an increment ran more than once", func(r *run) {
			(&increments{run: r}).checkEntry(0, 0, entry{at: second(2), outcome: uncertain}, 2, map[string]int{})
		}},
		"a value that was returned twice": {"an update is lost", func(r *run) {
			w := newTransactions(r, nil, false)
			w.enter(1, 7)
			w.enter(1, 7)
			r.checkLater()
		}},
		"messages in order, but one that may have been sent": {"", func(r *run) {
			(&channel{published: []outcome{acknowledged, uncertain, acknowledged}, arrived: []arrival{{0, 1}, {2, 2}, {1, 3}}}).check(r)
		}},
		"messages out of order": {"a message arrives after a later one", func(r *run) {
			(&channel{published: []outcome{acknowledged, acknowledged}, arrived: []arrival{{1, 1}, {0, 2}}}).check(r)
		}},
		"a message that arrives twice": {"a message arrives twice", func(r *run) {
			(&channel{published: []outcome{uncertain}, arrived: []arrival{{0, 1}, {0, 2}}}).check(r)
		}},
		"a message that arrives twice when another node has its slot": {"", func(r *run) {
			r.moves.add(lost, second(1), second(3))
			(&channel{slot: slotOf(0), published: []outcome{acknowledged}, arrived: []arrival{{0, second(2)}, {0, second(2)}}}).check(r)
		}},
		"a message that arrives twice when a connection breaks": {"", func(r *run) {
			r.breaks.add([]int{0}, second(1), second(3))
			(&channel{published: []outcome{acknowledged}, arrived: []arrival{{0, second(2)}, {0, second(2) + busDelay}}}).check(r)
		}},
		"a message that arrives twice long after a connection broke": {"a message arrives twice", func(r *run) {
			r.breaks.add([]int{0}, second(1), second(3))
			(&channel{published: []outcome{acknowledged}, arrived: []arrival{{0, second(4)}, {0, second(4) + 1}}}).check(r)
		}},
		"a sharded message that arrives twice when a connection breaks": {"a message arrives twice", func(r *run) {
			r.breaks.add([]int{0}, second(1), second(3))
			(&channel{sharded: true, published: []outcome{acknowledged}, arrived: []arrival{{0, second(2)}, {0, second(2) + 1}}}).check(r)
		}},
		"a read that is given up too early": {"a call is given up too early", func(r *run) {
			r.checkPatience("scan", time.Second, 100*time.Millisecond, glide.ErrConnectionLost)
		}},
		"a write that is given up when its connection is lost": {"", func(r *run) {
			r.checkPatience("push", time.Second, 100*time.Millisecond, glide.ErrConnectionLost)
		}},
		"an error without a reason": {"an error that no fault explains", func(r *run) {
			r.judge("call", &glide.ServerError{Command: "GET", Code: "WRONGTYPE"}, false)
		}},
		"a refused password that nobody has changed": {"an error that no fault explains", func(r *run) {
			r.judge("call", &glide.ServerError{Command: "GET", Code: "WRONGPASS"}, false)
		}},
		"a closed client": {"an error that no fault explains", func(r *run) { r.judge("call", glide.ErrClosed, false) }},
		"a call that is late": {"a call exceeds its deadline", func(r *run) {
			begun := time.Now().Add(-time.Hour) // when there was no stall
			r.overruns.add("call", begun, begun.Add(311*time.Millisecond), 250*time.Millisecond, errors.New("late"))
			r.overruns.check(r)
		}},
		"a call that is a little late": {"", func(r *run) {
			begun := time.Now().Add(-time.Hour)
			r.overruns.add("call", begun, begun.Add(299*time.Millisecond), 250*time.Millisecond, errors.New("late"))
			r.overruns.check(r)
		}},
	} {
		t.Run(name, func(t *testing.T) {
			seen := &witness{TB: t}
			r := newRun(seen, 1, &cluster{})
			r.losses.add(lost, second(1), second(3))
			test.check(r)
			if test.violation == "" {
				require.Empty(t, seen.reported)
				return
			}
			seen.requireReported(t, test.violation)
		})
	}
}
