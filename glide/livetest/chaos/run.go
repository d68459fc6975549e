package chaos

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

const (
	// user is whom clients log in as: its password changes.
	user = "app"
	// requestTimeout is the client's default, which applies to most calls.
	requestTimeout = 250 * time.Millisecond
	// overrun is by how much a call may exceed its deadline on an idle machine.
	overrun = 50 * time.Millisecond
	// slotCount is how many slots the writes go to.
	slotCount = 12
)

// A deployment is servers behind links.
type deployment interface {
	kind() harness.Kind
	nodes() []*glidetest.Server
	links() []*harness.Link // of each node
	// owner is the server that slots, or all keys, are written to.
	owner(slot int) (*glidetest.Server, error)
	// await waits until all servers are up and agree on who is what.
	await() error
}

// A run is a load, faults, and what is known of both.
type run struct {
	deployment
	tb       testing.TB
	seed     uint64
	begun    time.Time
	stalls   *testkit.Stalls
	losses   windows
	moves    windows
	breaks   windows
	overruns overruns

	calls, failed atomic.Int64
	// changes are the times at which faults of servers have begun and ended.
	changes atomic.Int64
	// patient is set when the faults are over: calls then have time enough for
	// a busy machine.
	patient atomic.Bool
	// refused is how many changes of the password the servers know of and the
	// clients do not.
	refused atomic.Int64

	mutex    sync.Mutex // guards what follows
	password string
	clients  []client
	injected map[string]int
	wrong    map[string]int
	later    []func()
}

func newRun(tb testing.TB, seed uint64, d deployment) *run {
	tb.Helper()
	return &run{
		deployment: d, tb: tb, seed: seed, begun: time.Now(), stalls: testkit.WatchStalls(tb),
		password: "first", injected: map[string]int{}, wrong: map[string]int{},
	}
}

// dice returns the random numbers of one part of a run.
func (r *run) dice(part uint64) *rand.Rand { return rand.New(rand.NewPCG(r.seed, part)) }

// now is the time since the run has begun.
func (r *run) now() time.Duration { return time.Since(r.begun) }

func (r *run) log(format string, args ...any) {
	r.tb.Logf("%9.3fs %s", r.now().Seconds(), fmt.Sprintf(format, args...))
}

// violation reports what must not be. Of what is reported again and again the
// first ones are printed; the kind says what is alike.
func (r *run) violation(kind, format string, args ...any) {
	r.mutex.Lock()
	r.wrong[kind]++
	n := r.wrong[kind]
	r.mutex.Unlock()
	if n <= 5 {
		r.tb.Errorf("%9.3fs %s: %s", r.now().Seconds(), kind, fmt.Sprintf(format, args...))
	}
}

// laterCheck checks something when all faults are over.
func (r *run) laterCheck(check func()) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	r.later = append(r.later, check)
}

// checkLater checks what had to wait.
func (r *run) checkLater() {
	for _, check := range r.later {
		check()
	}
}

// connect returns a client of the current password.
func (r *run) connect(config glide.ClusterConfig) (client, error) {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	config.Addresses = harness.AddressesOf(r.nodes()...)
	config.AddressMap = map[glide.Address]glide.Address{}
	for i, address := range config.Addresses {
		config.AddressMap[address] = harness.AddressOf(r.links()[i])
	}
	config.Credentials = glide.Credentials{Username: user, Password: r.password}
	ctx, cancel := context.WithTimeout(context.Background(), harness.Patience)
	defer cancel()
	connected, err := r.kind().New(ctx, config)
	if err != nil {
		return nil, err
	}
	r.clients = append(r.clients, connected.(client))
	return connected.(client), nil
}

// closeClients closes all clients.
func (r *run) closeClients() {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	for _, client := range r.clients {
		client.Close()
	}
	r.clients = nil
}

// limit returns a deadline for a call. 0 is the client's own.
func (r *run) limit(dice *rand.Rand) time.Duration {
	switch {
	case r.patient.Load():
		return 10 * time.Second
	case dice.IntN(4) > 0:
		return 0
	}
	return time.Duration(20+dice.IntN(1500)) * time.Millisecond
}

// call makes a call that ends at a limit, and checks that it does, and how.
func (r *run) call(what string, limit time.Duration, do func(ctx context.Context) error) error {
	if limit == 0 {
		return r.bounded(what, requestTimeout, func() error { return do(context.Background()) })
	}
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return r.bounded(what, limit, func() error { return do(ctx) })
}

func (r *run) bounded(what string, limit time.Duration, do func() error) error {
	refused := r.refused.Load() > 0
	begun := time.Now()
	err := do()
	r.overruns.add(what, begun, time.Now(), limit, err)
	r.calls.Add(1)
	if err != nil {
		r.failed.Add(1)
		r.judge(what, err, refused || r.refused.Load() > 0)
		r.checkPatience(what, limit, time.Since(begun), err)
	}
	return err
}

// judge checks that an error is one that the faults explain.
func (r *run) judge(what string, err error, refused bool) {
	if err == nil || harness.IsTransient(err) {
		return
	}
	var server *glide.ServerError
	if errors.As(err, &server) {
		switch server.Code {
		case "UNBLOCKED", "NOREPLICAS":
			return
		case "MOVED", "ASK":
			// A transaction on a dedicated connection stays with its node.
			if what == optimistic {
				return
			}
		case "WRONGPASS", "NOAUTH":
			if refused {
				return
			}
		}
	}
	if errors.Is(err, glide.ErrAuthentication) && refused {
		return
	}
	r.violation("an error that no fault explains", "%s: %v (%T)", what, err, err)
}

// checkPatience checks that what was not sent, or only reads, has been tried
// for as long as the call might take.
func (r *run) checkPatience(what string, limit, took time.Duration, err error) {
	again := errors.Is(err, glide.ErrUnreachable) || isRead[what] && errors.Is(err, glide.ErrConnectionLost)
	if !again || errors.Is(err, glide.ErrTimeout) || took > limit*9/10-20*time.Millisecond {
		return
	}
	r.violation("a call is given up too early", "%s after %v of %v: %v", what, took, limit, err)
}

// isRead has the calls that only read.
var isRead = map[string]bool{"reads from primaries": true, "reads from replicas": true, "scan": true}

// An outcome is what a caller knows of a write.
type outcome uint8

const (
	pending outcome = iota
	// acknowledged has run.
	acknowledged
	// uncertain may have run.
	uncertain
	// unsent has not run.
	unsent
)

// outcomeOf returns what an error says of a write.
func outcomeOf(err error) outcome {
	var server *glide.ServerError
	switch {
	case err == nil:
		return acknowledged
	case glide.SafeToRetry(err):
		return unsent
	case errors.As(err, &server) && !harness.IsLost(err):
		return unsent // the server has refused it
	}
	return uncertain
}

// windows are times in which something is explained, for slots. In those of
// losses the servers may lose what they have acknowledged. In those of moves a
// slot gets another owner: messages that were published at the one and at the
// other may overtake one another on their way through the cluster. In those of
// breaks, all under slot 0, connections break.
type windows struct {
	mutex sync.Mutex
	times map[int][][2]time.Duration // by slot
}

func (w *windows) add(slots []int, from, to time.Duration) {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	if w.times == nil {
		w.times = map[int][][2]time.Duration{}
	}
	for _, slot := range slots {
		w.times[slot] = append(w.times[slot], [2]time.Duration{from, to})
	}
}

// explain reports whether what happened at a time is explained.
func (w *windows) explain(slot int, at time.Duration) bool {
	w.mutex.Lock()
	defer w.mutex.Unlock()
	return slices.ContainsFunc(w.times[slot], func(t [2]time.Duration) bool { return t[0] <= at && at <= t[1] })
}

// overruns are calls that took longer than they might.
type overruns struct {
	mutex sync.Mutex
	late  []lateCall
}

type lateCall struct {
	what         string
	begun, ended time.Time
	limit        time.Duration
	err          error
}

func (o *overruns) add(what string, begun, ended time.Time, limit time.Duration, err error) {
	if ended.Sub(begun) <= limit+overrun {
		return
	}
	o.mutex.Lock()
	defer o.mutex.Unlock()
	o.late = append(o.late, lateCall{what, begun, ended, limit, err})
}

// check checks that each call that was late was kept from its turn just then.
// Calls that end within a second are reported together.
func (o *overruns) check(r *run) {
	o.mutex.Lock()
	defer o.mutex.Unlock()
	together := map[int][]string{}
	for _, c := range o.late {
		due := c.begun.Add(c.limit)
		// A call ends by several goroutines and threads, each of which may have
		// to wait for its turn.
		longest, sum := r.stalls.Between(due.Add(-20*time.Millisecond), c.ended.Add(20*time.Millisecond))
		if late := c.ended.Sub(due); late > overrun+max(2*longest, sum) {
			second := int(c.ended.Sub(r.begun).Seconds())
			together[second] = append(together[second], fmt.Sprintf("%s at %.3fs, due after %v, is late by %v; the longest stall meanwhile was %v, all were %v: %v",
				c.what, c.begun.Sub(r.begun).Seconds(), c.limit, late.Round(time.Microsecond), longest, sum, c.err))
		}
	}
	for _, second := range slices.Sorted(maps.Keys(together)) {
		calls := together[second]
		r.violation("a call exceeds its deadline", "%d calls that end in second %d:\n%s", len(calls), second, strings.Join(calls[:min(12, len(calls))], "\n"))
	}
	r.log("%d calls were late by more than %v; the longest stall of this process was %v", len(o.late), overrun, r.stalls.Longest())
}

// summary is what has been injected and done.
func (r *run) summary() string {
	r.mutex.Lock()
	defer r.mutex.Unlock()
	text, sum := "", 0
	for _, name := range slices.Sorted(maps.Keys(r.injected)) {
		text += fmt.Sprintf("\n  %4d %s", r.injected[name], name)
		sum += r.injected[name]
	}
	return fmt.Sprintf("seed %d: %d calls of which %d failed, %d faults:%s", r.seed, r.calls.Load(), r.failed.Load(), sum, text)
}
