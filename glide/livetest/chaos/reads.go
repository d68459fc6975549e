package chaos

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// constants is how many keys there are that never change.
const constants = 1500

// constant is the n-th of them. Each is its own value. Some are of the slots
// that move.
func constant(n int) string {
	if n%3 == 0 {
		return keyIn(n%slotCount, fmt.Sprint("constant", n))
	}
	return fmt.Sprint("constant", n)
}

// writeConstants writes them, and waits until replicas have them.
func (r *run) writeConstants() error {
	client, err := r.connect(glide.ClusterConfig{RequestTimeout: harness.Patience})
	if err != nil {
		return err
	}
	defer r.closeClients()
	for n := 0; n < constants; n += 100 {
		pipeline := glide.NewPipeline()
		for i := n; i < n+100; i++ {
			pipeline.Set(constant(i), constant(i))
		}
		results, err := client.Exec(context.Background(), pipeline)
		for i := range results.Len() {
			err = errors.Join(err, results.Err(i))
		}
		if err != nil {
			return err
		}
	}
	if err := r.await(); err != nil {
		return err
	}
	return r.awaitReplicated()
}

// awaitReplicated waits until replicas have what their primaries have now.
func (r *run) awaitReplicated() error {
	written, missing := map[string]int64{}, "" // of each primary, by its port
	for begun := time.Now(); time.Since(begun) < time.Minute; time.Sleep(10 * time.Millisecond) {
		missing = ""
		for _, node := range r.nodes() {
			info, err := node.Command("INFO", "replication")
			if err != nil {
				return err
			}
			fields := fieldsOf(info)
			if port := strconv.Itoa(node.Port()); fields["role"] == "master" && written[port] == 0 {
				written[port], _ = strconv.ParseInt(fields["master_repl_offset"], 10, 64)
			}
			offset, _ := strconv.ParseInt(fields["slave_repl_offset"], 10, 64)
			primary := written[fields["master_port"]]
			if fields["role"] == "slave" && (primary == 0 || offset < primary) {
				missing = fmt.Sprintf("%v has %d of %d bytes", node, offset, primary)
			}
		}
		if missing == "" {
			return nil
		}
	}
	return errors.New("replicas do not have what was written: " + missing)
}

// fieldsOf returns the fields of a reply of INFO.
func fieldsOf(info any) map[string]string {
	fields := map[string]string{}
	text, _ := info.(string)
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), ":")
		fields[name] = value
	}
	return fields
}

// reads reads constants: one or many at a time, from primaries or replicas.
type reads struct {
	run    *run
	client client
	from   string
}

func (w *reads) name() string { return "reads from " + w.from }

func (w *reads) callers() int { return 6 }

func (w *reads) call(c *caller) error {
	keys := make([]string, 1)
	if c.number%2 == 0 {
		keys = make([]string, 2+c.dice.IntN(60))
	}
	for i := range keys {
		keys[i] = constant(c.dice.IntN(constants))
	}
	var values []glide.Optional[string]
	err := w.run.call(w.name(), w.run.limit(c.dice), func(ctx context.Context) (err error) {
		if len(keys) > 1 {
			values, err = w.client.MGet(ctx, keys...)
			return err
		}
		values = make([]glide.Optional[string], 1)
		values[0], err = w.client.Get(ctx, keys[0])
		return err
	})
	if err != nil {
		return err
	}
	for i, value := range values {
		if value.Value() != keys[i] {
			w.run.violation("a read returns what was never written", "%q of %q, %d of %d", value.Value(), keys[i], i, len(keys))
		}
	}
	return nil
}

func (w *reads) check() error { return nil }

// scans goes over all keys. What is there all the while has to be among them.
type scans struct {
	run    *run
	client client
	passes passes
}

type passes struct{ complete, abandoned int }

func (w *scans) name() string { return "scans" }

func (w *scans) callers() int { return 1 }

// A pass is one scan.
type pass struct {
	cluster glide.ClusterScanCursor
	cursor  string
	// changes were there when it began, at a primary.
	changes int64
	seen    map[string]bool
}

// call gets one page.
func (w *scans) call(c *caller) error {
	p, _ := c.state.(*pass)
	if p == nil {
		p = &pass{cursor: glide.ScanStart, changes: w.run.changes.Load(), seen: map[string]bool{}}
		if ok, err := w.mayBegin(p, w.run.limit(c.dice)); err != nil || !ok {
			return err
		}
		c.state = p
	}
	keys, finished, err := w.next(p, w.run.limit(c.dice), int64(20+c.dice.IntN(200)))
	if err != nil {
		return err // the same page comes next
	}
	for _, key := range keys {
		if strings.Contains(key, "constant") {
			p.seen[key] = true
		}
	}
	if !finished {
		return nil
	}
	c.state = nil
	if w.run.kind() == harness.Standalone && w.run.changes.Load() != p.changes {
		w.passes.abandoned++ // the cursor may have been another server's
		return nil
	}
	w.passes.complete++
	if len(p.seen) < constants {
		w.run.violation("a scan is incomplete", "it returns %d of %d keys", len(p.seen), constants)
	}
	return nil
}

// mayBegin reports whether a scan may begin. A standalone server's cursors are
// its own, so it begins when there is no fault and the client is at the primary:
// it stays there until the next fault.
func (w *scans) mayBegin(p *pass, limit time.Duration) (is bool, err error) {
	if w.run.kind() == harness.Cluster {
		return true, nil
	}
	if p.changes%2 == 1 {
		return false, nil
	}
	err = w.run.call("role", limit, func(ctx context.Context) error {
		reply, err := w.client.Do(ctx, "ROLE")
		role, _ := reply.([]any)
		is = len(role) > 0 && role[0] == "master"
		return err
	})
	return is, err
}

func (w *scans) next(p *pass, limit time.Duration, count int64) (keys []string, finished bool, err error) {
	err = w.run.call("scan", limit, func(ctx context.Context) error {
		if cluster, ok := w.client.(*glide.ClusterClient); ok {
			page, err := cluster.ScanPrimaries(ctx, p.cluster, glide.Count(count))
			if err == nil {
				p.cluster, keys, finished = page.Cursor, page.Keys, page.Cursor.Finished()
			}
			return err
		}
		page, err := w.client.(*glide.Client).Scan(ctx, p.cursor, glide.Count(count))
		if err == nil {
			p.cursor, keys, finished = page.Cursor, page.Items, page.Last()
		}
		return err
	})
	return keys, finished, err
}

func (w *scans) check() error {
	w.run.log("scans: %d complete, %d abandoned", w.passes.complete, w.passes.abandoned)
	if w.passes.complete == 0 {
		return errors.New("no scan has ended")
	}
	return nil
}
