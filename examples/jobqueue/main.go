// Jobqueue hands jobs to workers so that none is lost: a job that is being done is in
// a second list, from which it is put back if its worker dies. So each is done at least once.
//
// Commands: RPUSH, BLMOVE, LMOVE, MULTI with LREM and RPUSH, EXEC.
//
//	go run ./jobqueue
//
// It connects to VALKEY_URL: by default valkey://localhost:6379, for a cluster valkey-cluster://host:7000.
//
// Output:
//
//	done: [1 2 3 4]
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/valkey-glide/go/glide"
)

// Queue is a queue of jobs. Its keys are in one slot, because of the braces.
type Queue struct {
	Client glide.UniversalClient
	Name   string
}

func (q Queue) waiting() string              { return "{" + q.Name + "}:waiting" }
func (q Queue) working(worker string) string { return "{" + q.Name + "}:working:" + worker }

// Work does jobs until the context ends. A job that fails goes to the end of the queue.
// It goes on after a failover. Each worker needs a name that no other has.
func (q Queue) Work(ctx context.Context, worker string, do func(job string) error) error {
	for {
		err := q.work(ctx, worker, do)
		lost := errors.Is(err, glide.ErrConnectionLost) || errors.Is(err, glide.ErrTimeout) ||
			errors.Is(err, glide.ErrUnreachable) || glide.Code(err) == "UNBLOCKED" // it is a replica now
		if ctx.Err() != nil || !lost {
			return err
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func (q Queue) work(ctx context.Context, worker string, do func(job string) error) error {
	// The server may have taken a job for this worker when the connection was lost.
	if err := q.Recover(ctx, worker); err != nil {
		return err
	}
	for {
		next, err := q.Client.BLMove(ctx, 0, q.waiting(), q.working(worker), glide.Left, glide.Right)
		if err != nil {
			return err
		}
		job := next.Value()
		end := glide.NewTransaction().LRem(q.working(worker), 1, job)
		if do(job) != nil {
			end.RPush(q.waiting(), job)
		}
		// What is done is done, also if the context has ended meanwhile.
		if _, err := q.Client.Exec(context.WithoutCancel(ctx), end, glide.FailOnError); err != nil {
			return err
		}
	}
}

// Recover puts back the jobs of a worker that has died or starts again.
func (q Queue) Recover(ctx context.Context, worker string) error {
	for {
		job, err := q.Client.LMove(ctx, q.working(worker), q.waiting(), glide.Right, glide.Left)
		if err != nil || job.IsNil() {
			return err
		}
	}
}

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	client, err := glide.Open(ctx, cmp.Or(os.Getenv("VALKEY_URL"), "valkey://localhost:6379"))
	if err != nil {
		return err
	}
	defer client.Close()

	queue := Queue{client, "example:jobs"}
	jobs := glide.NewPipeline().RPush(queue.working("dead"), "1").RPush(queue.waiting(), "2", "3", "4")
	if _, err := client.Exec(ctx, jobs, glide.FailOnError); err != nil {
		return err
	}
	if err := queue.Recover(ctx, "dead"); err != nil {
		return err
	}
	working, stop := context.WithCancel(ctx)
	var done []string
	err = queue.Work(working, "one", func(job string) error {
		done = append(done, job)
		if len(done) == 4 {
			stop()
		}
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		return err
	}
	fmt.Println("done:", done)
	return nil
}
