// Package greetings counts greetings. It is an example of a package that uses the
// client, and of its tests.
package greetings

import (
	"context"
	"fmt"
	"time"

	"github.com/valkey-glide/go/glide"
)

// Greet greets a person, and says how often it has within a day.
func Greet(ctx context.Context, client glide.Commands, name string) (string, error) {
	times, err := client.Incr(ctx, "greeted:"+name)
	if err != nil {
		return "", err
	}
	if times == 1 {
		if _, err := client.Expire(ctx, "greeted:"+name, 24*time.Hour); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("Hello %s, for the %d. time", name, times), nil
}
