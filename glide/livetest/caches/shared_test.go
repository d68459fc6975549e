package caches_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// What a client has read another must not be given, unless the two name the
// same cache and are alike.
func TestClientsShareACacheOnlyIfTheyAreAlike(t *testing.T) {
	t.Parallel()
	server, other := glidetest.Start(t), glidetest.Start(t)
	server.MustCommand(t, "ACL", "SETUSER", "somebody", "on", ">password", "~*", "+@all")
	first := glide.Config{
		Addresses: harness.AddressesOf(server), RequestTimeout: harness.Patience,
		Cache: &glide.Cache{ID: t.Name(), MaximumBytes: 1 << 20, TimeToLive: time.Hour},
	}
	for name, second := range map[string]struct {
		change func(c *glide.Config)
		shares bool
	}{
		"alike":          {func(*glide.Config) {}, true},
		"another ID":     {func(c *glide.Config) { c.Cache.ID += "2" }, false},
		"no ID":          {func(c *glide.Config) { c.Cache.ID = "" }, false},
		"another server": {func(c *glide.Config) { c.Addresses = harness.AddressesOf(other) }, false},
		"more servers": {func(c *glide.Config) {
			c.Addresses, c.NodeDiscovery = harness.AddressesOf(server, other), glide.DiscoverNothing
		}, false},
		"another database":  {func(c *glide.Config) { c.Database = 1 }, false},
		"another user":      {func(c *glide.Config) { c.Credentials = glide.Credentials{Username: "somebody", Password: "password"} }, false},
		"another protocol":  {func(c *glide.Config) { c.Protocol = glide.RESP2 }, false},
		"another lifetime":  {func(c *glide.Config) { c.Cache.TimeToLive = time.Minute }, false},
		"reads from others": {func(c *glide.Config) { c.ReadFrom = glide.PreferReplica }, false},
	} {
		t.Run(name, func(t *testing.T) {
			config, cache := first, *first.Cache
			config.Cache = &cache
			cache.ID += name
			one, err := glide.NewClient(ctx, config)
			require.NoError(t, err)
			defer one.Close()
			changed, cacheOfOther := config, cache
			changed.Cache = &cacheOfOther
			second.change(&changed)
			two, err := glide.NewClient(ctx, changed)
			require.NoError(t, err)
			defer two.Close()

			server.MustCommand(t, "SET", "key", "old")
			require.Equal(t, "old", get(t, one, "key"))
			server.MustCommand(t, "SET", "key", "new")
			require.Equal(t, "old", get(t, one, "key"), "it is cached")
			switch got := get(t, two, "key"); {
			case second.shares:
				require.Equal(t, "old", got)
			default:
				require.NotEqual(t, "old", got)
			}
		})
	}
}

func TestClientsWithoutAnIDHaveCachesForThemselves(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	server.MustCommand(t, "SET", "key", "value")
	for range 3 {
		client := connect(t, harness.Standalone, kinds["server-assisted"], server)
		for range 3 {
			require.Equal(t, "value", get(t, client, "key"))
		}
	}
	require.Equal(t, 3, testkit.CallsOf(t, server, "get"))
}

// What one of them writes the others see, too.
func TestAWriteRemovesItsKeyForAllWhoShareTheCache(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	cache := kinds["time to live"]
	cache.ID = t.Name()
	one, two := connect(t, harness.Standalone, cache, server), connect(t, harness.Standalone, cache, server)
	require.NoError(t, one.Set(ctx, "key", "old"))
	require.Equal(t, "old", get(t, one, "key"))
	require.Equal(t, "old", get(t, two, "key"))
	require.NoError(t, two.Set(ctx, "key", "new"))
	require.Equal(t, "new", get(t, one, "key"))
}

// A cache that is shared outlives each client, but not all of them.
func TestASharedCacheEndsWithItsLastClient(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	server.MustCommand(t, "SET", "key", "value")
	cache := kinds["time to live"]
	cache.ID = t.Name()
	config := glide.Config{Addresses: harness.AddressesOf(server), RequestTimeout: harness.Patience, Cache: &cache}
	one, err := glide.NewClient(ctx, config)
	require.NoError(t, err)
	require.Equal(t, "value", get(t, one, "key"))
	two, err := glide.NewClient(ctx, config)
	require.NoError(t, err)
	one.Close()
	require.Equal(t, "value", get(t, two, "key"))
	require.Equal(t, 1, testkit.CallsOf(t, server, "get"))
	two.Close()
	require.Eventually(t, func() bool {
		before := testkit.CallsOf(t, server, "get")
		three, err := glide.NewClient(ctx, config)
		require.NoError(t, err)
		defer three.Close()
		require.Equal(t, "value", get(t, three, "key"))
		return testkit.CallsOf(t, server, "get") == before+1
	}, harness.Patience, 10*time.Millisecond)
}

func TestValuesOfOneDatabaseAreNotReadInAnother(t *testing.T) {
	t.Parallel()
	for name, cache := range kinds {
		for _, id := range []string{"", t.Name() + name} {
			t.Run(name+" "+id, func(t *testing.T) {
				t.Parallel()
				server := glidetest.Start(t)
				cache := cache
				cache.ID = id
				client := connect(t, harness.Standalone, cache, server).(*glide.Client)
				stays := connect(t, harness.Standalone, cache, server).(*glide.Client)
				require.NoError(t, client.Set(ctx, "key", "of database 0"))
				for range 2 {
					for _, way := range []func(number int) error{
						func(number int) error { return client.Select(ctx, number) },
						func(number int) error {
							_, err := client.Do(ctx, "select", map[int]string{0: "0", 1: "1"}[number])
							return err
						},
					} {
						require.Equal(t, "of database 0", get(t, client, "key"))
						require.NoError(t, way(1))
						require.Equal(t, "none", get(t, client, "key"))
						require.NoError(t, client.Set(ctx, "key", "of database 1"))
						require.Equal(t, "of database 1", get(t, client, "key"))
						require.Equal(t, "of database 0", get(t, stays, "key"))
						_, err := client.Del(ctx, "key")
						require.NoError(t, err)
						require.NoError(t, way(0))
					}
				}
			})
		}
	}
}
