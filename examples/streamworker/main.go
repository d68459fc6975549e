// Streamworker shares the entries of a stream between the workers of a group. What a worker
// has not acknowledged when it dies, another claims. So each is handled at least once.
//
// Commands: XGROUP CREATE, XADD with MAXLEN, XREADGROUP with BLOCK, XACK, XAUTOCLAIM.
//
//	go run ./streamworker
//
// It connects to VALKEY_URL: by default valkey://localhost:6379, for a cluster valkey-cluster://host:7000.
//
// Output:
//
//	sent mail 1
//	sent mail 2
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

const stream, group = "example:stream", "mailers"

var undelivered = []glide.StreamPosition{glide.NewStreamPosition(stream, glide.StreamUndelivered)}

// Worker handles entries. One for which Handle returns an error is handled again after ClaimAfter.
type Worker struct {
	Client     glide.StreamCommands
	Name       string
	ClaimAfter time.Duration // longer than handling takes
	Handle     func(ctx context.Context, entry glide.StreamEntry) error
	claimFrom  string
}

// Run handles entries until the context ends, also after a failover.
func (w *Worker) Run(ctx context.Context) error {
	for {
		entries, err := w.next(ctx)
		lost := errors.Is(err, glide.ErrConnectionLost) || errors.Is(err, glide.ErrTimeout) ||
			errors.Is(err, glide.ErrUnreachable) || glide.Code(err) == "UNBLOCKED" // it is a replica now
		if err != nil && (ctx.Err() != nil || !lost) {
			return err
		}
		if lost {
			time.Sleep(100 * time.Millisecond)
		}
		for _, entry := range entries {
			err := w.Handle(ctx, entry)
			if err == nil { // it is acknowledged even if the context has ended
				_, err = w.Client.XAck(context.WithoutCancel(ctx), stream, group, entry.ID)
			}
			if err != nil {
				log.Printf("%s stays pending: %v", entry.ID, err)
			}
		}
	}
}

// next returns entries that other workers have left pending, or else waits for new ones.
func (w *Worker) next(ctx context.Context) ([]glide.StreamEntry, error) {
	page, err := w.Client.XAutoClaim(ctx, stream, group, w.Name, w.ClaimAfter, cmp.Or(w.claimFrom, glide.StreamStart), glide.Count(10))
	w.claimFrom = page.Next
	if err != nil || len(page.Claimed) > 0 {
		return page.Claimed, err
	}
	streams, err := w.Client.XReadGroupBlocking(ctx, 5*time.Second, group, w.Name, undelivered, glide.Count(10))
	if err != nil || len(streams) == 0 {
		return nil, err
	}
	return streams[0].Entries, nil
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

	err = client.XGroupCreate(ctx, stream, group, glide.StreamStart, glide.MakeStream)
	if err != nil && glide.Code(err) != "BUSYGROUP" { // the group may exist
		return err
	}
	mails := glide.NewPipeline().
		XAdd(stream, []glide.Field{glide.NewField("mail", "1")}, glide.Roughly(glide.MaxLen(10_000))).
		XAdd(stream, []glide.Field{glide.NewField("mail", "2")}, glide.Roughly(glide.MaxLen(10_000))).
		XReadGroup(group, "dead", undelivered, glide.Count(1)) // and then it has died
	if _, err := client.Exec(ctx, mails, glide.FailOnError); err != nil {
		return err
	}
	working, stop := context.WithCancel(ctx)
	worker := Worker{Client: client, Name: "one"} // without ClaimAfter: the other is known to have died
	worker.Handle = func(_ context.Context, entry glide.StreamEntry) error {
		fmt.Println("sent mail", entry.Fields[0].Value)
		if entry.Fields[0].Value == "2" {
			stop()
		}
		return nil
	}
	if err := worker.Run(working); !errors.Is(err, context.Canceled) {
		return err
	}
	_, err = client.Del(ctx, stream)
	return err
}
