package libraries

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/bsm/redislock"
	"github.com/hibiken/asynq"
	"github.com/redis/go-redis/v9"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/glidegoredis"
)

// A connOpt has asynq make its clients of go-redis on a client of package glide. Each
// part of asynq makes its own, and closes it.
type connOpt struct{ client glidegoredis.Client }

func (o connOpt) MakeRedisClient() any { return open(o.client) }

// silent is a logger that writes nothing: lost connections are logged.
type silent struct{}

func (silent) Debug(...any) {}
func (silent) Info(...any)  {}
func (silent) Warn(...any)  {}
func (silent) Error(...any) {}
func (silent) Fatal(...any) {}

// work starts a server of asynq that looks for tasks often, and ends it with the test.
func work(t *testing.T, on asynq.RedisConnOpt, concurrency int, queues map[string]int, handle asynq.HandlerFunc) *asynq.Server {
	t.Helper()
	server := asynq.NewServer(on, asynq.Config{
		Concurrency: concurrency, Queues: queues, Logger: silent{}, ShutdownTimeout: patience,
		TaskCheckInterval: 10 * time.Millisecond, DelayedTaskCheckInterval: 50 * time.Millisecond,
		RetryDelayFunc:   func(int, error, *asynq.Task) time.Duration { return 0 },
		GroupGracePeriod: time.Second, GroupMaxSize: 3,
		GroupAggregator: asynq.GroupAggregatorFunc(func(group string, tasks []*asynq.Task) *asynq.Task {
			return asynq.NewTask("group", []byte(group+strconv.Itoa(len(tasks))))
		}),
	})
	require.NoError(t, server.Start(handle))
	t.Cleanup(server.Shutdown)
	return server
}

// A journal is what was run.
type journal struct {
	mu  sync.Mutex
	ran map[string]int
}

func (j *journal) add(what string) (total int) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.ran == nil {
		j.ran = map[string]int{}
	}
	j.ran[what]++
	return len(j.ran)
}

func (j *journal) times(what string) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.ran[what]
}

// A bench has the parts of asynq on a target, and names of queues.
type bench struct {
	client         *asynq.Client
	inspector      *asynq.Inspector
	queue, another string
}

func newBench(t *testing.T, on *target) *bench {
	t.Helper()
	b := &bench{asynq.NewClient(connOpt{on.client}), asynq.NewInspector(connOpt{on.client}), name(t, "one"), name(t, "two")}
	t.Cleanup(func() {
		require.NoError(t, b.client.Close())
		require.NoError(t, b.inspector.Close())
	})
	return b
}

func (b *bench) queues() map[string]int { return map[string]int{b.queue: 2, b.another: 1} }

func (b *bench) enqueue(t *testing.T, kind, payload string, options ...asynq.Option) *asynq.TaskInfo {
	t.Helper()
	info, err := b.client.EnqueueContext(t.Context(), asynq.NewTask(kind, []byte(payload)), append([]asynq.Option{asynq.Queue(b.queue)}, options...)...)
	require.NoError(t, err)
	return info
}

func (b *bench) info(t *testing.T, queue string) *asynq.QueueInfo {
	t.Helper()
	info, err := b.inspector.GetQueueInfo(queue)
	require.NoError(t, err)
	return info
}

// eventually waits until a condition holds that calls libraries.
func eventually(t *testing.T, condition func(c *assert.CollectT)) {
	t.Helper()
	require.EventuallyWithT(t, condition, patience, 10*time.Millisecond)
}

func TestAsynqTasks(t *testing.T) {
	each(t, func(t *testing.T, on *target) {
		b, done := newBench(t, on), &journal{}
		errPlanned := errors.New("planned")
		started, canceled := make(chan struct{}), make(chan error, 1)
		work(t, connOpt{on.client}, 10, b.queues(), func(ctx context.Context, task *asynq.Task) error {
			payload := string(task.Payload())
			done.add(task.Type() + " " + payload)
			retried, _ := asynq.GetRetryCount(ctx)
			switch task.Type() {
			case "flaky":
				if retried < 2 {
					return errPlanned
				}
			case "broken":
				if done.times("broken "+payload) < 3 {
					return errPlanned
				}
			case "result":
				_, err := task.ResultWriter().Write([]byte("result of " + payload))
				return err
			case "endless":
				close(started)
				<-ctx.Done()
				canceled <- ctx.Err()
				return asynq.SkipRetry
			}
			return nil
		})

		for i := range 50 {
			b.enqueue(t, "plain", fmt.Sprint(i))
			b.enqueue(t, "plain", fmt.Sprint(50+i), asynq.Queue(b.another))
		}
		b.enqueue(t, "flaky", "a", asynq.MaxRetry(5))
		broken := b.enqueue(t, "broken", "a", asynq.MaxRetry(1))
		later := b.enqueue(t, "later", "a", asynq.ProcessIn(time.Hour))
		soon := b.enqueue(t, "soon", "a", asynq.ProcessIn(time.Second))
		require.Equal(t, asynq.TaskStateScheduled, soon.State)
		result := b.enqueue(t, "result", "a", asynq.Retention(time.Hour))
		for range 3 {
			b.enqueue(t, "grouped", "a", asynq.Group("news"))
		}
		_, err := b.client.Enqueue(asynq.NewTask("later", []byte("b")), asynq.Queue(b.queue), asynq.TaskID(later.ID))
		require.ErrorIs(t, err, asynq.ErrTaskIDConflict)
		b.enqueue(t, "unique", "a", asynq.Unique(time.Hour), asynq.ProcessIn(time.Hour))
		_, err = b.client.Enqueue(asynq.NewTask("unique", []byte("a")), asynq.Queue(b.queue), asynq.Unique(time.Hour))
		require.ErrorIs(t, err, asynq.ErrDuplicateTask)
		endless := b.enqueue(t, "endless", "a", asynq.Timeout(0), asynq.Deadline(time.Now().Add(time.Hour)))

		<-started
		// The message is published to all servers that have subscribed.
		eventually(t, func(c *assert.CollectT) {
			assert.NoError(c, b.inspector.CancelProcessing(endless.ID))
			assert.NotEmpty(c, canceled)
		})
		require.ErrorIs(t, <-canceled, context.Canceled)

		eventually(t, func(c *assert.CollectT) {
			for i := range 100 {
				assert.Equal(c, 1, done.times(fmt.Sprint("plain ", i)))
			}
			assert.Equal(c, 3, done.times("flaky a"))
			assert.Equal(c, 2, done.times("broken a"))
			assert.Equal(c, 1, done.times("soon a"))
			// Asynq has aggregated them as they came.
			assert.Equal(c, 3, done.times("group news1")+2*done.times("group news2")+3*done.times("group news3"))
			info, err := b.inspector.GetTaskInfo(b.queue, result.ID)
			if assert.NoError(c, err) {
				assert.Equal(c, "result of a", string(info.Result))
				assert.Equal(c, asynq.TaskStateCompleted, info.State)
			}
			info, err = b.inspector.GetTaskInfo(b.queue, broken.ID)
			if assert.NoError(c, err) {
				assert.Equal(c, asynq.TaskStateArchived, info.State)
				assert.Equal(c, errPlanned.Error(), info.LastErr)
			}
		})
		inspect(t, on, b, done, later.ID, broken.ID)
	})
}

// inspect looks at queues and changes them, after the tasks of TestAsynqTasks have run.
func inspect(t *testing.T, on *target, b *bench, done *journal, later, broken string) {
	t.Helper()
	eventually(t, func(c *assert.CollectT) {
		info, err := b.inspector.GetQueueInfo(b.queue)
		if assert.NoError(c, err) {
			// What was canceled and what is broken.
			assert.Equal(c, []int{2, 2, 1, 0}, []int{info.Scheduled, info.Archived, info.Completed, info.Active})
		}
		info, err = b.inspector.GetQueueInfo(b.another)
		if assert.NoError(c, err) {
			assert.Equal(c, []int{50, 0}, []int{info.Processed, info.Size})
		}
	})
	scheduled, err := b.inspector.ListScheduledTasks(b.queue)
	require.NoError(t, err)
	require.Len(t, scheduled, 2)
	require.NoError(t, b.inspector.PauseQueue(b.queue))
	require.True(t, b.info(t, b.queue).Paused)
	require.NoError(t, b.inspector.UnpauseQueue(b.queue))
	require.NoError(t, b.inspector.RunTask(b.queue, later))
	require.NoError(t, b.inspector.RunTask(b.queue, broken))
	eventually(t, func(c *assert.CollectT) {
		assert.Equal(c, 1, done.times("later a"))
		assert.Equal(c, 3, done.times("broken a"), "it succeeds this time")
	})
	queues, err := b.inspector.Queues()
	require.NoError(t, err)
	require.Subset(t, queues, []string{b.queue, b.another})
	history, err := b.inspector.History(b.queue, 2)
	require.NoError(t, err)
	processed := 0
	for _, day := range history {
		processed += day.Processed
	}
	require.GreaterOrEqual(t, processed, 50)
	running, err := b.inspector.Servers()
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(running, func(info *asynq.ServerInfo) bool { return info.Queues[b.queue] == 2 && info.Concurrency == 10 }))
	if on.cluster != nil {
		nodes, err := b.inspector.ClusterNodes(b.queue)
		require.NoError(t, err)
		owner, err := on.cluster.NodeForKey("asynq:{" + b.queue + "}:pending")
		require.NoError(t, err)
		require.Equal(t, owner.NodeID(), nodes[0].ID)
	}
	n, err := b.inspector.DeleteAllArchivedTasks(b.queue)
	require.NoError(t, err)
	require.Equal(t, 1, n)
	require.NoError(t, b.inspector.DeleteQueue(b.queue, true))
	require.NoError(t, b.inspector.DeleteQueue(b.another, false))
	_, err = b.inspector.GetQueueInfo(b.queue)
	require.ErrorContains(t, err, "does not exist")
}

func TestAsynqScheduler(t *testing.T) {
	each(t, func(t *testing.T, on *target) {
		b, done := newBench(t, on), &journal{}
		work(t, connOpt{on.client}, 2, b.queues(), func(_ context.Context, task *asynq.Task) error {
			done.add(task.Type())
			return nil
		})
		scheduler := asynq.NewScheduler(connOpt{on.client}, &asynq.SchedulerOpts{Logger: silent{}, HeartbeatInterval: 20 * time.Millisecond})
		entry, err := scheduler.Register("@every 1s", asynq.NewTask("periodic", nil), asynq.Queue(b.queue))
		require.NoError(t, err)
		require.NoError(t, scheduler.Start())
		eventually(t, func(c *assert.CollectT) {
			assert.Positive(c, done.times("periodic"))
			entries, err := b.inspector.SchedulerEntries()
			assert.NoError(c, err)
			assert.True(c, slices.ContainsFunc(entries, func(e *asynq.SchedulerEntry) bool { return e.ID == entry }))
			events, err := b.inspector.ListSchedulerEnqueueEvents(entry)
			assert.NoError(c, err)
			assert.NotEmpty(c, events)
		})
		scheduler.Shutdown()
		entries, err := b.inspector.SchedulerEntries()
		require.NoError(t, err)
		require.Empty(t, entries)
	})
}

// However many workers there are, they share the client's connections.
func TestAsynqWorkersShareConnections(t *testing.T) {
	const workers = 100
	each(t, func(t *testing.T, on *target) {
		shared := connectionsOf(t, on, connOpt{on.client}, workers)
		t.Logf("with %d workers: %d connections", workers, shared)
		// Commands and subscriptions have a connection to each node.
		require.LessOrEqual(t, shared, 2*len(on.nodes))
		if on.cluster == nil {
			own := connectionsOf(t, on, asynq.RedisClientOpt{Addr: on.nodes[0].Addr()}, workers)
			t.Logf("with go-redis's own connections: %d", own)
			require.Greater(t, own, 2*shared)
		}
	})
}

// connectionsOf returns how many connections there are when all workers run a task and
// have written its result at once.
func connectionsOf(t *testing.T, on *target, options asynq.RedisConnOpt, workers int) (connections int) {
	t.Helper()
	client := asynq.NewClient(options)
	defer client.Close()
	queue := name(t, fmt.Sprintf("%T", options))
	for range workers {
		_, err := client.Enqueue(asynq.NewTask("task", nil), asynq.Queue(queue))
		require.NoError(t, err)
	}
	var running, written sync.WaitGroup
	running.Add(workers)
	written.Add(workers)
	counted := make(chan struct{})
	var handled atomic.Int64
	server := work(t, options, workers, map[string]int{queue: 1}, func(_ context.Context, task *asynq.Task) error {
		if handled.Add(1) > int64(workers) {
			return nil
		}
		running.Done()
		running.Wait()
		_, err := task.ResultWriter().Write([]byte("result"))
		written.Done()
		<-counted
		return err
	})
	written.Wait()
	for _, node := range on.nodes {
		list, err := connectionsTo(node)
		require.NoError(t, err)
		connections += len(list)
	}
	close(counted)
	server.Shutdown()
	return connections
}

// All tasks run although connections are lost and nodes fail over.
func TestAsynqFinishesAllTasks(t *testing.T) {
	kill := func(t *testing.T, on *target, _ string) {
		killed, err := on.killConnections()
		if err != nil || killed == 0 {
			t.Errorf("%d connections were killed: %v", killed, err)
		}
	}
	failover := func(t *testing.T, on *target, key string) {
		owner, err := on.cluster.NodeForKey(key)
		if err == nil {
			_, err = on.cluster.Failover(owner)
		}
		if err != nil {
			t.Error(err)
		}
	}
	t.Run("standalone/kill", func(t *testing.T) { finishAll(t, connect(t, "standalone"), 8, kill) })
	t.Run("cluster/kill", func(t *testing.T) { finishAll(t, connect(t, "cluster"), 8, kill) })
	// A third one would have to wait: primaries vote once per primary and time.
	t.Run("cluster/failover", func(t *testing.T) { finishAll(t, connect(t, "cluster"), 2, failover) })
}

// finishAll has 200 tasks run, and a fault happen several times meanwhile.
func finishAll(t *testing.T, on *target, faults int, fault func(t *testing.T, on *target, key string)) {
	const tasks = 200
	b, done := newBench(t, on), &journal{}
	for i := range tasks {
		b.enqueue(t, "task", fmt.Sprint(i), asynq.MaxRetry(1000))
	}
	var mu sync.Mutex
	var begun int
	var running sync.WaitGroup
	handle := func(_ context.Context, task *asynq.Task) error {
		stage := done.add(string(task.Payload())) * (faults + 1) / tasks
		mu.Lock()
		defer mu.Unlock()
		if begun < min(stage, faults) {
			begun++
			running.Wait() // for the last fault: tasks begin before it and end after it
			running.Go(func() { fault(t, on, "asynq:{"+b.queue+"}:pending") })
		}
		return nil
	}
	server := work(t, connOpt{on.client}, 10, b.queues(), handle)
	eventually(t, func(c *assert.CollectT) {
		info, err := b.inspector.GetQueueInfo(b.queue)
		if assert.NoError(c, err) {
			assert.Zero(c, info.Pending+info.Scheduled+info.Retry)
		}
	})
	server.Shutdown()
	running.Wait()
	require.Equal(t, faults, begun)

	// A worker has taken a task without knowing it if the reply was lost. Asynq hands it
	// to another worker 30 seconds after its lease has expired: the test has it expire.
	lost := b.info(t, b.queue).Active
	expireLeases(t, on, b.queue)
	work(t, connOpt{on.client}, 10, b.queues(), handle)
	eventually(t, func(c *assert.CollectT) {
		info, err := b.inspector.GetQueueInfo(b.queue)
		if assert.NoError(c, err) {
			assert.Zero(c, info.Size)
		}
	})
	again := 0
	for i := range tasks {
		times := done.times(fmt.Sprint(i))
		require.Positive(t, times, "task %d has not run", i)
		again += times - 1
	}
	t.Logf("%d tasks were taken and lost, %d ran again; %d reconnects", lost, again, on.client.Stats().Reconnects)
}

// expireLeases sets the expiry of the leases of all active tasks to a time long ago.
func expireLeases(t *testing.T, on *target, queue string) {
	t.Helper()
	ctx, key := t.Context(), "asynq:{"+queue+"}:lease"
	for _, id := range on.rdb.ZRange(ctx, key, 0, -1).Val() {
		require.NoError(t, on.rdb.ZAddXX(ctx, key, redis.Z{Score: 1, Member: id}).Err())
	}
}

// What is enqueued with a context ends with it.
func TestAsynqEndsWithItsContext(t *testing.T) {
	each(t, func(t *testing.T, on *target) {
		b := newBench(t, on)
		b.enqueue(t, "task", "a")
		resume := on.pauseWrites(t)
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		_, err := b.client.EnqueueContext(ctx, asynq.NewTask("task", nil), asynq.Queue(b.queue))
		require.Error(t, err)
		require.Regexp(t, "i/o timeout|deadline exceeded", err.Error(), "asynq keeps the text only")
		resume()
		require.NoError(t, b.client.Ping())
	})
}

// A client that is closed first ends what runs on it: calls fail, and asynq shuts down.
func TestAsynqWhenTheClientIsClosed(t *testing.T) {
	each(t, func(t *testing.T, on *target) {
		b, started := newBench(t, on), make(chan struct{})
		server := work(t, connOpt{on.client}, 10, b.queues(), func(context.Context, *asynq.Task) error {
			close(started)
			return nil
		})
		b.enqueue(t, "task", "a")
		<-started
		require.NoError(t, on.client.Close())
		_, err := b.client.EnqueueContext(t.Context(), asynq.NewTask("task", nil), asynq.Queue(b.queue))
		require.ErrorContains(t, err, "closed")
		_, err = redislock.Obtain(t.Context(), on.rdb, name(t, "lock"), ttl, nil)
		require.ErrorIs(t, err, net.ErrClosed)
		server.Shutdown()
	})
}
