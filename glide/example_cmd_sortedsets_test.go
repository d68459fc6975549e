package glide_test

import (
	"fmt"
	"time"

	"github.com/valkey-glide/go/glide"
)

// A leaderboard: the best three, and where a player stands.
func ExampleClient_ZRangeWithScores() {
	client := exampleClient()
	defer client.Close()

	_, _ = client.ZAdd(ctx, "board", []glide.Scored{
		{Member: "alice", Score: 420}, {Member: "bob", Score: 17}, {Member: "carol", Score: 99}, {Member: "dave", Score: 250}})
	best, err := client.ZRangeWithScores(ctx, "board", glide.ByRank(0, 2), glide.Reversed)
	for i, player := range best {
		fmt.Println(i+1, player.Member, player.Score)
	}
	rank, _ := client.ZRevRank(ctx, "board", "bob")
	fmt.Println("bob comes after", rank.Value(), err)
	// Output:
	// 1 alice 420
	// 2 dave 250
	// 3 carol 99
	// bob comes after 3 <nil>
}

// A high score that never becomes lower.
func ExampleClient_ZAdd() {
	client := exampleClient()
	defer client.Close()

	for _, score := range []float64{70, 90, 80} {
		played := []glide.Scored{{Member: "alice", Score: score}}
		changed, err := client.ZAdd(ctx, "board", played, glide.IfGreater, glide.CountChanged)
		fmt.Println(score, changed, err)
	}
	score, _ := client.ZScore(ctx, "board", "alice")
	fmt.Println("best:", score.Value())
	// Output:
	// 70 1 <nil>
	// 90 1 <nil>
	// 80 0 <nil>
	// best: 90
}

func ExampleClient_ZAddIncr() {
	client := exampleClient()
	defer client.Close()

	for _, condition := range []glide.ZAddIncrOption{glide.IfPresent, glide.IfAbsent, glide.IfGreater} {
		score, err := client.ZAddIncr(ctx, "board", 5, "alice", condition)
		fmt.Println(score.Value(), !score.IsNil(), err)
	}
	// Output:
	// 0 false <nil>
	// 5 true <nil>
	// 10 true <nil>
}

// Scores that are times: who was here in the last ten minutes, the latest
// first.
func ExampleClient_ZRange_byScore() {
	client := exampleClient()
	defer client.Close()

	now := time.Unix(1_700_000_000, 0)
	for name, ago := range map[string]time.Duration{"alice": time.Minute, "bob": time.Hour, "carol": 5 * time.Minute} {
		seen := glide.Scored{Member: name, Score: float64(now.Add(-ago).Unix())}
		_, _ = client.ZAdd(ctx, "seen", []glide.Scored{seen})
	}
	since := glide.Score(float64(now.Add(-10 * time.Minute).Unix()))
	recent, err := client.ZRange(ctx, "seen", glide.ByScore(since, glide.Unbounded), glide.Reversed, glide.Limit(0, 100))
	fmt.Println(recent, err)
	forgotten, err := client.ZRemRangeByScore(ctx, "seen", glide.Unbounded, since.Exclusive())
	fmt.Println(forgotten, err)
	// Output:
	// [alice carol] <nil>
	// 1 <nil>
}

// Members of one score are in the order of their bytes: an index of names.
func ExampleClient_ZRange_byLex() {
	client := exampleClient()
	defer client.Close()

	names := []glide.Scored{}
	for _, name := range []string{"carol", "alice", "carla", "bob", "dave"} {
		names = append(names, glide.Scored{Member: name})
	}
	_, _ = client.ZAdd(ctx, "names", names)
	found, err := client.ZRange(ctx, "names", glide.ByLex(glide.Lex("c"), glide.Lex("d").Exclusive()))
	fmt.Println(found, err)
	// Output: [carla carol] <nil>
}

func ExampleClient_ZUnionWithScores() {
	client := exampleClient()
	defer client.Close()

	_, _ = client.ZAdd(ctx, "spring", []glide.Scored{{Member: "alice", Score: 10}, {Member: "bob", Score: 30}})
	_, _ = client.ZAdd(ctx, "autumn", []glide.Scored{{Member: "alice", Score: 20}})
	total, err := client.ZUnionWithScores(ctx, []string{"spring", "autumn"}, glide.Weights(1, 2))
	fmt.Println(total, err)
	best, err := client.ZUnionWithScores(ctx, []string{"spring", "autumn"}, glide.AggregateMax)
	fmt.Println(best, err)
	// Output:
	// [{bob 30} {alice 50}] <nil>
	// [{alice 20} {bob 30}] <nil>
}

// A queue by priority, of which several are looked at.
func ExampleClient_ZMPop() {
	client := exampleClient()
	defer client.Close()

	_, _ = client.ZAdd(ctx, "later", []glide.Scored{{Member: "sweep", Score: 2}, {Member: "paint", Score: 1}})
	popped, err := client.ZMPop(ctx, []string{"now", "later"}, glide.LowestScores, glide.Count(10))
	if jobs, ok := popped.Get(); ok {
		fmt.Println(jobs.Key, jobs.Members, err)
	}
	// Output: later [{paint 1} {sweep 2}] <nil>
}

func ExampleClient_BZPopMin() {
	client := exampleClient()
	defer client.Close()

	_, _ = client.ZAdd(ctx, "jobs", []glide.Scored{{Member: "sweep", Score: 2}})
	for range 2 {
		job, err := client.BZPopMin(ctx, 10*time.Millisecond, "jobs")
		fmt.Println(job.Value().Member, !job.IsNil(), err)
	}
	// Output:
	// sweep true <nil>
	//  false <nil>
}

func ExampleClient_SortedSetMembers() {
	client := exampleClient()
	defer client.Close()

	_, _ = client.ZAdd(ctx, "board", []glide.Scored{{Member: "alice", Score: 420}, {Member: "bob", Score: 17}})
	for member, err := range client.SortedSetMembers(ctx, "board", glide.Match("a*")) {
		fmt.Println(member.Member, member.Score, err)
	}
	// Output: alice 420 <nil>
}
