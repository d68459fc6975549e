package faults_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestReplyOfAnotherTypeFailsItsOwnCallAlone(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t,
		// STRLEN is answered with a simple string, GETDEL with an integer.
		glidetest.WithConfig("rename-command", "STRLEN", "OLDSTRLEN"), glidetest.WithConfig("rename-command", "TYPE", "STRLEN"),
		glidetest.WithConfig("rename-command", "GETDEL", "OLDGETDEL"), glidetest.WithConfig("rename-command", "PTTL", "GETDEL"),
		// The core converts these: HEXISTS to a boolean, INCRBYFLOAT to a double.
		glidetest.WithConfig("rename-command", "HEXISTS", "OLDHEXISTS"), glidetest.WithConfig("rename-command", "LRANGE", "HEXISTS"),
		glidetest.WithConfig("rename-command", "INCRBYFLOAT", "OLDINCRBYFLOAT"), glidetest.WithConfig("rename-command", "HGET", "INCRBYFLOAT"),
	)
	ctx := context.Background()
	server.MustCommand(t, "HSET", "hash", "1", "no number")
	for _, protocol := range []glide.Protocol{glide.RESP3, glide.RESP2} {
		client := harness.Connect(t, server, harness.Patient, func(c *glide.Config) { c.Protocol = protocol })
		kinds := []func(i int) error{
			func(i int) error { return harness.SetAndCheck(client, i) },
			func(i int) error { _, err := client.StrLen(ctx, harness.KeyOf(i)); return wantUnexpected(err) },
			func(i int) error { _, err := client.GetDel(ctx, harness.KeyOf(i)); return wantUnexpected(err) },
			func(i int) error { _, err := client.IncrByFloat(ctx, "hash", 1); return wantUnexpected(err) },
			func(i int) error {
				_, err := client.Do(ctx, "HEXISTS", "missing list", "0", "-1")
				return wantUnexpected(err)
			},
			func(i int) error {
				exists, err := client.Exists(ctx, "hash")
				if err == nil && exists != 1 {
					err = fmt.Errorf("EXISTS gives %d", exists)
				}
				return err
			},
		}
		for kind := range kinds {
			require.NoError(t, kinds[kind](kind), "kind %d alone", kind)
		}
		for range 20 {
			errs := testkit.Concurrently(100, func(i int) error {
				if err := kinds[i%len(kinds)](i); err != nil {
					return fmt.Errorf("kind %d: %w", i%len(kinds), err)
				}
				return nil
			})
			require.NoError(t, errors.Join(errs...))
		}
	}
}

// wantUnexpected turns the error that is expected into none.
func wantUnexpected(err error) error {
	if !errors.Is(err, glide.ErrUnexpectedReply) || glide.SafeToRetry(err) {
		return fmt.Errorf("not an unexpected reply: %w", err)
	}
	return nil
}
