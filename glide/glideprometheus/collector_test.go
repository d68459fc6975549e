package glideprometheus_test

import (
	"context"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/testutil"
	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glideprometheus"
	"github.com/valkey-glide/go/glide/glidetest"
)

var ctx = context.Background()

// fixed are statistics that do not change.
type fixed glide.Stats

func (f fixed) Stats() glide.Stats { return glide.Stats(f) }

// numbered returns statistics in which every number is another one, from 1.
func numbered() (stats fixed, count int) {
	var number func(v reflect.Value)
	number = func(v reflect.Value) {
		if v.Kind() == reflect.Struct {
			for i := range v.NumField() {
				number(v.Field(i))
			}
			return
		}
		count++
		v.SetInt(int64(count))
	}
	number(reflect.ValueOf(&stats).Elem())
	return stats, count
}

func TestEveryStatisticIsAMetric(t *testing.T) {
	stats, count := numbered()
	registry := prometheus.NewPedanticRegistry()
	require.NoError(t, registry.Register(glideprometheus.NewCollector("one", stats)))
	families, err := registry.Gather()
	require.NoError(t, err)
	values := map[float64]string{}
	for _, family := range families {
		for _, m := range family.GetMetric() {
			value := m.GetGauge().GetValue() + m.GetCounter().GetValue()
			require.Empty(t, values[value], family.GetName())
			values[value] = family.GetName()
		}
	}
	require.Len(t, values, count, "%v", values)
}

func TestMetricsFollowTheConventions(t *testing.T) {
	stats, _ := numbered()
	problems, err := testutil.CollectAndLint(glideprometheus.NewCollector("one", stats))
	require.NoError(t, err)
	require.Empty(t, problems)
}

func TestClientsAreDistinguished(t *testing.T) {
	registry := prometheus.NewPedanticRegistry()
	one := glideprometheus.NewCollector("one", fixed{Connections: 1, Dedicated: glide.DedicatedStats{InUse: 2, Idle: 3}})
	two := glideprometheus.NewCollector("two", fixed{Connections: 4})
	require.NoError(t, registry.Register(one))
	require.NoError(t, registry.Register(two))
	require.Error(t, registry.Register(glideprometheus.NewCollector("one", fixed{})), "the same name twice")
	require.NoError(t, testutil.GatherAndCompare(registry, strings.NewReader(`
# HELP glide_connections Connections to servers that commands share.
# TYPE glide_connections gauge
glide_connections{client="one"} 1
glide_connections{client="two"} 4
# HELP glide_dedicated_connections Dedicated connections, of blocking commands and sessions.
# TYPE glide_dedicated_connections gauge
glide_dedicated_connections{client="one",state="idle"} 3
glide_dedicated_connections{client="one",state="in_use"} 2
glide_dedicated_connections{client="two",state="idle"} 0
glide_dedicated_connections{client="two",state="in_use"} 0
`), "glide_connections", "glide_dedicated_connections"))
	require.True(t, registry.Unregister(one))
	require.NoError(t, registry.Register(glideprometheus.NewCollector("one", fixed{})))
}

func TestARealClientIsCollected(t *testing.T) {
	server := glidetest.Start(t)
	client, err := glide.NewClient(ctx, glide.Config{
		Addresses: []glide.Address{{Host: server.Host(), Port: server.Port()}}, RequestTimeout: 30 * time.Second,
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, client.Close()) })
	require.NoError(t, client.Set(ctx, "key", strings.Repeat("x", 10_000)))
	require.NoError(t, client.Subscribe(ctx, "channel"))

	registry := prometheus.NewPedanticRegistry()
	require.NoError(t, registry.Register(glideprometheus.NewCollector("real", client)))
	families, err := registry.Gather()
	require.NoError(t, err)
	value := func(name string) float64 {
		for _, family := range families {
			if family.GetName() == name {
				m := family.GetMetric()[0]
				require.Equal(t, "real", m.GetLabel()[0].GetValue())
				return m.GetGauge().GetValue() + m.GetCounter().GetValue()
			}
		}
		require.Fail(t, name)
		return 0
	}
	require.EqualValues(t, 1, value("glide_connections"))
	require.EqualValues(t, 1, value("glide_message_connections"))
	require.EqualValues(t, 1, value("glide_subscriptions"))
	require.Greater(t, value("glide_sent_bytes_total"), 10_000.0)
	require.Positive(t, value("glide_received_bytes_total"))
	require.Zero(t, value("glide_retries_total"))
}
