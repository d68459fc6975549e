package glide_test

import (
	"fmt"
	"time"

	"github.com/valkey-glide/go/glide"
)

func ExampleClusterClient_ClusterInfo() {
	client := exampleClusterClient()
	defer client.Close()

	info, err := client.ClusterInfo(ctx)
	fmt.Println(info.OK, info.SlotsAssigned, info.Size, err)
	// Output: true 16384 3 <nil>
}

// Who is who: each primary with its replicas.
func ExampleClusterClient_ClusterNodes() {
	client := exampleClusterClient()
	defer client.Close()

	nodes, err := client.ClusterNodes(ctx)
	replicas := map[string]int{}
	for _, node := range nodes {
		if node.PrimaryID != "" {
			replicas[node.PrimaryID]++
		}
	}
	for _, node := range nodes {
		if node.Is("master") {
			fmt.Println("a primary with", replicas[node.ID], "replica")
		}
	}
	fmt.Println(err)
	// Output:
	// a primary with 1 replica
	// a primary with 1 replica
	// a primary with 1 replica
	// <nil>
}

// Keys that are used together are given one slot by a tag.
func ExampleClusterClient_ClusterKeySlot() {
	client := exampleClusterClient()
	defer client.Close()

	for _, key := range []string{"user:1", "{user:1}:orders", "{user:1}:basket"} {
		slot, err := client.ClusterKeySlot(ctx, key)
		fmt.Println(key, slot, err)
	}
	// Output:
	// user:1 10778 <nil>
	// {user:1}:orders 10778 <nil>
	// {user:1}:basket 10778 <nil>
}

func ExampleClusterClient_ClusterGetKeysInSlot() {
	client := exampleClusterClient()
	defer client.Close()

	_ = client.Set(ctx, "user:1", "alice")
	slot, _ := client.ClusterKeySlot(ctx, "user:1")
	keys, err := client.ClusterGetKeysInSlot(ctx, slot, 100)
	fmt.Println(keys, err)
	// Output: [user:1] <nil>
}

// All keys of a cluster, in pages that any client may ask for.
func ExampleClusterClient_ClusterScan() {
	client := exampleClusterClient()
	defer client.Close()

	for cursor := glide.ScanStart; ; {
		page, err := client.ClusterScan(ctx, cursor, glide.Match("user:*"), glide.Count(1000))
		if err != nil {
			fmt.Println(err)
			return
		}
		fmt.Println(page.Items)
		if page.Last() {
			return
		}
		cursor = page.Cursor
	}
}

// Slots are moved by asking the node that has them, and waiting.
func ExampleClient_ClusterMigrateSlots() {
	node, err := glide.NewClient(ctx, glide.Config{Addresses: []glide.Address{{Host: "10.0.0.1"}}})
	if err != nil {
		fmt.Println(err)
		return
	}
	defer node.Close()

	err = node.ClusterMigrateSlots(ctx, glide.SlotsTo{
		NodeID: "4b4f12fdfb58d5e30fef7b9ad3f1651dacbbaba9",
		Slots:  []glide.SlotRange{{Start: 0, End: 99}},
	})
	for err == nil {
		var migrations []glide.SlotMigration
		if migrations, err = node.ClusterGetSlotMigrations(ctx); err == nil && migrations[0].Ended() {
			fmt.Println(migrations[0].State, migrations[0].Message)
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	fmt.Println(err)
}
