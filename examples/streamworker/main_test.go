package main

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
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
	worker := Worker{Client: client, Name: "one", Handle: func(_ context.Context, entry glide.StreamEntry) error {
		stop() // what is handled at the end is acknowledged, too
		if entry.ID == "1-1" {
			return errors.New("no paper")
		}
		return nil
	}}
	require.ErrorIs(t, worker.Run(ctx), context.Canceled)
	require.Equal(t, []string{"2-1"}, client.acknowledged)
}

func TestProgramRunsAfterOneThatWasInterrupted(t *testing.T) {
	server := glidetest.Start(t)
	server.MustCommand(t, "XGROUP", "CREATE", stream, group, "0", "MKSTREAM")
	server.MustCommand(t, "XADD", stream, "*", "mail", "0")
	t.Setenv("VALKEY_URL", "valkey://"+server.Addr()+"?request_timeout=30s&connection_timeout=10s")
	require.NoError(t, run(t.Context()))
	require.EqualValues(t, 0, server.MustCommand(t, "EXISTS", stream))
}

func TestWorkerGoesOnAfterALostConnection(t *testing.T) {
	server := glidetest.Start(t)
	server.MustCommand(t, "XGROUP", "CREATE", stream, group, "0", "MKSTREAM")
	config := server.Config()
	config.RequestTimeout = 5 * time.Second // the machine may be busy
	client, err := glide.NewClient(t.Context(), config)
	require.NoError(t, err)
	defer client.Close()
	ctx, stop := context.WithTimeout(t.Context(), time.Minute)
	defer stop()
	worker := Worker{Client: client, Name: "one", Handle: func(context.Context, glide.StreamEntry) error {
		stop()
		return nil
	}}
	ended := make(chan error, 1)
	go func() { ended <- worker.Run(ctx) }()
	require.Eventually(t, func() bool {
		info, _ := server.MustCommand(t, "INFO", "clients").(string)
		return strings.Contains(info, "blocked_clients:1\r\n")
	}, time.Minute, 5*time.Millisecond)
	server.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal")
	server.MustCommand(t, "XADD", stream, "*", "mail", "1")
	require.ErrorIs(t, <-ended, context.Canceled)
}
