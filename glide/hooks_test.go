package glide

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/pb"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// nothingHook is a hook that does nothing.
type nothingHook struct{}

func (nothingHook) Before(ctx context.Context, _ Operation) context.Context { return ctx }
func (nothingHook) After(context.Context, Operation, Outcome)               {}

func readNothing(*wire.Reader) (struct{}, error) { return struct{}{}, nil }

// BenchmarkHook compares GET with and without a hook, on a client that answers
// commands itself. It alternates between the two and reports the median of the
// differences.
func BenchmarkHook(b *testing.B) {
	ctx := context.Background()
	with, subscriber, err := connect(ctx, &Config{RequestTimeout: time.Minute, Hooks: []Hook{nothingHook{}}}, func() (*pb.ConnectionRequest, error) {
		return &pb.ConnectionRequest{Echo: true}, nil
	}, Subscriptions{}, false)
	require.NoError(b, err)
	defer (&Client{serverCommands{with}, subscriber}).Close()
	without := with
	without.hooks = nil
	const calls = 2000
	took := func(c commands) float64 {
		begun := time.Now()
		for range calls {
			cmd := newCommand(named("GET").Key("key"), readNothing)
			if _, err := run(ctx, c, cmd); err != nil {
				b.Fatal(err)
			}
		}
		return float64(time.Since(begun)) / calls
	}
	var differences []float64
	for b.Loop() {
		differences = append(differences, -took(without)+took(with))
	}
	slices.Sort(differences)
	b.ReportMetric(differences[len(differences)/2], "ns/hook")
	b.ReportMetric(took(without), "ns/call")
}
