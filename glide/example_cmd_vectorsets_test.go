package glide_test

import (
	"fmt"
	"time"

	"github.com/valkey-glide/go/glide"
)

// Servers before Redis 8.0, and Valkey, do not know it.
func ExampleClient_VSim() {
	client := exampleClient()
	defer client.Close()

	for word, vector := range map[string][]float32{"cat": {1, 0.9, 0}, "dog": {0.9, 1, 0}, "car": {0, 0.1, 1}} {
		if _, err := client.VAdd(ctx, "words", word, vector); err != nil {
			fmt.Println(err)
			return
		}
	}
	similar, err := client.VSim(ctx, "words", glide.NearElement("cat"), glide.Count(2))
	fmt.Println(similar, err) // [cat dog] <nil>
}

// Servers before Redis 8.2, and Valkey, do not know it.
func ExampleClient_VSimWithAttributes() {
	client := exampleClient()
	defer client.Close()

	_, err := client.VAdd(ctx, "films", "Alien", []float32{0.1, 0.9}, glide.ElementAttributes(`{"year": 1979}`))
	if err != nil {
		fmt.Println(err)
		return
	}
	query := glide.NearVector([]float32{0, 1})
	films, err := client.VSimWithAttributes(ctx, "films", query, glide.AttributeFilter(".year < 1990"), glide.MinSimilarity(0.8))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, film := range films {
		fmt.Println(film.Element, film.Score, film.Attributes)
	}
}

// Servers before Redis 8.2, and Valkey, do not know it.
func ExampleClient_XAckDel() {
	client := exampleClient()
	defer client.Close()

	// The entry is deleted as soon as every group has acknowledged it.
	done, err := client.XAckDel(ctx, "jobs", "workers", glide.OnlyAcknowledged, "1526919030474-0")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("deleted:", done[0] == glide.EntryDeleted)
}

// Servers before Redis 8.6, and Valkey, do not know it.
func ExampleIdempotent() {
	client := exampleClient()
	defer client.Close()

	// If the reply is lost, the same call can be made again: it adds nothing twice.
	payment := []glide.Field{{Name: "amount", Value: "10"}}
	id, err := client.XAdd(ctx, "payments", payment, glide.Idempotent("shop", "order:17"))
	fmt.Println(id, err)
}

// Servers before Redis 8.8, and Valkey, do not know it.
func ExampleClient_IncrEx() {
	client := exampleClient()
	defer client.Close()

	// At most 100 requests a minute.
	tokens, err := client.IncrEx(ctx, "requests:ada", 1, glide.UpperBound(100), glide.ExpireIn(time.Minute), glide.IfExpiryAbsent)
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println("allowed:", tokens.By == 1)
}

// Servers before Redis 8.4, and Valkey, do not know it.
func ExampleClient_DelEx() {
	client := exampleClient()
	defer client.Close()

	released, err := client.DelEx(ctx, "lock", glide.IfEqual("mine"))
	fmt.Println(released, err)
}
