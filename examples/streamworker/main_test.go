package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
)

// entries is a client whose stream has two entries. It records those acknowledged.
type entries struct {
	glide.StreamCommands
	acknowledged []string
}

func (*entries) XAutoClaim(ctx context.Context, _, _, _ string, _ time.Duration, _ string, _ ...glide.XAutoClaimOption) (glide.ClaimPage[glide.StreamEntry], error) {
	return glide.ClaimPage[glide.StreamEntry]{Next: glide.StreamStart, Claimed: []glide.StreamEntry{{ID: "1-1"}, {ID: "2-1"}}}, ctx.Err()
}

func (*entries) XReadGroupBlocking(ctx context.Context, _ time.Duration, _, _ string, _ []glide.StreamPosition, _ ...glide.XReadGroupOption) ([]glide.StreamEntries, error) {
	return nil, ctx.Err()
}

func (e *entries) XAck(ctx context.Context, _, _ string, ids ...string) (int64, error) {
	if ctx.Err() == nil {
		e.acknowledged = append(e.acknowledged, ids...)
	}
	return int64(len(ids)), ctx.Err()
}

func TestOnlyWhatWasHandledIsAcknowledged(t *testing.T) {
	ctx, stop := context.WithCancel(t.Context())
	client := &entries{}
	worker := Worker{client, "one", 0, func(_ context.Context, entry glide.StreamEntry) error {
		stop() // what is handled at the end is acknowledged, too
		if entry.ID == "1-1" {
			return errors.New("no paper")
		}
		return nil
	}}
	require.ErrorIs(t, worker.Run(ctx), context.Canceled)
	require.Equal(t, []string{"2-1"}, client.acknowledged)
}
