package spec_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// publisher is what both kinds of client have in common here.
type publisher interface {
	harness.Client
	Publish(ctx context.Context, channel, message string) (int64, error)
	SPublish(ctx context.Context, channel, message string) (int64, error)
}

// waysToPublish publish a message.
var waysToPublish = map[string]func(client publisher, channel, message string) error{
	"method": func(client publisher, channel, message string) error {
		_, err := client.Publish(ctx, channel, message)
		return err
	},
	"custom command": func(client publisher, channel, message string) error {
		_, err := client.Do(ctx, "publish", channel, message)
		return err
	},
	"pipeline": func(client publisher, channel, message string) error {
		_, err := client.Exec(ctx, glide.NewPipeline().Publish(channel, message))
		return err
	},
}

// requireReceived publishes three messages in each way. A subscriber of the
// server must receive all of them.
func requireReceived(t *testing.T, subscriber *glide.Client, server *glidetest.Server, client publisher) {
	t.Helper()
	var sent []string
	for way, publish := range waysToPublish {
		for i := range 3 {
			message := fmt.Sprint(way, i)
			require.NoError(t, publish(client, "news", message))
			sent = append(sent, message)
		}
	}
	require.EqualValues(t, 1, server.MustCommand(t, "PUBLISH", "news", "the last"))
	var received []string
	for {
		message, err := subscriber.NextMessage(ctx)
		require.NoError(t, err)
		if message.Payload == "the last" {
			break
		}
		received = append(received, message.Payload)
	}
	require.ElementsMatch(t, sent, received)
}

func TestPublishOfStandaloneClientsGoesToThePrimary(t *testing.T) {
	t.Parallel()
	primary := glidetest.Start(t, glidetest.WithReplicas(1))
	replica := primary.Replicas()[0]
	subscriber := standalone(t, glide.Config{
		Addresses: harness.AddressesOf(primary), Subscriptions: glide.Subscriptions{Channels: []string{"news"}},
	})
	for name, from := range strategies {
		t.Run(name, func(t *testing.T) {
			client := standalone(t, glide.Config{Addresses: harness.AddressesOf(replica, primary), ReadFrom: from, AvailabilityZone: zoneOf(from)})
			requireReceived(t, subscriber, primary, client)
			before := testkit.CallsOf(t, primary, "spublish")
			_, err := client.SPublish(ctx, "news", "sharded")
			require.NoError(t, err)
			require.Equal(t, before+1, testkit.CallsOf(t, primary, "spublish"))
		})
	}
}

func TestPublishOfReadOnlyClientsGoesToAReplica(t *testing.T) {
	t.Parallel()
	primary := glidetest.Start(t, glidetest.WithReplicas(1))
	replica := primary.Replicas()[0]
	readOnly := glide.Config{Addresses: harness.AddressesOf(replica), ReadOnly: true}
	client := standalone(t, readOnly)
	readOnly.Subscriptions.Channels = []string{"news"}
	requireReceived(t, standalone(t, readOnly), replica, client)
	require.Positive(t, testkit.CallsOf(t, replica, "publish"))
	require.Zero(t, testkit.CallsOf(t, primary, "publish"))
}

func TestPublishInAClusterGoesToThePrimaryOfTheChannelsSlot(t *testing.T) {
	t.Parallel()
	cluster := glidetest.StartCluster(t)
	for name, from := range strategies {
		t.Run(name, func(t *testing.T) {
			config := patient(cluster.Nodes()[0])
			config.ReadFrom, config.AvailabilityZone = from, zoneOf(from)
			client := harness.ConnectCluster(t, config)
			for _, channel := range []string{"a", "b", "c"} {
				owner, err := cluster.NodeForKey(channel)
				require.NoError(t, err)
				for i, command := range []string{"publish", "spublish"} {
					before := testkit.CallsOf(t, owner, command)
					for range 3 {
						_, err = []func(context.Context, string, string) (int64, error){client.Publish, client.SPublish}[i](ctx, channel, "message")
						require.NoError(t, err)
						_, err = client.Do(ctx, command, channel, "message")
						require.NoError(t, err)
					}
					require.Equal(t, before+6, testkit.CallsOf(t, owner, command), command)
				}
			}
		})
	}
}

// What has an effect on a server is not for a replica, though it writes no key.
// PUBLISH has separate tests: replicas run what their primary publishes.
func TestCommandsWithEffectsGoToThePrimary(t *testing.T) {
	t.Parallel()
	primary := glidetest.Start(t, glidetest.WithReplicas(1))
	replica := primary.Replicas()[0]
	client := standalone(t, glide.Config{Addresses: harness.AddressesOf(primary, replica), ReadFrom: glide.PreferReplica})
	commands := map[string][]string{
		"acl|whoami": nil, "bgrewriteaof": nil, "client|id": nil, "client|list": nil, "client|no-evict": {"off"},
		"client|unpause": nil, "latency|reset": nil, "memory|purge": nil, "module|list": nil,
	}
	for name, args := range commands {
		before := testkit.CallsOf(t, replica, name)
		_, err := client.Do(ctx, append(strings.Split(name, "|"), args...)...)
		require.NoError(t, err, name)
		require.Equal(t, before, testkit.CallsOf(t, replica, name), name)
		require.Positive(t, testkit.CallsOf(t, primary, name), name)
	}
	reads := map[string][]string{"get": {"key"}, "exists": {"key"}, "object|encoding": {"key"}, "xrange": {"key", "-", "+"}, "memory|usage": {"key"}}
	for name, args := range reads {
		_, _ = client.Do(ctx, append(strings.Split(name, "|"), args...)...)
		require.Positive(t, testkit.CallsOf(t, replica, name), name)
		require.Zero(t, testkit.CallsOf(t, primary, name), name)
	}
}
