package dedicated_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/faces"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// number reads a number that a key holds, 0 if it does not exist.
func number(ctx context.Context, c faces.Face, key string) (int, error) {
	text, err := c.Get(ctx, key)
	if err != nil {
		return 0, err
	}
	return strconv.Atoi(text.Or("0"))
}

func TestNoIncrementIsLostWithOptimisticLocking(t *testing.T) {
	const callers, increments = 50, 20
	test := func(t *testing.T, client faces.Face, increment func() error) {
		var group sync.WaitGroup
		for range callers {
			group.Add(1)
			go func() {
				defer group.Done()
				for range increments {
					if err := increment(); err != nil {
						t.Error(err)
						return
					}
				}
			}()
		}
		group.Wait()
		require.Equal(t, callers*increments, harness.Value(number(ctx, client, "counter"))(t))
	}
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		test(t, client, func() error {
			_, err := client.Optimistic(ctx, []string{"counter"}, func(c *glide.DedicatedClient) (*glide.Transaction, error) {
				n, err := number(ctx, c, "counter")
				return glide.NewTransaction().Set("counter", strconv.Itoa(n+1)), err
			})
			return err
		})
	})
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		test(t, client, func() error {
			_, err := client.Optimistic(ctx, []string{"counter"}, func(c *glide.DedicatedClient) (*glide.Transaction, error) {
				n, err := number(ctx, c, "counter")
				return glide.NewTransaction().Set("counter", strconv.Itoa(n+1)), err
			})
			return err
		})
	})
}

func TestOptimisticLockingGivesWhatTheTransactionGives(t *testing.T) {
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		keys := []string{"k", "other"}
		results, err := client.Optimistic(ctx, keys, func(c *glide.DedicatedClient) (*glide.Transaction, error) {
			return glide.NewTransaction().Incr("k").Append("other", "abc"), nil
		})
		require.NoError(t, err)
		require.EqualValues(t, 1, harness.Value(glide.Result[int64](results, 0))(t))
		require.EqualValues(t, 3, harness.Value(glide.Result[int64](results, 1))(t))

		tries := 0
		results, err = client.Optimistic(ctx, keys, func(c *glide.DedicatedClient) (*glide.Transaction, error) {
			tries++
			before := harness.Value(c.Get(ctx, "k"))(t)
			if tries < 4 {
				harness.Value(client.Incr(ctx, "k"))(t)
			}
			return glide.NewTransaction().Set("k", before.Value()+"!"), nil
		})
		require.NoError(t, err)
		require.Equal(t, 4, tries)
		require.Equal(t, glide.Some("4!"), harness.Value(client.Get(ctx, "k"))(t))
		require.Equal(t, 1, results.Len())

		for _, nothing := range []*glide.Transaction{nil, glide.NewTransaction()} {
			results, err = client.Optimistic(ctx, keys, func(c *glide.DedicatedClient) (*glide.Transaction, error) {
				harness.Value(c.Get(ctx, "k"))(t)
				return nothing, nil
			})
			require.NoError(t, err)
			require.Zero(t, results.Len())
		}
		failed := errors.New("failed")
		_, err = client.Optimistic(ctx, keys, func(c *glide.DedicatedClient) (*glide.Transaction, error) { return nil, failed })
		require.Equal(t, failed, err)
	})
}

// The keys are watched before prepare is called: with which client it reads, and
// whether it reads at all, makes no difference.
func TestKeysAreWatchedWhateverPrepareReads(t *testing.T) {
	type reader interface {
		Get(ctx context.Context, key string) (glide.Optional[string], error)
	}
	test := func(t *testing.T, client reader, change func(value string) error,
		optimistic func(prepare func(c *glide.DedicatedClient) (*glide.Transaction, error)) error) {
		for name, read := range map[string]func(c *glide.DedicatedClient) reader{
			"its client":      func(c *glide.DedicatedClient) reader { return c },
			"another client":  func(*glide.DedicatedClient) reader { return client },
			"nothing is read": func(*glide.DedicatedClient) reader { return nil },
		} {
			t.Run(name, func(t *testing.T) {
				require.NoError(t, change("10"))
				tries, seen := 0, ""
				require.NoError(t, optimistic(func(c *glide.DedicatedClient) (*glide.Transaction, error) {
					if reader := read(c); reader != nil {
						seen = harness.Value(reader.Get(ctx, "stock"))(t).Value()
					}
					if tries++; tries == 1 {
						require.NoError(t, change("3"))
					}
					return glide.NewTransaction().Set("stock", seen+"!"), nil
				}))
				require.Equal(t, 2, tries, "a change was not noticed")
				if seen != "" {
					require.Equal(t, "3!", harness.Value(client.Get(ctx, "stock"))(t).Value())
				}
			})
		}
	}
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		test(t, client, func(value string) error { return client.Set(ctx, "stock", value) },
			func(prepare func(c *glide.DedicatedClient) (*glide.Transaction, error)) error {
				_, err := client.Optimistic(ctx, []string{"stock"}, prepare)
				return err
			})
	})
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		test(t, client, func(value string) error { return client.Set(ctx, "stock", value) },
			func(prepare func(c *glide.DedicatedClient) (*glide.Transaction, error)) error {
				_, err := client.Optimistic(ctx, []string{"stock"}, prepare)
				return err
			})
	})
}

func TestOptimisticLockingEndsWithTheContext(t *testing.T) {
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
		defer cancel()
		_, err := client.Optimistic(short, []string{"k"}, func(c *glide.DedicatedClient) (*glide.Transaction, error) {
			if _, err := c.Get(ctx, "k"); err != nil {
				return nil, err
			}
			harness.Value(client.Incr(ctx, "k"))(t)
			return glide.NewTransaction().Set("k", "v"), nil
		})
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

func TestOptimisticLockingThatCannotBeMeantIsRefused(t *testing.T) {
	harness.OnShared(t, func(t *testing.T, client *glide.Client) {
		_, err := client.Optimistic(ctx, []string{"k"}, nil)
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
		_, err = client.Optimistic(ctx, nil, func(*glide.DedicatedClient) (*glide.Transaction, error) { return nil, nil })
		require.ErrorIs(t, err, glide.ErrInvalidArgument)
	})
	harness.OnSharedCluster(t, func(t *testing.T, client *glide.ClusterClient) {
		_, err := client.Optimistic(ctx, []string{"a", "b"}, func(c *glide.DedicatedClient) (*glide.Transaction, error) {
			_, err := c.Get(ctx, "a")
			return nil, err
		})
		require.EqualError(t, err, "glide: optimistic locking: invalid argument: different nodes have the slots of its keys")
	})
}

func TestAWatchThatIsRefusedIsTheError(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithUser("reader", "on", ">secret", "~open", "+@all"))
	client := harness.Connect(t, server, harness.Patient, func(config *glide.Config) {
		config.Credentials = glide.Credentials{Username: "reader", Password: "secret"}
	})
	_, err := client.Optimistic(ctx, []string{"hidden"}, func(c *glide.DedicatedClient) (*glide.Transaction, error) {
		_, err := c.Get(ctx, "open")
		return nil, err
	})
	harness.RequireCode(t, "NOPERM", err)
}
