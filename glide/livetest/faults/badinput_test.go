package faults_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// pattern returns bytes of which no two runs of the same length are equal, as
// far as lengths matter here.
func pattern(size int) string {
	b := make([]byte, size)
	for i := range b {
		b[i] = byte(i*31 + i>>8 + size)
	}
	return string(b)
}

func TestKeysAndValuesAreAnyBytes(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	ctx := context.Background()
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	texts := []string{
		"", "\x00", "a\x00b", "\r\n", "$5\r\nhello\r\n", "\xff\xfe invalid UTF-8 \xc3", "Grüße 世界 🎉",
		"*1\r\n$8\r\nFLUSHALL\r\n", string(every), strings.Repeat("\x00", 20_000), pattern(100_000),
	}
	for _, protocol := range []glide.Protocol{glide.RESP3, glide.RESP2} {
		client := harness.Connect(t, server, harness.Patient, func(c *glide.Config) { c.Protocol = protocol })
		for i, key := range texts {
			for j, value := range texts {
				require.NoError(t, client.Set(ctx, key, value))
				got, err := client.Get(ctx, key)
				require.NoError(t, err)
				require.False(t, got.IsNil())
				require.True(t, got.Value() == value, "key %d, value %d", i, j)
			}
			// By themselves too.
			_, err := client.DoBytes(ctx, []byte("SET"), []byte(key), every)
			require.NoError(t, err)
			stored, err := client.DoBytes(ctx, []byte("EVAL"), []byte("return redis.call('GET', KEYS[1])"), []byte("1"), []byte(key))
			require.NoError(t, err)
			require.Equal(t, every, stored)
		}
	}
	require.Equal(t, int64(len(texts)), server.MustCommand(t, "DBSIZE"))
}

func TestBytesOfTheCallerAreNotKept(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	ctx := context.Background()
	for _, size := range []int{10, 20_000, 200_000} {
		data := bytes.Repeat([]byte{'a'}, size)
		require.NoError(t, client.Set(ctx, "key", glide.View(data)))
		got, err := client.GetBytes(ctx, "key")
		require.NoError(t, err)
		clear(data)
		require.Equal(t, bytes.Repeat([]byte{'a'}, size), got.Value())
		again, err := client.GetBytes(ctx, "key")
		require.NoError(t, err)
		clear(got.Value())
		require.Equal(t, bytes.Repeat([]byte{'a'}, size), again.Value())

		// Nor when the call ends before its reply.
		for range 50 {
			data := bytes.Repeat([]byte{'b'}, size)
			cancelled, cancel := context.WithTimeout(ctx, time.Duration(rand.IntN(200))*time.Microsecond)
			_ = client.Set(cancelled, "other", glide.View(data))
			cancel()
			clear(data)
		}
		other, err := client.Get(ctx, "other")
		require.NoError(t, err)
		require.Equal(t, strings.Repeat("b", len(other.Value())), other.Value())
	}
}

func TestValuesOf64MegabytesComeBackWhole(t *testing.T) {
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	ctx := context.Background()
	value := pattern(64 << 20)
	begun := time.Now()
	require.NoError(t, client.Set(ctx, "large", value))
	set := time.Since(begun)
	got, err := client.Get(ctx, "large")
	require.NoError(t, err)
	t.Logf("SET took %v, GET %v", set, time.Since(begun)-set)
	require.True(t, got.Value() == value)

	// Small neighbours and a second large one, at the same time.
	errs := testkit.Concurrently(20, func(i int) error {
		if i < 2 {
			got, err := client.Get(ctx, "large")
			if err == nil && got.Value() != value {
				err = errors.New("another value")
			}
			return err
		}
		for range 20 {
			if err := harness.SetAndCheck(client, i); err != nil {
				return err
			}
		}
		return nil
	})
	require.NoError(t, errors.Join(errs...))
}

func TestEverySizeAroundTheBoundariesComesBackWhole(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	ctx := context.Background()
	var sizes []int
	for _, boundary := range []int{0, 4 << 10, 16 << 10, 64 << 10} {
		for size := max(0, boundary-1450); size < boundary+1450; size++ {
			sizes = append(sizes, size)
		}
	}
	require.Greater(t, len(sizes), 10_000)
	rand.Shuffle(len(sizes), func(i, j int) { sizes[i], sizes[j] = sizes[j], sizes[i] })
	const callers = 50
	errs := testkit.Concurrently(callers, func(caller int) error {
		for i := caller; i < len(sizes); i += callers {
			key, value := fmt.Sprintf("size %d", sizes[i]), pattern(sizes[i])
			if err := client.Set(ctx, key, value); err != nil {
				return err
			}
			got, err := client.Get(ctx, key)
			if err != nil {
				return err
			}
			if got.Value() != value {
				return fmt.Errorf("a value of %d bytes came back with %d, or changed", len(value), len(got.Value()))
			}
		}
		return nil
	})
	require.NoError(t, errors.Join(errs...))
}

func TestManyAndLongKeysInOneCommand(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	ctx := context.Background()
	values, keys := map[string]string{}, make([]string, 10_000)
	for i := range keys {
		keys[i] = harness.KeyOf(i) + strings.Repeat("k", i%100)
		values[keys[i]] = harness.ValueOf(i)
	}
	require.NoError(t, client.MSet(ctx, values))
	got, err := client.MGet(ctx, keys...)
	require.NoError(t, err)
	for i, value := range got {
		require.Equal(t, harness.ValueOf(i), value.Value())
	}
	_, err = client.MGet(ctx)
	require.ErrorIs(t, err, glide.ErrInvalidArgument)
	_, err = client.Do(ctx)
	require.ErrorIs(t, err, glide.ErrInvalidArgument)
	_, err = client.Do(ctx, "")
	require.ErrorIs(t, err, glide.ErrInvalidArgument)
}

func TestCommandsThatAreNoneAreServerErrors(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Connect(t, server, harness.Patient)
	for _, name := range []string{"NOSUCH", "no such", "\x00", "GET\r\nX", strings.Repeat("N", 100_000), "世界"} {
		_, err := client.Do(context.Background(), name, "argument")
		var refused *glide.ServerError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, "ERR", refused.Code)
	}
	require.NoError(t, harness.SetAndCheck(client, 1))
}
