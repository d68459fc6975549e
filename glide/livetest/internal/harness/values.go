package harness

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/valkey-glide/go/glide"
)

// Hostile are keys and values that break what is not binary-safe, and one
// that crosses as a separate string.
var Hostile = []string{"", "\x00", "a\x00b", "a\r\nb", "$3\r\nfoo\r\n", "\xff\xfe", " ", "OK", "QUEUED", strings.Repeat("\x00\xff", 50_000)}

// ValueOf is the value that the i-th key has in these tests: it names its
// key, so that a reply that goes to the wrong caller is noticed.
func ValueOf(i int) string { return "value of " + strconv.Itoa(i) }

// KeyOf is the i-th key.
func KeyOf(i int) string { return "key:" + strconv.Itoa(i) }

// SetAndCheck sets the i-th key and requires to find it as it was set.
func SetAndCheck(client *glide.Client, i int) error {
	ctx := context.Background()
	if err := client.Set(ctx, KeyOf(i), ValueOf(i)); err != nil {
		return err
	}
	return Check(ctx, client, i)
}

// Check requires that the i-th key has its value.
func Check(ctx context.Context, client *glide.Client, i int) error {
	value, err := client.Get(ctx, KeyOf(i))
	if err == nil && value.Value() != ValueOf(i) {
		err = fmt.Errorf("the reply to %s is %q", KeyOf(i), value.Value())
	}
	return err
}

// Scattered are keys on all nodes of a cluster.
func Scattered() (keys []string) {
	for i := range 20 {
		keys = append(keys, fmt.Sprintf("key %d", i))
	}
	return keys
}
