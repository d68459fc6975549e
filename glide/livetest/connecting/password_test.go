package connecting_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// A passwordClient is a client of either kind.
type passwordClient interface {
	UpdateConnectionPassword(ctx context.Context, password string, immediateAuth bool) error
	ResetConnectionPassword(ctx context.Context) error
	Set(ctx context.Context, key, value string, options ...glide.SetOption) error
	Close() error
}

// A guarded deployment is one whose user's password the test changes.
type guarded struct {
	nodes []*glidetest.Server
	user  string
	// dial connects with a password.
	dial func(t *testing.T, password string, changes ...func(*glide.Config)) passwordClient
}

// onGuarded runs a test on a standalone server and on a cluster, with the
// default user and with another. The password is "old" at first.
func onGuarded(t *testing.T, test func(t *testing.T, d *guarded)) {
	t.Helper()
	t.Run("standalone", func(t *testing.T) {
		server := glidetest.Start(t, glidetest.WithUser("default", "on", ">old", "~*", "&*", "+@all"), glidetest.WithReplicas(1))
		test(t, &guarded{
			nodes: append(server.Replicas(), server), user: "default",
			dial: func(t *testing.T, password string, changes ...func(*glide.Config)) passwordClient {
				config := harness.ConfigFor(server, server.Replicas()[0])
				config.Credentials.Password = password
				for _, change := range append([]func(*glide.Config){harness.Patient, harness.QuickToReconnect}, changes...) {
					change(&config)
				}
				return harness.ConnectWith(t, config)
			},
		})
	})
	t.Run("cluster", func(t *testing.T) {
		cluster := glidetest.StartCluster(t, glidetest.WithReplicas(0), glidetest.WithUser("app", "on", ">old", "~*", "&*", "+@all"))
		test(t, &guarded{
			nodes: cluster.Nodes(), user: "app",
			dial: func(t *testing.T, password string, changes ...func(*glide.Config)) passwordClient {
				return harness.ConnectToCluster(t, cluster, func(c *glide.ClusterConfig) {
					common := glide.Config{Credentials: glide.Credentials{Username: "app", Password: password}}
					for _, change := range append([]func(*glide.Config){harness.Patient, harness.QuickToReconnect}, changes...) {
						change(&common)
					}
					c.Credentials, c.RequestTimeout, c.Reconnect = common.Credentials, common.RequestTimeout, common.Reconnect
					c.LazyConnect, c.Protocol, c.ConnectionTimeout = common.LazyConnect, common.Protocol, common.ConnectionTimeout
				})
			},
		})
	})
}

// rule changes the user at every node.
func (d *guarded) rule(t *testing.T, rules ...string) {
	t.Helper()
	for _, node := range d.nodes {
		node.MustCommand(t, append([]string{"ACL", "SETUSER", d.user}, rules...)...)
	}
}

// rotate makes the password another one.
func (d *guarded) rotate(t *testing.T, password string) { d.rule(t, "resetpass", ">"+password) }

// cut ends every connection of the user's.
func (d *guarded) cut(t *testing.T) {
	t.Helper()
	for _, node := range d.nodes {
		node.MustCommand(t, "CLIENT", "KILL", "USER", d.user)
	}
}

// requireServed requires that all nodes serve the client, soon.
func (d *guarded) requireServed(t *testing.T, client passwordClient) {
	t.Helper()
	ctx, cancel := context.WithTimeout(ctx, 20*time.Second)
	defer cancel()
	for i := range 30 {
		for {
			attempt, cancel := context.WithTimeout(ctx, time.Second)
			err := client.Set(attempt, harness.KeyOf(i), harness.ValueOf(i))
			cancel()
			if err == nil {
				break
			}
			require.NoError(t, ctx.Err(), "not served: %v", err)
			time.Sleep(5 * time.Millisecond)
		}
	}
}

// requireRefused requires that the client is not served by any more.
func (d *guarded) requireRefused(t *testing.T, client passwordClient) {
	t.Helper()
	for i := range 5 {
		attempt, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		err := client.Set(attempt, harness.KeyOf(i), harness.ValueOf(i))
		cancel()
		require.Error(t, err, "it still knows the password")
		requireNoSecret(t, err.Error())
	}
}

func TestUpdatedPasswordIsForConnectionsToCome(t *testing.T) {
	onGuarded(t, func(t *testing.T, d *guarded) {
		told, untold := d.dial(t, "old"), d.dial(t, "old")
		d.rotate(t, "new")
		require.NoError(t, told.UpdateConnectionPassword(ctx, "new", false))
		// Connections stay as they are authenticated.
		d.requireServed(t, told)
		d.requireServed(t, untold)
		d.cut(t)
		d.requireServed(t, told)
		d.requireRefused(t, untold)
		d.requireServed(t, told)
	})
}

func TestUpdatedPasswordIsTriedImmediately(t *testing.T) {
	onGuarded(t, func(t *testing.T, d *guarded) {
		client := d.dial(t, "old")
		d.rule(t, ">new")
		asked := func() (sum int) {
			return harness.SumOver(d.nodes, func(node *glidetest.Server) int { return testkit.CallsOf(t, node, "auth") })
		}
		first := asked()
		before := asked()
		require.NoError(t, client.UpdateConnectionPassword(ctx, "new", true))
		// Who asks may have to authenticate for it, too.
		require.Equal(t, len(d.nodes), asked()-before-(before-first))
		d.rule(t, "<old")
		d.cut(t)
		d.requireServed(t, client)
	})
}

func TestWrongPasswordLeavesTheOldOneInForce(t *testing.T) {
	onGuarded(t, func(t *testing.T, d *guarded) {
		for name, lazy := range map[string]bool{"connected": false, "lazy": true} {
			t.Run(name, func(t *testing.T) {
				client := d.dial(t, "old", func(c *glide.Config) { c.LazyConnect = lazy })
				for range 2 {
					err := client.UpdateConnectionPassword(ctx, secret, true)
					require.ErrorIs(t, err, glide.ErrAuthentication)
					requireNoSecret(t, fmt.Sprintf("%v %+v %#v", err, err, err))
					require.ErrorContains(t, err, "UpdateConnectionPassword")
					d.requireServed(t, client)
					d.cut(t)
					d.requireServed(t, client)
				}
			})
		}
	})
}

func TestPasswordThatOneNodeRefusesIsInForceNowhere(t *testing.T) {
	onGuarded(t, func(t *testing.T, d *guarded) {
		client := d.dial(t, "old")
		for _, node := range d.nodes[1:] {
			node.MustCommand(t, "ACL", "SETUSER", d.user, ">new")
		}
		require.ErrorIs(t, client.UpdateConnectionPassword(ctx, "new", true), glide.ErrAuthentication)
		for _, node := range d.nodes[1:] {
			node.MustCommand(t, "ACL", "SETUSER", d.user, "<new")
		}
		d.cut(t)
		d.requireServed(t, client)
	})
}

// The core goes on reconnecting with the password with which it began.
func TestPasswordIsUpdatedWhileReconnecting(t *testing.T) {
	onGuarded(t, func(t *testing.T, d *guarded) {
		for i, immediately := range []bool{false, true} {
			t.Run(fmt.Sprintf("immediately %t", immediately), func(t *testing.T) {
				before, after := fmt.Sprint("before", i), fmt.Sprint("after", i)
				d.rotate(t, before)
				client := d.dial(t, before)
				d.requireServed(t, client)
				d.rotate(t, after)
				d.cut(t)
				d.requireRefused(t, client)
				begun := time.Now()
				require.NoError(t, client.UpdateConnectionPassword(harness.Within(t, 4*time.Second), after, immediately))
				d.requireServed(t, client)
				t.Logf("served again after %v", time.Since(begun))
				require.Less(t, time.Since(begun), 10*time.Second)
				d.cut(t)
				d.requireServed(t, client)
			})
		}
	})
}

func TestPasswordIsUpdatedWhileTheServerIsDown(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithPassword("old"))
	client := harness.Connect(t, server, harness.QuickToReconnect, func(c *glide.Config) { c.Credentials.Password = "old" })
	require.NoError(t, harness.SetAndCheck(client, 1))
	require.NoError(t, server.SetPassword("new"))
	require.NoError(t, server.Stop())
	time.Sleep(100 * time.Millisecond) // it is reconnecting
	err := client.UpdateConnectionPassword(ctx, "new", true)
	require.True(t, harness.IsLost(err), "%v", err)
	require.NoError(t, client.UpdateConnectionPassword(ctx, "new", false))
	// Another change is not held up by the first.
	require.NoError(t, client.UpdateConnectionPassword(ctx, "newer", false))
	require.NoError(t, client.UpdateConnectionPassword(ctx, "new", false))
	require.NoError(t, server.Restart())
	require.Eventually(t, func() bool { return harness.SetAndCheck(client, 1) == nil }, harness.Patience, 10*time.Millisecond)
	require.Eventually(t, func() bool { return len(harness.ConnectionsTo(t, server)) == 1 }, harness.Patience, 10*time.Millisecond,
		"the connection that was replaced is still there")
}

func TestPasswordsAreRotatedUnderLoad(t *testing.T) {
	onGuarded(t, func(t *testing.T, d *guarded) {
		client := d.dial(t, "old", func(c *glide.Config) { c.RequestTimeout = 5 * time.Second })
		l := testkit.StartLoad(20, func(i int) error { return client.Set(ctx, harness.KeyOf(i), harness.ValueOf(i)) })
		before := "old"
		for round := range 6 {
			after := fmt.Sprint(secret, round)
			l.AwaitSuccess(t, 10*time.Second)
			if immediately := round%2 == 0; immediately {
				d.rule(t, ">"+after)
				require.NoError(t, client.UpdateConnectionPassword(ctx, after, true))
				d.rule(t, "<"+before)
			} else {
				d.rotate(t, after)
				require.NoError(t, client.UpdateConnectionPassword(ctx, after, false))
			}
			l.AwaitSuccess(t, 10*time.Second)
			d.cut(t)
			l.AwaitSuccess(t, 10*time.Second)
			before = after
		}
		l.End()
		t.Log(l)
		harness.RequireLost(t, l.Errs())
		d.requireServed(t, client)
		for _, err := range l.Errs() {
			requireNoSecret(t, err.Error())
		}
	})
}

func TestPasswordOfALazyClientIsUpdated(t *testing.T) {
	onGuarded(t, func(t *testing.T, d *guarded) {
		lazy := func(c *glide.Config) { c.LazyConnect, c.ConnectionTimeout = true, time.Second }
		connections := func() (n int) {
			for _, node := range d.nodes {
				for _, fields := range harness.ConnectionsTo(t, node) {
					if fields["user"] == d.user {
						n++
					}
				}
			}
			return n
		}
		t.Run("before it has connected", func(t *testing.T) {
			client := d.dial(t, "wrong", lazy)
			require.NoError(t, client.UpdateConnectionPassword(ctx, "old", false))
			require.Zero(t, connections(), "it has connected")
			d.requireServed(t, client)
			d.cut(t)
			d.requireServed(t, client)
		})
		t.Run("before it has connected, immediately", func(t *testing.T) {
			client := d.dial(t, "wrong", lazy)
			require.NoError(t, client.UpdateConnectionPassword(ctx, "old", true))
			require.NotZero(t, connections())
			d.requireServed(t, client)
		})
		t.Run("after it has failed to connect", func(t *testing.T) {
			client := d.dial(t, "wrong", lazy)
			require.Error(t, client.Set(harness.Within(t, 2*time.Second), "key", "value"))
			require.NoError(t, client.UpdateConnectionPassword(ctx, "old", false))
			d.requireServed(t, client)
		})
		t.Run("after it has connected", func(t *testing.T) {
			client := d.dial(t, "old", lazy)
			d.requireServed(t, client)
			d.rotate(t, "new")
			require.NoError(t, client.UpdateConnectionPassword(ctx, "new", false))
			d.cut(t)
			d.requireServed(t, client)
		})
	})
}

func TestResetPasswordIsNotSent(t *testing.T) {
	t.Parallel()
	recorder := startRecorder(t)
	client := harness.Connect(t, recorder, harness.QuickToReconnect, func(c *glide.Config) { c.Credentials.Password = secret })
	require.Equal(t, []string{"3", "AUTH", "default", secret}, recorder.last("HELLO"))
	require.NoError(t, client.ResetConnectionPassword(ctx))
	recorder.cut()
	require.Eventually(t, func() bool { return client.Set(ctx, "key", "value") == nil }, harness.Patience, 10*time.Millisecond)
	require.Equal(t, []string{"3"}, recorder.last("HELLO"))

	require.NoError(t, client.UpdateConnectionPassword(ctx, "again", false))
	recorder.cut()
	require.Eventually(t, func() bool { return client.Set(ctx, "key", "value") == nil }, harness.Patience, 10*time.Millisecond)
	require.Equal(t, []string{"3", "AUTH", "default", "again"}, recorder.last("HELLO"))
}

func TestUpdatingAPasswordIsBoundedInTime(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithUser("default", "on", ">old", ">new", "~*", "&*", "+@all"))
	timeout, stalls := 200*time.Millisecond, testkit.MeasureStalls(t)
	client := harness.Connect(t, server, harness.QuickToReconnect, func(c *glide.Config) {
		c.Credentials.Password, c.RequestTimeout = "old", timeout
	})
	require.NoError(t, server.Pause())
	begun := time.Now()
	err := client.UpdateConnectionPassword(ctx, "new", true)
	took := time.Since(begun)
	require.ErrorIs(t, err, glide.ErrTimeout)
	require.Less(t, took, timeout+harness.Tolerance+stalls())

	canceled, cancel := context.WithCancel(ctx)
	time.AfterFunc(20*time.Millisecond, cancel)
	require.ErrorIs(t, client.UpdateConnectionPassword(canceled, "new", true), context.Canceled)

	// What needs no server is done without.
	require.NoError(t, client.UpdateConnectionPassword(harness.Within(t, harness.Patience), "old", false))
	require.NoError(t, server.Resume())
	server.MustCommand(t, "ACL", "SETUSER", "default", "<new")
	server.MustCommand(t, "CLIENT", "KILL", "USER", "default")
	require.Eventually(t, func() bool { return harness.SetAndCheck(client, 1) == nil }, harness.Patience, 10*time.Millisecond)
}

func TestPasswordIsThatOfTheUserWhoWasAuthenticatedLast(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithUser("default", "on", ">old", "~*", "&*", "+@all"),
		glidetest.WithUser("other", "on", ">others", "~*", "&*", "+@all"))
	client := harness.Connect(t, server, harness.QuickToReconnect, func(c *glide.Config) { c.Credentials.Password = "old" })
	for _, login := range []func() error{
		func() error { return client.Auth(ctx, glide.Credentials{Username: "other", Password: "others"}) },
		func() error {
			_, err := client.Do(ctx, "auth", "other", "others")
			return err
		},
	} {
		require.NoError(t, client.Auth(ctx, glide.Credentials{Username: "default", Password: "old"}))
		require.NoError(t, login())
		server.MustCommand(t, "ACL", "SETUSER", "other", "resetpass", ">new")
		server.MustCommand(t, "CLIENT", "KILL", "USER", "other")
		_ = harness.SetAndCheck(client, 1) // it is reconnecting, with the former one
		require.NoError(t, client.UpdateConnectionPassword(harness.Within(t, 4*time.Second), "new", true))
		require.Equal(t, "other", harness.Value(client.Do(ctx, "ACL", "WHOAMI"))(t))
		server.MustCommand(t, "ACL", "SETUSER", "other", "resetpass", ">others")
	}
}

func TestPasswordsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t)
	client := harness.Connect(t, server)
	for _, password := range []string{"", "\xff" + secret} {
		for _, immediately := range []bool{true, false} {
			err := client.UpdateConnectionPassword(ctx, password, immediately)
			require.ErrorIs(t, err, glide.ErrInvalidArgument)
			requireNoSecret(t, err.Error())
		}
	}
	// The default user has no password.
	require.ErrorIs(t, client.UpdateConnectionPassword(ctx, secret, true), glide.ErrAuthentication)
	require.ErrorIs(t, client.RefreshIAMToken(ctx), glide.ErrInvalidArgument)
	//lint:ignore SA1012 that it is refused is tested
	require.ErrorIs(t, client.UpdateConnectionPassword(nil, "new", true), glide.ErrInvalidArgument)
	client.Close()
	require.ErrorIs(t, client.UpdateConnectionPassword(ctx, "new", true), glide.ErrClosed)
	require.ErrorIs(t, client.ResetConnectionPassword(ctx), glide.ErrClosed)
	var zero glide.ClusterClient
	require.ErrorIs(t, zero.UpdateConnectionPassword(ctx, "new", false), glide.ErrClosed)

	config := harness.ConfigFor(server)
	config.Credentials.Password = "\xff" + secret
	_, err := glide.NewClient(ctx, config)
	require.ErrorIs(t, err, glide.ErrConfiguration)
	require.ErrorContains(t, err, "Credentials.Password")
	requireNoSecret(t, err.Error())
}

func TestClosingEndsAPasswordUpdate(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithUser("default", "on", ">old", "~*", "&*", "+@all"))
	for _, immediately := range []bool{true, false} {
		client := harness.Connect(t, server, harness.Patient, func(c *glide.Config) { c.Credentials.Password = "old" })
		require.NoError(t, server.Pause())
		time.AfterFunc(50*time.Millisecond, func() { _ = client.Close() })
		if immediately {
			require.ErrorIs(t, client.UpdateConnectionPassword(ctx, "new", true), glide.ErrClosed)
		} else {
			require.NoError(t, client.UpdateConnectionPassword(ctx, "new", false))
		}
		time.Sleep(100 * time.Millisecond)
		require.NoError(t, server.Resume())
		require.Empty(t, testkit.AwaitNothingAlive())
		require.Eventually(t, func() bool { return len(harness.ConnectionsTo(t, server)) == 0 }, harness.Patience, 10*time.Millisecond)
	}
}

// What a client does on other connections than those that all share goes by
// the new password as well.
func TestEveryConnectionHasTheNewPassword(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t, glidetest.WithUser("default", "on", ">old", "~*", "&*", "+@all"))
	for _, immediately := range []bool{true, false} {
		t.Run(fmt.Sprint("immediately ", immediately), func(t *testing.T) {
			server.MustCommand(t, "ACL", "SETUSER", "default", "resetpass", ">old")
			config := harness.ConfigFor(server)
			config.Credentials.Password = "old"
			config.Subscriptions.Channels = []string{"news"}
			harness.Patient(&config)
			harness.QuickToReconnect(&config)
			client := harness.ConnectWith(t, config)
			_, err := client.BLPop(ctx, 10*time.Millisecond, "nothing")
			require.NoError(t, err)

			server.MustCommand(t, "ACL", "SETUSER", "default", "resetpass", ">new")
			require.NoError(t, client.UpdateConnectionPassword(ctx, "new", immediately))
			server.MustCommand(t, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
			server.MustCommand(t, "CLIENT", "KILL", "TYPE", "pubsub")
			require.Eventually(t, func() bool {
				_, err := client.BLPop(ctx, 10*time.Millisecond, "nothing")
				// It may take the connection that was closed just now.
				require.True(t, err == nil || errors.Is(err, glide.ErrConnectionLost), "%v", err)
				return err == nil
			}, harness.Patience, time.Millisecond)
			require.Eventually(t, func() bool { return server.MustCommand(t, "PUBLISH", "news", "text").(int64) > 0 }, harness.Patience, 10*time.Millisecond)
			message, err := client.NextMessage(ctx)
			require.NoError(t, err)
			require.Equal(t, glide.Message{Channel: "news", Payload: "text"}, message)
		})
	}
}
