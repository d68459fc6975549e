// Leaderboard ranks players by their best score: the first places, and where a player
// stands. What a page shows is one round trip.
//
// Commands: ZADD with GT and CH, ZRANGE with REV and WITHSCORES, ZREVRANK, ZCARD, DEL.
//
//	go run ./leaderboard
//
// It connects to VALKEY_URL: by default valkey://localhost:6379, for a cluster valkey-cluster://host:7000.
//
// Output:
//
//	better: true
//	better: false
//	1. dora 980
//	2. ann 700
//	3. carl 640
//	eve is number 5 of 6
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/valkey-glide/go/glide"
)

// Board is a leaderboard.
type Board struct {
	Client glide.Commands
	Key    string
}

// Add records a score if it is the player's best, and returns whether it is.
func (b Board) Add(ctx context.Context, player string, score float64) (bool, error) {
	changed, err := b.Client.ZAdd(ctx, b.Key, []glide.Scored{glide.NewScored(player, score)},
		glide.IfGreater, glide.CountChanged)
	return changed == 1, err
}

// Page is what one player sees.
type Page struct {
	Players int64
	Best    []glide.Scored
	Rank    int64 // from 1, or 0 for who has not played
}

// Page returns the first places, and where a player stands.
func (b Board) Page(ctx context.Context, player string, places int64) (Page, error) {
	pipeline := glide.NewPipeline()
	players := glide.LastQueued[int64](pipeline.ZCard(b.Key))
	best := glide.LastQueued[[]glide.Scored](pipeline.ZRangeWithScores(b.Key, glide.ByRank(0, places-1), glide.Reversed))
	rank := glide.LastQueued[glide.Optional[int64]](pipeline.ZRevRank(b.Key, player))
	results, err := b.Client.Exec(ctx, pipeline, glide.FailOnError)
	if err != nil {
		return Page{}, err
	}
	count, err := players.Result(results)
	if err != nil {
		return Page{}, err
	}
	first, err := best.Result(results)
	if err != nil {
		return Page{}, err
	}
	place, err := rank.Result(results)
	if err != nil {
		return Page{}, err
	}
	return Page{count, first, place.Or(-1) + 1}, nil
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

	board := Board{client, "example:leaderboard"}
	players := []glide.Scored{}
	for name, score := range map[string]float64{"ann": 650, "bob": 420, "carl": 640, "dora": 980, "eve": 300, "fred": 80} {
		players = append(players, glide.NewScored(name, score))
	}
	if _, err := client.ZAdd(ctx, board.Key, players); err != nil {
		return err
	}
	for _, score := range []float64{700, 10} {
		better, err := board.Add(ctx, "ann", score)
		if err != nil {
			return err
		}
		fmt.Println("better:", better)
	}
	page, err := board.Page(ctx, "eve", 3)
	if err != nil {
		return err
	}
	for i, player := range page.Best {
		fmt.Printf("%d. %s %v\n", i+1, player.Member, player.Score)
	}
	fmt.Printf("eve is number %d of %d\n", page.Rank, page.Players)
	_, err = client.Del(ctx, board.Key)
	return err
}
