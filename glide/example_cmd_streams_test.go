package glide_test

import (
	"fmt"
	"time"

	"github.com/valkey-glide/go/glide"
)

func ExampleClient_XAdd() {
	client := exampleClient()
	defer client.Close()

	for _, reading := range []string{"19.8", "20.1", "20.4"} {
		_, err := client.XAdd(ctx, "temperatures", []glide.Field{
			{Name: "sensor", Value: "attic"},
			{Name: "celsius", Value: reading},
		}, glide.MaxLen(2))
		if err != nil {
			fmt.Println(err)
			return
		}
	}
	entries, err := client.XRange(ctx, "temperatures", glide.StreamMin, glide.StreamMax)
	for _, entry := range entries {
		fmt.Println(entry.Fields)
	}
	fmt.Println(err)
	// Output:
	// [{sensor attic} {celsius 20.1}]
	// [{sensor attic} {celsius 20.4}]
	// <nil>
}

// All entries, portion by portion.
func ExampleClient_XRange() {
	client := exampleClient()
	defer client.Close()
	for i := range 5 {
		_, _ = client.XAdd(ctx, "numbers", []glide.Field{{Name: "number", Value: fmt.Sprint(i)}})
	}

	start := glide.StreamMin
	for {
		entries, err := client.XRange(ctx, "numbers", start, glide.StreamMax, glide.Count(2))
		if err != nil || len(entries) == 0 {
			fmt.Println(err)
			return
		}
		for _, entry := range entries {
			fmt.Print(entry.Fields[0].Value, " ")
			start = glide.StreamExclusive(entry.ID)
		}
	}
	// Output: 0 1 2 3 4 <nil>
}

// A reader that goes on where it was: nothing is missed in between.
func ExampleClient_XReadBlocking() {
	client := exampleClient()
	defer client.Close()
	_, _ = client.XAdd(ctx, "events", []glide.Field{{Name: "user", Value: "alice"}})
	_, _ = client.XAdd(ctx, "events", []glide.Field{{Name: "user", Value: "bob"}})

	after := []glide.StreamPosition{{Key: "events", ID: glide.StreamStart}}
	for {
		streams, err := client.XReadBlocking(ctx, 10*time.Millisecond, after, glide.Count(1))
		if err != nil || len(streams) == 0 {
			fmt.Println("nothing in time", err)
			return
		}
		for _, entry := range streams[0].Entries {
			fmt.Println(entry.Fields[0].Value)
			after[0].ID = entry.ID
		}
	}
	// Output:
	// alice
	// bob
	// nothing in time <nil>
}

// A worker of a group acknowledges what it has done. Another one claims what
// the first has left undone for too long.
func ExampleClient_XReadGroup() {
	client := exampleClient()
	defer client.Close()
	_ = client.XGroupCreate(ctx, "jobs", "workers", glide.StreamStart, glide.MakeStream)
	for _, job := range []string{"wash", "dry"} {
		_, _ = client.XAdd(ctx, "jobs", []glide.Field{{Name: "job", Value: job}})
	}

	fresh := []glide.StreamPosition{{Key: "jobs", ID: glide.StreamUndelivered}}
	streams, err := client.XReadGroup(ctx, "workers", "alice", fresh, glide.Count(10))
	if err != nil {
		fmt.Println(err)
		return
	}
	done := streams[0].Entries[0]
	acknowledged, _ := client.XAck(ctx, "jobs", "workers", done.ID)
	fmt.Println("alice:", done.Fields[0].Value, acknowledged)

	for start := glide.StreamStart; ; {
		page, err := client.XAutoClaim(ctx, "jobs", "workers", "bob", 0, start) // idle for a minute, rather
		for _, entry := range page.Claimed {
			fmt.Println("bob:", entry.Fields[0].Value)
		}
		if err != nil || page.Last() {
			return
		}
		start = page.Next
	}
	// Output:
	// alice: wash 1
	// bob: dry
}

func ExampleClient_XPending() {
	client := exampleClient()
	defer client.Close()
	_ = client.XGroupCreate(ctx, "jobs", "workers", glide.StreamStart, glide.MakeStream)
	_, _ = client.XAdd(ctx, "jobs", []glide.Field{{Name: "job", Value: "wash"}}, glide.EntryID("1-1"))
	_, _ = client.XReadGroup(ctx, "workers", "alice", []glide.StreamPosition{{Key: "jobs", ID: glide.StreamUndelivered}})

	pending, err := client.XPending(ctx, "jobs", "workers")
	fmt.Println(pending.Count, pending.Min.Value(), pending.Consumers, err)
	entries, err := client.XPendingEntries(ctx, "jobs", "workers", glide.StreamMin, glide.StreamMax, 10, glide.PendingFor("alice"))
	for _, entry := range entries {
		fmt.Println(entry.ID, entry.Consumer, entry.Deliveries, entry.Idle < time.Minute)
	}
	fmt.Println(err)
	// Output:
	// 1 1-1 [{alice 1}] <nil>
	// 1-1 alice 1 true
	// <nil>
}

func ExampleClient_XTrim() {
	client := exampleClient()
	defer client.Close()
	for i := range 1000 {
		_, _ = client.XAdd(ctx, "events", []glide.Field{{Name: "number", Value: fmt.Sprint(i)}})
	}

	roughly, err := client.XTrim(ctx, "events", glide.Roughly(glide.MaxLen(250)))
	fmt.Println(roughly <= 750, err) // by whole nodes: cheap
	_, _ = client.XTrim(ctx, "events", glide.MaxLen(250))
	length, _ := client.XLen(ctx, "events")
	fmt.Println(length)
	// Output:
	// true <nil>
	// 250
}

func ExampleClient_XInfoGroups() {
	client := exampleClient()
	defer client.Close()
	_ = client.XGroupCreate(ctx, "jobs", "workers", glide.StreamStart, glide.MakeStream)
	_, _ = client.XAdd(ctx, "jobs", []glide.Field{{Name: "job", Value: "wash"}})

	groups, err := client.XInfoGroups(ctx, "jobs")
	for _, group := range groups {
		fmt.Println(group.Name, group.Consumers, group.Pending, group.LastDeliveredID)
	}
	fmt.Println(err)
	// Output:
	// workers 0 0 0-0
	// <nil>
}
