// Streamworker shares the entries of a stream between the workers of a group. An entry
// is pending until its worker acknowledges it; what a worker that died has left pending,
// another claims. So each entry is handled at least once.
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
//	sent mail 3
//	sent mail 4
//	sent mail 5
//	still pending: 0
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

// Worker handles entries of the stream. One that Handle returns an error for is handled
// again after ClaimAfter, which must be longer than handling takes.
type Worker struct {
	Client     glide.StreamCommands
	Name       string
	ClaimAfter time.Duration
	Handle     func(ctx context.Context, entry glide.StreamEntry) error
}

// Run handles entries until the context ends: first entries that other workers have left
// pending, then new ones. Waiting uses a dedicated connection, so that it delays no other call.
func (w Worker) Run(ctx context.Context) error {
	for start := glide.StreamStart; ; {
		page, err := w.Client.XAutoClaim(ctx, stream, group, w.Name, w.ClaimAfter, start, glide.Count(10))
		if err != nil {
			return err
		}
		w.handle(ctx, page.Claimed)
		if start = page.Next; !page.Last() {
			continue
		}
		streams, err := w.Client.XReadGroupBlocking(ctx, 5*time.Second, group, w.Name, undelivered, glide.Count(10))
		if err != nil {
			return err
		}
		for _, read := range streams {
			w.handle(ctx, read.Entries)
		}
	}
}

func (w Worker) handle(ctx context.Context, entries []glide.StreamEntry) {
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

	prepare := glide.NewPipeline().XGroupCreate(stream, group, glide.StreamStart, glide.MakeStream)
	for _, mail := range []string{"1", "2", "3", "4", "5"} {
		prepare.XAdd(stream, []glide.Field{glide.NewField("mail", mail)}, glide.Roughly(glide.MaxLen(10_000)))
	}
	prepare.XReadGroup(group, "dead", undelivered, glide.Count(2)) // and then it has died
	if _, err := client.Exec(ctx, prepare, glide.FailOnError); err != nil {
		return err // with the code BUSYGROUP if the group exists, which a program ignores
	}
	working, stop := context.WithCancel(ctx)
	// 0 only because it is known here that the other worker has died.
	worker := Worker{client, "one", 0, func(_ context.Context, entry glide.StreamEntry) error {
		if fmt.Println("sent mail", entry.Fields[0].Value); entry.Fields[0].Value == "5" {
			stop()
		}
		return nil
	}}
	if err := worker.Run(working); !errors.Is(err, context.Canceled) {
		return err
	}
	pending, err1 := client.XPending(ctx, stream, group)
	_, err2 := client.Del(ctx, stream)
	fmt.Println("still pending:", pending.Count)
	return cmp.Or(err1, err2)
}
