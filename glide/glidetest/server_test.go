package glidetest

import (
	"bufio"
	"crypto/tls"
	"crypto/x509"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestServerServesAndSaysWhatItIs(t *testing.T) {
	server := Start(t, WithDatabases(3), WithConfig("maxmemory-policy", "allkeys-lru"), WithConfig("save", "900", "1"))
	requireSet(t, server, "key", "binary \r\n\x00 value")
	require.Contains(t, []string{"valkey", "redis"}, server.Version().Name)
	require.Greater(t, server.Version().Major, 5)
	require.Equal(t, []any{"databases", "3"}, server.MustCommand(t, "CONFIG", "GET", "databases"))
	require.Equal(t, []any{"save", "900 1"}, server.MustCommand(t, "CONFIG", "GET", "save"))
	require.Equal(t, server.Addr(), server.PlainAddr())
	require.Contains(t, server.Log(), "Ready to accept connections")
}

func TestCommandReturnsErrorReplies(t *testing.T) {
	server := Start(t)
	_, err := server.Command("NOSUCHCOMMAND")
	var reply ReplyError
	require.ErrorAs(t, err, &reply)
	require.Nil(t, server.MustCommand(t, "GET", "absent"))
	require.Equal(t, []any{}, server.MustCommand(t, "KEYS", "*"))
}

func TestReplicasFollow(t *testing.T) {
	server := Start(t, WithReplicas(2), WithPassword("pass word"))
	require.Len(t, server.Replicas(), 2)
	requireSet(t, server, "key", "value")
	for _, replica := range server.Replicas() {
		arrived := func() bool { return replica.MustCommand(t, "GET", "key") == "value" }
		require.Eventually(t, arrived, 5*time.Second, time.Millisecond)
	}
}

func TestPasswordIsAskedForAndCanBeChanged(t *testing.T) {
	server := Start(t, WithPassword(`one " two`))
	stranger, err := dialAdmin(t.Context(), server.Addr(), nil, "", "")
	require.NoError(t, err)
	defer stranger.Close()
	_, err = stranger.do("PING")
	require.ErrorContains(t, err, "NOAUTH")
	require.NoError(t, server.SetPassword("three"))
	require.Equal(t, "three", server.Password())
	require.NoError(t, server.Restart())
	requireSet(t, server, "key", "value")
}

func TestUsersHaveTheirRules(t *testing.T) {
	server := Start(t, WithReplicas(1), WithUser("reader", "on", ">secret", "~app:*", "+get"), WithUser("default", "off"))
	requireSet(t, server, "app:1", "value")
	reader, err := dialAdmin(t.Context(), server.Addr(), nil, "reader", "secret")
	require.NoError(t, err)
	defer reader.Close()
	reply, err := reader.do("GET", "app:1")
	require.NoError(t, err)
	require.Equal(t, "value", reply)
	_, err = reader.do("SET", "app:1", "other")
	require.ErrorContains(t, err, "NOPERM")
	_, err = dialAdmin(t.Context(), server.Addr(), nil, "default", "secret")
	require.ErrorContains(t, err, "WRONGPASS")
}

func TestKilledServerRestartsOnItsPort(t *testing.T) {
	server := Start(t, WithConfig("appendonly", "yes"), WithConfig("appendfsync", "always"))
	addr := server.Addr()
	requireSet(t, server, "key", "value")
	require.NoError(t, server.Kill())
	_, err := net.Dial("tcp", addr)
	require.Error(t, err)
	require.NoError(t, server.Restart())
	require.Equal(t, addr, server.Addr())
	require.Equal(t, "value", server.MustCommand(t, "GET", "key"))
	require.NoError(t, server.Stop())
	require.NoError(t, server.Restart())
	require.NoError(t, server.Restart(), "one that runs")
	require.Equal(t, "value", server.MustCommand(t, "GET", "key"))
}

func TestPausedServerAnswersLater(t *testing.T) {
	server := Start(t)
	require.NoError(t, server.Pause())
	answered := make(chan error, 1)
	go func() {
		_, err := server.Command("PING")
		answered <- err
	}()
	select {
	case <-answered:
		t.Fatal("a paused server answered")
	case <-time.After(100 * time.Millisecond):
	}
	require.NoError(t, server.Resume())
	require.NoError(t, <-answered)
	require.NoError(t, server.Pause())
	require.NoError(t, server.Stop(), "a paused server can be stopped")
	require.NoError(t, server.Close())
	require.NoError(t, server.Close())
	require.ErrorIs(t, server.Restart(), errClosed)
}

func TestTLSCertificatesAreWhatTheyShouldBe(t *testing.T) {
	if !hasTLS(t) {
		return
	}
	handshake := func(server *Server, change func(*tls.Config)) error {
		config := server.Certificates().ClientConfig()
		change(config)
		connection, err := tls.Dial("tcp", server.Addr(), config)
		if err != nil {
			return err
		}
		defer connection.Close()
		_, err = (&admin{Conn: connection, reader: bufio.NewReader(connection)}).do("PING")
		return err
	}
	asIs := func(*tls.Config) {}
	withoutCertificate := func(config *tls.Config) { config.Certificates = nil }

	server := Start(t, WithTLS(PlainPort), WithReplicas(1))
	require.NoError(t, handshake(server, withoutCertificate))
	plain, err := dialAdmin(t.Context(), server.PlainAddr(), nil, "", "")
	require.NoError(t, err)
	defer plain.Close()
	_, err = plain.do("PING")
	require.NoError(t, err)

	mutual := Start(t, WithTLS(MutualTLS))
	require.NoError(t, handshake(mutual, asIs))
	require.Error(t, handshake(mutual, withoutCertificate))
	require.Empty(t, mutual.PlainAddr())

	var invalid x509.CertificateInvalidError
	require.ErrorAs(t, handshake(Start(t, WithTLS(ExpiredCertificate)), asIs), &invalid)
	require.Equal(t, x509.Expired, invalid.Reason)
	require.ErrorAs(t, handshake(Start(t, WithTLS(WrongHost)), asIs), &x509.HostnameError{})
	require.ErrorAs(t, handshake(Start(t, WithTLS(UnknownAuthority), WithReplicas(1)), asIs), &x509.UnknownAuthorityError{})
}

func TestWrongSettingsAreRefused(t *testing.T) {
	for _, options := range [][]Option{
		{WithReplicas(-1)},
		{WithDatabases(-1)},
		{WithTLS(ExpiredCertificate), WithReplicas(1)},
		{WithPassword("a"), WithUser("default", "off")},
		{WithBinary("/nowhere/valkey-server")},
		{WithBinary("/bin/true")},
		{WithConfig("no-such-setting", "1")},
		{WithModule("no-such-module.so")},
	} {
		_, err := StartServer(t.Context(), options...)
		require.ErrorContains(t, err, "glidetest: ")
		require.False(t, strings.HasSuffix(err.Error(), "\n"))
	}
}

func TestMissingServerIsNamedWithTheRemedy(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	t.Setenv("GLIDETEST_SERVER", "")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	_, err := StartServer(t.Context())
	require.ErrorContains(t, err, "scripts/install-server")
}

func TestVersionsCompareWithinTheirFamily(t *testing.T) {
	valkey, redis := Version{"valkey", 8, 0, 1}, Version{"redis", 7, 2, 4}
	require.True(t, valkey.AtLeast("8.0", ""))
	require.True(t, valkey.AtLeast("7.2.9", "8.0"))
	require.False(t, valkey.AtLeast("8.0.2", "7.0"))
	require.False(t, valkey.AtLeast("", "1.0"))
	require.True(t, redis.AtLeast("9.0", "7.2"))
	require.False(t, redis.AtLeast("7.0", "7.4"))
	require.Equal(t, "valkey 8.0.1", valkey.String())
}
