package glide

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/bridge"
	"github.com/valkey-glide/go/glide/internal/decode"
)

// doer is a fake: it knows one reply.
type doer struct {
	UniversalClient
	reply any
	err   error
	words []string
}

func (d *doer) Do(_ context.Context, args ...string) (any, error) {
	d.words = args
	return d.reply, d.err
}

func (d *doer) HGetAll(context.Context, string) (map[string]string, error) {
	return map[string]string{"name": "Ada"}, d.err
}

func (d *doer) RunScript(context.Context, *Script, []string, ...string) (any, error) {
	return d.reply, d.err
}

func TestFunctionsOfOtherPackagesUseDoOfAWrapper(t *testing.T) {
	ctx := context.Background()
	length := func(on Commander) (int64, error) {
		return bridge.Run(ctx, on, newCommand(named("STRLEN").Key("key").Arg("x"), decode.Int))
	}
	fake := &doer{reply: int64(7)}
	n, err := length(fake)
	require.NoError(t, err)
	require.EqualValues(t, 7, n)
	require.Equal(t, []string{"STRLEN", "key", "x"}, fake.words)

	fake.reply = "seven"
	_, err = length(fake)
	require.ErrorIs(t, err, ErrUnexpectedReply)
	fake.reply = struct{}{}
	_, err = length(fake)
	require.ErrorIs(t, err, ErrUnexpectedReply)
	require.ErrorContains(t, err, "STRLEN")
	fake.err = errors.New("no server")
	_, err = length(fake)
	require.Equal(t, fake.err, err)

	fake.words = nil
	_, err = bridge.Run(ctx, fake, newCommand(named("STRLEN").Refuse("no key"), decode.Int))
	require.ErrorIs(t, err, ErrInvalidArgument)
	require.Nil(t, fake.words, "nothing was sent")
}

func TestTypedFunctionsRunOnFakes(t *testing.T) {
	ctx := context.Background()
	fake := &doer{reply: "7"}
	n, err := DoAs[int](ctx, fake, "GET", "key")
	require.NoError(t, err)
	require.Equal(t, 7, n)
	n, err = RunScriptAs[int](ctx, fake, NewScript("return 7"), nil)
	require.NoError(t, err)
	require.Equal(t, 7, n)
	user, err := HGetAllAs[struct {
		Name string `glide:"name"`
	}](ctx, fake, "user")
	require.NoError(t, err)
	require.Equal(t, "Ada", user.Value().Name)

	for _, nobody := range []UniversalClient{nil, (*Client)(nil), (*ClusterClient)(nil), &Client{}} {
		_, err = DoAs[int](ctx, nobody, "GET", "key")
		require.ErrorIs(t, err, ErrClosed)
		_, err = RunScriptAs[int](ctx, nobody, NewScript("return 7"), nil)
		require.ErrorIs(t, err, ErrClosed)
		_, err = HGetAllAs[struct{}](ctx, nobody, "user")
		require.ErrorIs(t, err, ErrClosed)
	}
}

func TestNewResultsAreReadLikeOthers(t *testing.T) {
	batch := NewPipeline().Set("k", "v").Get("k")
	value := LastQueued[Optional[string]](batch)
	batch.Incr("n").Do("ECHO", "x").TTL("k")
	failed := &ServerError{Command: "INCR", Code: "WRONGTYPE"}
	results, err := NewResults(batch, nil, Some("v"), failed, nil, NewLifetime(time.Minute))
	require.NoError(t, err)

	require.Equal(t, 5, results.Len())
	require.NoError(t, results.Err(0))
	got, err := value.Result(results)
	require.NoError(t, err)
	require.Equal(t, Some("v"), got)
	_, err = Result[int64](results, 1)
	require.ErrorIs(t, err, ErrInvalidArgument)
	_, err = Result[int64](results, 2)
	require.Equal(t, failed, err)
	require.Equal(t, failed, results.Err(2))
	reply, err := Result[any](results, 3)
	require.NoError(t, err)
	require.Nil(t, reply)
	lifetime, err := Result[Lifetime[time.Duration]](results, 4)
	require.NoError(t, err)
	require.Equal(t, time.Minute, lifetime.Value())
	anything, err := results.Value(1)
	require.NoError(t, err)
	require.Equal(t, Some("v"), anything)
	require.Contains(t, results.String(), `[SET: <nil>, GET: "v", INCR: `)
	require.ErrorIs(t, results.Err(5), ErrInvalidArgument)

	for _, wrong := range [][]any{nil, {nil, Some("v")}, {"x", Some("v"), int64(1), nil, nil}, {nil, "v", int64(1), nil, nil}, {nil, Some("v"), 1, nil, nil}} {
		_, err = NewResults(batch, wrong...)
		require.ErrorIs(t, err, ErrInvalidArgument)
	}
	_, err = NewResults(nil)
	require.ErrorIs(t, err, ErrInvalidArgument)
	results, err = NewResults(NewTransaction())
	require.NoError(t, err)
	require.Zero(t, results.Len())
	require.ErrorIs(t, results.Err(0), ErrInvalidArgument)
}

func TestALifetimeCanBeMade(t *testing.T) {
	require.Equal(t, Lifetime[time.Duration]{time.Minute, lifetimeLimited}, NewLifetime(time.Minute))
	require.True(t, Unlimited[time.Time]().Exists())
	require.False(t, Unlimited[time.Time]().Expires())
}
