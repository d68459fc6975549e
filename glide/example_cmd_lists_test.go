package glide_test

import (
	"fmt"
	"time"

	"github.com/valkey-glide/go/glide"
)

func ExampleClient_RPush() {
	client := exampleClient()
	defer client.Close()

	length, err := client.RPush(ctx, "queue", "first", "second", "third")
	fmt.Println(length, err)
	next, _ := client.LPop(ctx, "queue")
	fmt.Println(next.Value())
	rest, _ := client.LRange(ctx, "queue", 0, -1)
	fmt.Println(rest)
	// Output:
	// 3 <nil>
	// first
	// [second third]
}

// What is worked on is in another list meanwhile, from where it can be taken
// back if the worker fails.
func ExampleClient_LMove() {
	client := exampleClient()
	defer client.Close()
	_, _ = client.RPush(ctx, "{jobs}", "a", "b")

	job, err := client.LMove(ctx, "{jobs}", "{jobs}:working", glide.Left, glide.Right)
	fmt.Println(job.Value(), err)
	done, _ := client.LRem(ctx, "{jobs}:working", 1, job.Value())
	fmt.Println(done)
	// Output:
	// a <nil>
	// 1
}

func ExampleClient_LInsert() {
	client := exampleClient()
	defer client.Close()
	_, _ = client.RPush(ctx, "letters", "a", "c")

	length, err := client.LInsert(ctx, "letters", glide.Before("c"), "b")
	fmt.Println(length, err)
	length, err = client.LInsert(ctx, "letters", glide.After("x"), "y")
	fmt.Println(length, err) // there is no x
	// Output:
	// 3 <nil>
	// -1 <nil>
}

func ExampleClient_LPos() {
	client := exampleClient()
	defer client.Close()
	_, _ = client.RPush(ctx, "k", "a", "b", "a", "a")

	first, _ := client.LPos(ctx, "k", "a")
	fmt.Println(first.Value())
	last, _ := client.LPos(ctx, "k", "a", glide.LPosRank(-1))
	fmt.Println(last.Value())
	none, _ := client.LPos(ctx, "k", "x")
	fmt.Println(none.IsNil())
	all, _ := client.LPosCount(ctx, "k", "a", 0)
	fmt.Println(all)
	// Output:
	// 0
	// 3
	// true
	// [0 2 3]
}

// A worker waits for a job in either of two queues, the urgent one first. It
// has a separate client: other users of the same client would wait too.
func ExampleClient_BLPop() {
	client := exampleClient()
	defer client.Close()
	_, _ = client.RPush(ctx, "jobs", "tidy up")

	for range 2 {
		job, err := client.BLPop(ctx, 10*time.Millisecond, "urgent", "jobs")
		if err != nil {
			fmt.Println(err)
			return
		}
		if taken, ok := job.Get(); ok {
			fmt.Println(taken.Key, taken.Element)
		} else {
			fmt.Println("nothing to do")
		}
	}
	// Output:
	// jobs tidy up
	// nothing to do
}

func ExampleClient_LMPop() {
	client := exampleClient()
	defer client.Close()
	_, _ = client.RPush(ctx, "jobs", "a", "b", "c")

	taken, err := client.LMPop(ctx, []string{"urgent", "jobs"}, glide.Left, glide.Count(2))
	fmt.Println(taken.Value().Key, taken.Value().Elements, err)
	// Output: jobs [a b] <nil>
}
