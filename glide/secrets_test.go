package glide_test

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

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
)

const secret = "hunter2"

// requireNoSecret requires that a text does not show the secret in any of the
// forms that formatting can give it.
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
	t.Parallel()
	credentials := glide.Credentials{Username: "app", Password: secret}
	tls := glide.TLS{ClientCertificate: []byte("certificate"), ClientKey: []byte(secret)}
	config := glide.Config{Credentials: credentials, TLS: &tls}
	for name, value := range map[string]any{
		"Credentials": credentials, "*Credentials": &credentials, "[]Credentials": []glide.Credentials{credentials},
		"map": map[string]glide.Credentials{"a": credentials}, "struct": struct{ C glide.Credentials }{credentials},
		"TLS": tls, "*TLS": &tls, "Config": config, "*Config": &config, "any": []any{config, &tls},
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
}

func TestErrorsAndLogsDoNotShowSecrets(t *testing.T) {
	server := glidetest.Start(t, glidetest.WithPassword("correct"))
	ctx := context.Background()
	var log lockedBuffer
	require.NoError(t, glide.SetLogger(slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug - 8}))))
	defer func() { require.NoError(t, glide.SetLogger(nil)) }()

	for _, protocol := range []glide.Protocol{glide.RESP2, glide.RESP3} {
		config := configFor(server)
		config.Protocol = protocol
		config.Credentials = glide.Credentials{Username: "nobody", Password: secret}
		_, err := glide.NewClient(ctx, config)
		require.ErrorIs(t, err, glide.ErrAuthentication)
		requireNoSecret(t, fmt.Sprintf("%v %+v %#v %s", err, err, err, strconv.Quote(err.Error())))
	}

	client := connect(t, server, func(c *glide.Config) { c.Credentials.Password = "correct" })
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
