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
//	put back: 1; done: [1 2 3 4 5 6]; one failed at first: true
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/valkey-glide/go/glide"
	"golang.org/x/sync/errgroup"
)

// Queue is a queue of jobs. Its keys are in one slot, because of the braces.
type Queue struct {
	Client glide.UniversalClient
	Name   string
}

func (q Queue) waiting() string              { return "{" + q.Name + "}:waiting" }
func (q Queue) working(worker string) string { return "{" + q.Name + "}:working:" + worker }

// Work does jobs until the context ends. A job that fails goes to the end of the queue.
func (q Queue) Work(ctx context.Context, worker string, do func(job string) error) error {
	for {
		// Without a timeout it waits until the context ends, on a dedicated connection.
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

// Recover puts back the jobs of a worker that has died or starts again, and returns how many.
func (q Queue) Recover(ctx context.Context, worker string) (jobs int, err error) {
	for ; ; jobs++ {
		job, err := q.Client.LMove(ctx, q.working(worker), q.waiting(), glide.Right, glide.Left)
		if err != nil || job.IsNil() {
			return jobs, err
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
	jobs := glide.NewPipeline().RPush(queue.working("dead"), "1").RPush(queue.waiting(), "2", "3", "4", "5", "6")
	if _, err := client.Exec(ctx, jobs, glide.FailOnError); err != nil {
		return err
	}
	back, err := queue.Recover(ctx, "dead")
	if err != nil {
		return err
	}
	working, stop := context.WithCancel(ctx)
	defer stop()
	var mu sync.Mutex
	done, failed := []string{}, false
	do := func(job string) error {
		mu.Lock()
		defer mu.Unlock()
		if job == "3" && !failed {
			failed = true
			return errors.New("no paper")
		}
		if done = append(done, job); len(done) == 6 {
			stop()
		}
		return nil
	}
	var workers errgroup.Group
	for _, worker := range []string{"one", "two"} {
		workers.Go(func() error { return queue.Work(working, worker, do) })
	}
	if err := workers.Wait(); !errors.Is(err, context.Canceled) {
		return err
	}
	slices.Sort(done)
	fmt.Printf("put back: %d; done: %v; one failed at first: %t\n", back, done, failed)
	return nil
}
