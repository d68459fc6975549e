// Clustertour shows what differs with a cluster, which is little: commands over keys of
// several slots are split, pipelines too, transactions stay in one slot, and the nodes
// can be asked one by one.
//
// Commands: MSET, MGET, MULTI, EXEC, SCAN, UNLINK; DBSIZE and PING at chosen nodes.
//
//	VALKEY_URL=valkey-cluster://localhost:7000,localhost:7001 go run ./clustertour
//
// VALKEY_URL names some of the nodes, by default localhost:7000; the client discovers the
// others from one that answers.
//
// Output:
//
//	500 keys written and read, some missing: false
//	500 replies to a pipeline
//	a transaction over two slots is not sent: true
//	502 keys found
//	3 primaries have keys; a replica answers: true
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"maps"
	"os"
	"slices"
	"time"

	"github.com/valkey-glide/go/glide"
)

const prefix = "example:tour:"

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	config, err := glide.ParseClusterURL(cmp.Or(os.Getenv("VALKEY_URL"), "valkey-cluster://localhost:7000"))
	if err != nil {
		return err
	}
	client, err := glide.NewClusterClient(ctx, config)
	if err != nil {
		return err
	}
	defer client.Close()

	// Keys of all slots in one call: it is split by nodes, so it is not atomic.
	values, pipeline := map[string]string{}, glide.NewPipeline()
	for i := range 500 {
		key := fmt.Sprintf("%s%d", prefix, i)
		values[key] = "0"
		pipeline.Incr(key)
	}
	keys := slices.Collect(maps.Keys(values))
	if err := client.MSet(ctx, values); err != nil {
		return err
	}
	read, err := client.MGet(ctx, keys...)
	if err != nil {
		return err
	}
	missing := slices.ContainsFunc(read, glide.Optional[string].IsNil)
	fmt.Printf("%d keys written and read, some missing: %t\n", len(read), missing)

	// A pipeline is split as well. Each node runs its commands in their order.
	results, err := client.Exec(ctx, pipeline, glide.FailOnError)
	if err != nil {
		return err
	}
	fmt.Printf("%d replies to a pipeline\n", results.Len())

	// A transaction is in one slot: of names with braces, only what is between them counts.
	wallet, savings, other := prefix+"{ann}:wallet", prefix+"{ann}:savings", prefix+"{bob}:wallet"
	if _, err := client.Exec(ctx, glide.NewTransaction().DecrBy(wallet, 5).IncrBy(savings, 5), glide.FailOnError); err != nil {
		return err
	}
	_, err = client.Exec(ctx, glide.NewTransaction().DecrBy(wallet, 5).IncrBy(other, 5))
	fmt.Printf("a transaction over two slots is not sent: %t\n", errors.Is(err, glide.ErrInvalidArgument))

	// The keys of all nodes, each at least once, also while slots move.
	found := map[string]bool{}
	for key, err := range client.AllKeys(ctx, glide.Match(prefix+"*"), glide.Count(1000)) {
		if err != nil {
			return err
		}
		found[key] = true
	}
	fmt.Printf("%d keys found\n", len(found))

	// Nodes one by one. If some fail, the results of the others come with a *glide.NodeErrors.
	sizes, err := client.Nodes(glide.AllPrimaries).DBSize(ctx)
	if err != nil {
		return err
	}
	ping := client.Node(glide.ReplicaOfKey(wallet)).Ping(ctx)
	fmt.Printf("%d primaries have keys; a replica answers: %t\n", len(sizes), ping == nil)
	_, err = client.Unlink(ctx, slices.Collect(maps.Keys(found))...)
	return err
}
