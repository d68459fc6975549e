package glide_test

import (
	"context"
	"fmt"
	"strconv"

	"github.com/valkey-glide/go/glide"
)

// valueOf is the value that the i-th key has in these tests: it names its
// key, so that a reply that goes to somebody else is noticed.
func valueOf(i int) string { return "value of " + strconv.Itoa(i) }

func keyOf(i int) string { return "key:" + strconv.Itoa(i) }

// setAndCheck sets the i-th key and requires to find it as it was set.
func setAndCheck(client *glide.Client, i int) error {
	ctx := context.Background()
	if err := client.Set(ctx, keyOf(i), valueOf(i)); err != nil {
		return err
	}
	return check(ctx, client, i)
}

// check requires that the i-th key has its value.
func check(ctx context.Context, client *glide.Client, i int) error {
	value, err := client.Get(ctx, keyOf(i))
	if err == nil && value.Value() != valueOf(i) {
		err = fmt.Errorf("the reply to %s is %q", keyOf(i), value.Value())
	}
	return err
}
