package connecting_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

const secret = "hunter2"

// requireNoSecret requires that a text does not show the secret in any of the
// forms that formatting can produce.
func requireNoSecret(t *testing.T, text string) {
	t.Helper()
	decimal := strings.Trim(fmt.Sprint([]byte(secret)), "[]")
	for _, form := range []string{
		secret, hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret))),
		decimal, strings.ReplaceAll(decimal, " ", ", "), fmt.Sprintf("% x", secret), fmt.Sprintf("%#v", []byte(secret)),
		"aHVudGVyM", // base64
	} {
		require.NotContains(t, text, form)
	}
}

func TestSecretsAreNotFormatted(t *testing.T) {
	credentials := glide.Credentials{Username: "app", Password: secret}
	tls := glide.TLS{ClientCertificate: []byte("certificate"), ClientKey: []byte(secret)}
	config := glide.Config{Credentials: credentials, TLS: &tls}
	cluster := glide.ClusterConfig{Credentials: credentials, TLS: &tls}
	rule := []string{"ACL", "SETUSER", "app", ">" + secret}
	transaction := glide.NewTransaction().Do(rule...).Set("key", secret)
	server, err := testkit.SharedServer()
	require.NoError(t, err)
	client := harness.ConnectWith(t, harness.ConfigFor(server))
	require.NoError(t, client.UpdateConnectionPassword(ctx, secret, false))
	for name, value := range map[string]any{
		"Credentials": credentials, "*Credentials": &credentials, "[]Credentials": []glide.Credentials{credentials},
		"map": map[string]glide.Credentials{"a": credentials}, "struct": struct{ C glide.Credentials }{credentials},
		"TLS": tls, "*TLS": &tls, "Config": config, "*Config": &config, "any": []any{config, &tls},
		"ClusterConfig": cluster, "*ClusterConfig": &cluster, "MigrateOption": glide.MigrateAs(credentials),
		"Transaction": transaction, "Transaction by value": *transaction,
		"Pipeline": glide.NewPipeline().Do(rule...), "Client": client, "Client by value": *client,
	} {
		t.Run(name, func(t *testing.T) {
			for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%#x", "%d", "%o", "%b", "%c", "%U", "%T", "%t", "%e", "%20v", "%.3s"} {
				requireNoSecret(t, fmt.Sprintf(verb, value))
			}
			requireNoSecret(t, fmt.Sprint(value))
			encoded, err := json.Marshal(value)
			require.NoError(t, err)
			requireNoSecret(t, string(encoded))
			var log bytes.Buffer
			for _, handler := range []slog.Handler{slog.NewTextHandler(&log, nil), slog.NewJSONHandler(&log, nil)} {
				slog.New(handler).Info("connecting", "value", value, slog.Group("group", slog.Any("value", value)))
			}
			requireNoSecret(t, log.String())
		})
	}
	require.Equal(t, "{Username:app Password:(secret)}", fmt.Sprintf("%+v", credentials))
	require.Equal(t, "{Username: Password:}", fmt.Sprint(glide.Credentials{}))
	require.Equal(t, "{2 commands}", fmt.Sprintf("%+v", transaction))
}

func TestErrorsAndLogsDoNotShowSecrets(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithPassword("correct"))
	ctx := context.Background()
	var log harness.LockedBuffer
	require.NoError(t, glide.SetLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug - 8}))))
	defer func() { require.NoError(t, glide.SetLogger(nil)) }()

	for _, protocol := range []glide.Protocol{glide.RESP2, glide.RESP3} {
		config := harness.ConfigFor(server)
		config.Protocol = protocol
		config.Credentials = glide.Credentials{Username: "nobody", Password: secret}
		_, err := glide.NewClient(ctx, config)
		require.ErrorIs(t, err, glide.ErrAuthentication)
		requireNoSecret(t, fmt.Sprintf("%v %+v %#v %s", err, err, err, strconv.Quote(err.Error())))
	}

	client := harness.Connect(t, server, func(c *glide.Config) { c.Credentials.Password = "correct" })
	for _, args := range [][]string{
		{"NOSUCH", secret, secret}, {"AUTHH", "app", secret}, {"CONFIG", "NOSUCH", secret}, {"AUTH", secret}, {"ACL", "NOSUCH", secret},
		{"SET", "key", "value", secret}, {"HELLO", "3", "AUTH", "app", secret}, {"CONFIG", "SET", "nosuch", secret},
		{"ACL", "SETUSER", "someone", "nonsense" + secret}, {"EVAL", "return redis.error_reply('done')", "1", secret},
	} {
		_, err := client.Do(ctx, args...)
		require.Error(t, err, "%q", args[0])
		t.Run(args[0], func(t *testing.T) { requireNoSecret(t, fmt.Sprintf("%v %+v %#v", err, err, err)) })
	}
	require.NoError(t, client.Set(ctx, secret, secret))
	_, err := client.Incr(ctx, secret)
	require.Error(t, err)
	requireNoSecret(t, err.Error())

	t.Run("log", func(t *testing.T) {
		require.NotEmpty(t, log.String())
		for line := range strings.Lines(log.String()) {
			requireNoSecret(t, line)
			require.NotContains(t, line, "correct")
		}
	})
}

// recordLog has everything that the core logs recorded while a test goes on,
// and then requires that no secret is in it.
func recordLog(t *testing.T, secrets ...string) {
	t.Helper()
	var log harness.LockedBuffer
	require.NoError(t, glide.SetLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug - 8}))))
	t.Cleanup(func() {
		require.NoError(t, glide.SetLogger(nil))
		require.NotEmpty(t, log.String())
		for line := range strings.Lines(log.String()) {
			requireNoSecret(t, line)
			for _, secret := range secrets {
				require.NotContains(t, line, secret)
			}
		}
		t.Logf("%d bytes of log", len(log.String()))
	})
}

func TestLogsOfWhatPasswordsAreUsedForDoNotShowThem(t *testing.T) {
	onGuarded(t, func(t *testing.T, d *guarded) {
		recordLog(t, "old-"+secret, "new-"+secret)
		d.rotate(t, "old-"+secret)
		client := d.dial(t, "old-"+secret)
		d.requireServed(t, client)
		lazy := d.dial(t, secret, func(c *glide.Config) { c.LazyConnect = true })
		require.Error(t, lazy.Set(harness.Within(t, 2*time.Second), "key", "value"))
		require.Error(t, client.UpdateConnectionPassword(ctx, secret, true))

		d.rotate(t, "new-"+secret)
		d.cut(t)
		d.requireRefused(t, client)
		require.NoError(t, client.UpdateConnectionPassword(ctx, "new-"+secret, false))
		d.requireServed(t, client)
		require.NoError(t, client.UpdateConnectionPassword(ctx, "new-"+secret, true))
		require.NoError(t, client.ResetConnectionPassword(ctx))
		d.cut(t)

		other := d.dial(t, "new-"+secret)
		do := other.(interface {
			Do(context.Context, ...string) (any, error)
			Auth(context.Context, glide.Credentials) error
		})
		for _, words := range [][]string{
			{"AUTH", d.user, "new-" + secret}, {"AUTH", d.user, secret}, {"HELLO", "3", "AUTH", d.user, "new-" + secret},
			{"HELLO", "3", "AUTH", d.user, secret}, {"ACL", "SETUSER", "somebody", ">" + secret}, {"CONFIG", "SET", "masterauth", secret},
			{"ACL", "GETUSER", d.user}, {"NOSUCH", secret}, {"MIGRATE", "127.0.0.1", "1", "key", "0", "10", "AUTH2", "app", secret},
		} {
			_, err := do.Do(ctx, words...)
			if err != nil {
				requireNoSecret(t, fmt.Sprintf("%v %+v %#v", err, err, err))
			}
		}
		require.Error(t, do.Auth(ctx, glide.Credentials{Username: d.user, Password: secret}))
	})
}

func TestErrorsOfConfigurationsDoNotShowSecrets(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"valkey://app:" + secret, "valkey://app:" + secret + "@", "valkey://:" + secret + "@host:port", "redis://app:" + secret + "@[::1",
		"http://app:" + secret + "@host", "valkey://app:" + secret + "@host/x", "valkey://app:%zz" + secret + "@host",
		"valkey://app:" + secret + "@host?password=" + secret, "valkey://host?" + secret + "=1", "app:" + secret + "@host",
	} {
		_, err := glide.ParseURL(url)
		if err != nil {
			requireNoSecret(t, fmt.Sprintf("%v %+v %#v %q", err, err, err, err))
		}
	}
	for _, config := range []glide.Config{
		{Credentials: glide.Credentials{Password: secret}, Database: -1},
		{Credentials: glide.Credentials{Password: secret}, Addresses: []glide.Address{harness.Nowhere(t)}, ConnectionTimeout: 50 * time.Millisecond},
		{TLS: &glide.TLS{ClientKey: []byte(secret)}},
		{TLS: &glide.TLS{ClientCertificate: []byte(secret), ClientKey: []byte(secret)}},
		{TLS: &glide.TLS{RootCertificates: []byte(secret)}},
	} {
		_, err := glide.NewClient(ctx, config)
		require.Error(t, err)
		requireNoSecret(t, fmt.Sprintf("%v %+v %#v %q", err, err, err, err))
	}
}
