package glideotel_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glideotel"
	"github.com/valkey-glide/go/glide/glidetest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
)

// requireFailure requires that the last operation failed in this way.
func (o *telemetry) requireFailure(t *testing.T, name string, server addressed, errorType, code, description string) {
	t.Helper()
	failed := []attribute.KeyValue{attribute.String("error.type", errorType)}
	if code != "" {
		failed = append(failed, attribute.String("db.response.status_code", code))
	}
	span := o.takeSpan(t)
	require.Equal(t, name, span.Name)
	require.Equal(t, codes.Error, span.Status.Code)
	require.Equal(t, description, span.Status.Description)
	requireAttributes(t, base(name, server, failed...), span.Attributes)
	require.EqualValues(t, 1, o.count(t, base(name, server, failed...)...))
}

func TestErrorsHaveTypes(t *testing.T) {
	server := glidetest.Start(t)
	o := newTelemetry(t)
	client := o.connect(t, server)
	require.NoError(t, client.Set(ctx, "word", "seven"))
	o.takeSpans(t)

	_, err := client.LPush(ctx, "word", "x")
	require.Error(t, err)
	o.requireFailure(t, "LPUSH", server, "WRONGTYPE", "WRONGTYPE", "")

	_, err = client.Incr(ctx, "word")
	require.Error(t, err)
	o.requireFailure(t, "INCR", server, "ERR", "ERR", "")

	_, err = client.MGet(ctx)
	require.ErrorIs(t, err, glide.ErrInvalidArgument)
	o.requireFailure(t, "MGET", server, "invalid_argument", "", "invalid argument")

	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	_, err = client.Get(cancelled, "word")
	require.ErrorIs(t, err, context.Canceled)
	o.requireFailure(t, "GET", server, "canceled", "", "context canceled")

	require.NoError(t, client.Dedicated(ctx, func(c *glide.DedicatedClient) error {
		if err := c.Watch(ctx, "word"); err != nil {
			return err
		}
		server.MustCommand(t, "SET", "word", "eight")
		o.takeSpans(t)
		_, err := c.Exec(ctx, glide.NewTransaction().Get("word").Incr("n"))
		require.ErrorIs(t, err, glide.ErrTransactionAborted)
		return nil
	}))
	aborted := o.takeSpan(t)
	require.Equal(t, "MULTI", aborted.Name)
	require.Equal(t, "a watched key has changed", aborted.Status.Description)
	require.Contains(t, aborted.Attributes, attribute.String("error.type", "transaction_aborted"))

	client.Close()
	_, err = client.Get(ctx, "word")
	require.ErrorIs(t, err, glide.ErrClosed)
	o.requireFailure(t, "GET", server, "closed", "", "the client is closed")
}

func TestErrorsOfConnectionsHaveTypes(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithPassword("right"))
	proxy := glidetest.StartProxy(t, server.Addr())
	o := newTelemetry(t)
	config := glide.Config{Addresses: []glide.Address{addressOf(proxy)}, ConnectionTimeout: patience, Hooks: []glide.Hook{o.hook()}}

	config.Credentials = glide.Credentials{Password: "hunter2"}
	_, err := glide.NewClient(ctx, config)
	require.ErrorIs(t, err, glide.ErrAuthentication)
	o.requireFailure(t, "CONNECT", proxy, "WRONGPASS", "WRONGPASS", "")

	client := o.connect(t, proxy, func(config *glide.Config) { config.Credentials.Password = "right" })
	lost := make(chan error)
	go func() {
		_, err := client.BLPop(ctx, 0, "no list")
		lost <- err
	}()
	require.Eventually(t, func() bool {
		info, err := server.Command("INFO", "clients")
		return err == nil && strings.Contains(fmt.Sprint(info), "blocked_clients:1")
	}, patience, 5*time.Millisecond)
	proxy.Cut()
	require.ErrorIs(t, <-lost, glide.ErrConnectionLost)
	o.requireFailure(t, "BLPOP", proxy, "connection_lost", "", "the connection was lost")

	require.Eventually(t, func() bool { return client.Ping(ctx) == nil }, patience, 5*time.Millisecond)
	o.takeSpans(t)
	proxy.Blackhole()
	soon, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	_, err = client.Incr(soon, "n")
	require.ErrorIs(t, err, glide.ErrTimeout)
	o.requireFailure(t, "INCR", proxy, "timeout", "", "no reply in time")

	proxy.Refuse()
	_, err = glide.NewClient(ctx, config)
	require.ErrorIs(t, err, glide.ErrUnreachable)
	o.requireFailure(t, "CONNECT", proxy, "unreachable", "", "the server cannot be reached")
}

func TestCodesOfScriptsAreExportedIfNamed(t *testing.T) {
	server := glidetest.Start(t)
	o := newTelemetry(t)
	hook := o.hook(glideotel.WithErrorCodes("SOLDOUT"))
	client := o.connect(t, server, func(config *glide.Config) { config.Hooks = []glide.Hook{hook} })
	script := glide.NewScript("return redis.error_reply(ARGV[1])")
	fail := func(text string) (errorType string) {
		_, err := client.RunScript(ctx, script, nil, text)
		require.ErrorContains(t, err, text)
		spans := o.takeSpans(t)
		require.NotEmpty(t, spans)
		set := attribute.NewSet(spans[len(spans)-1].Attributes...)
		value, _ := set.Value("error.type")
		return value.AsString()
	}
	require.Equal(t, "SOLDOUT", fail("SOLDOUT none left"))
	require.Equal(t, "_OTHER", fail("HUNTER2 is the password"))
	require.NotContains(t, o.text(t), "HUNTER2")
}

func TestNothingExportedIsASecret(t *testing.T) {
	const secret = "hunter2"
	server := glidetest.Start(t, glidetest.WithUser("app", "on", ">"+secret, "~*", "&*", "+@all", "-config"))
	o := newTelemetry(t)
	client := o.connect(t, server, func(config *glide.Config) {
		config.Credentials = glide.Credentials{Username: "app", Password: secret}
		config.ClientName = secret
	})
	// run runs what may fail, in any way, and within batches as well.
	run := func(args ...string) {
		_, _ = client.Do(ctx, args...)
		_, _ = client.Exec(ctx, glide.NewPipeline().Do(args...).Do(args...))
		_, _ = client.Exec(ctx, glide.NewTransaction().Do(args...), glide.FailOnError)
	}
	require.NoError(t, client.Set(ctx, secret, secret))
	_, err := client.LPush(ctx, secret, secret)
	require.Error(t, err)
	_, err = client.Exec(ctx, glide.NewPipeline().Get(secret).Incr(secret), glide.FailOnError)
	require.Error(t, err)
	run("NOSUCHCOMMAND", secret)
	run("GET " + secret)
	run("get '" + secret + "'")
	run("CONFIG", "SET", secret, secret)
	run("CONFIG", secret)
	run("AUTH", "app", "not"+secret)
	run("ACL", "SETUSER", secret, "%"+secret)
	run("SELECT", secret)
	run("EVAL", "return redis.error_reply('"+secret+" '..ARGV[1])", "0", secret)
	run("EVAL", "syntax error "+secret, "0")
	run("FCALL", secret, "0")
	run("XADD", secret, secret, secret, secret)
	run("OBJECT", secret)
	client.Close()
	_, err = client.Get(ctx, secret)
	require.ErrorIs(t, err, glide.ErrClosed)

	refused := glide.Config{Addresses: []glide.Address{addressOf(server)}, ConnectionTimeout: patience, Hooks: []glide.Hook{o.hook()}}
	refused.Credentials = glide.Credentials{Username: secret, Password: secret}
	_, err = glide.NewClient(ctx, refused)
	require.ErrorIs(t, err, glide.ErrAuthentication)
	refused.Credentials = glide.Credentials{}
	refused.CredentialsFunc = func(context.Context) (glide.Credentials, error) {
		return glide.Credentials{}, fmt.Errorf("vault: %s", secret)
	}
	_, err = glide.NewClient(ctx, refused)
	require.ErrorContains(t, err, secret)

	text := o.text(t)
	for _, name := range []string{"SET", "PIPELINE GET", "PIPELINE NOSUCHCOMMAND", "CONNECT", "WRONGTYPE", "_OTHER", "closed"} {
		quoted, err := json.Marshal(name)
		require.NoError(t, err)
		require.Contains(t, text, string(quoted), "the test looks at what was exported")
	}
	require.NotContains(t, strings.ToLower(text), secret)
}
