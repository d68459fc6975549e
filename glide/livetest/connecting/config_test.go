package connecting_test

import (
	"context"
	"crypto/tls"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func noCredentials(context.Context) (glide.Credentials, error) { return glide.Credentials{}, nil }

func TestConfigurationsThatCannotBeAreRefusedBeforeConnecting(t *testing.T) {
	t.Parallel()
	pem := []byte("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
	key := []byte("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n")
	for field, configs := range map[string][]glide.Config{
		"Addresses[0].Port": {
			{Addresses: []glide.Address{{Port: 70000}}}, {Addresses: []glide.Address{{Port: -1}}},
			{Addresses: []glide.Address{{Host: "/run/valkey.sock", Port: 6379}}},
		},
		"Addresses[0].Host": {
			{Addresses: []glide.Address{{Host: "run/valkey.sock"}}}, {Addresses: []glide.Address{{Host: "unix:///run/valkey.sock"}}},
			{Addresses: []glide.Address{{Host: "/run/\x00"}}}, {Addresses: []glide.Address{{Host: "\xff"}}},
		},
		"AddressMap[a:1].Port": {
			{AddressMap: map[glide.Address]glide.Address{{Host: "a", Port: 1}: {Host: "b", Port: 1 << 16}}},
			{AddressMap: map[glide.Address]glide.Address{{Host: "a", Port: 1}: {Host: "/run/valkey.sock", Port: 1}}},
		},
		"TLS": {
			{TLS: &glide.TLS{}, Addresses: []glide.Address{{Host: "/run/valkey.sock"}}},
			{TLS: &glide.TLS{}, AddressMap: map[glide.Address]glide.Address{{}: {Host: "/run/valkey.sock"}}},
		},
		"CredentialsFunc": {
			{CredentialsFunc: noCredentials, Credentials: glide.Credentials{Username: "app"}},
			{CredentialsFunc: noCredentials, IAM: &glide.IAM{Username: "app", Cluster: "a", Region: "b"}},
		},
		"TLS.ServerName":    {{TLS: &glide.TLS{ServerName: "a b"}}, {TLS: &glide.TLS{ServerName: "[::1]"}}},
		"TLS.MinVersion":    {{TLS: &glide.TLS{MinVersion: tls.VersionTLS11}}, {TLS: &glide.TLS{MinVersion: 13}}},
		"Addresses[1].Port": {{Addresses: []glide.Address{{}, {Port: 65536}}}},
		"Database":          {{Database: -1}, {Database: 1 << 40}},
		"ClientName":        {{ClientName: "two words"}, {ClientName: "line\n"}, {ClientName: "Grüße"}},
		"LibraryName":       {{LibraryName: "two words"}},
		"Protocol":          {{Protocol: 4}, {Protocol: -1}},
		"ReadFrom":          {{ReadFrom: 99}, {ReadFrom: -1}},
		"AvailabilityZone":  {{ReadFrom: glide.AZAffinity}, {AvailabilityZone: "a"}, {ReadFrom: glide.PreferReplica, AvailabilityZone: "a"}},
		"RequestTimeout":    {{RequestTimeout: -1}, {RequestTimeout: 50 * 24 * time.Hour}},
		"ConnectionTimeout": {{ConnectionTimeout: -1}},
		"Reconnect.Retries": {{Reconnect: glide.ReconnectStrategy{Retries: 51}}, {Reconnect: glide.ReconnectStrategy{Retries: -1}}},
		"Reconnect.Factor":  {{Reconnect: glide.ReconnectStrategy{Factor: -1}}},
		"Reconnect.Base":    {{Reconnect: glide.ReconnectStrategy{Base: 101}}},
		"Reconnect.JitterPercent": {
			{Reconnect: glide.ReconnectStrategy{JitterPercent: 101}}, {Reconnect: glide.ReconnectStrategy{JitterPercent: -2}},
		},
		"InflightLimit":     {{InflightLimit: -1}},
		"DedicatedLimit":    {{DedicatedLimit: -1}},
		"DedicatedIdleTime": {{DedicatedIdleTime: -1}},
		"HeartbeatInterval": {{HeartbeatInterval: -2}, {HeartbeatInterval: 99 * time.Millisecond}, {HeartbeatInterval: 50 * 24 * time.Hour}},
		"NodeDiscovery":     {{NodeDiscovery: 9}},
		"ReadOnly": {
			{ReadOnly: true, ReadFrom: glide.AZAffinity, AvailabilityZone: "a"}, {ReadOnly: true, NodeDiscovery: glide.DiscoverAll},
		},
		"TLS.RootCertificates": {
			{TLS: &glide.TLS{RootCertificates: []byte("no PEM")}},
			{TLS: &glide.TLS{RootCertificates: key}},
			{TLS: &glide.TLS{RootCertificates: pem, InsecureSkipVerify: true}},
		},
		"TLS.ClientCertificate": {
			{TLS: &glide.TLS{ClientCertificate: pem}}, {TLS: &glide.TLS{ClientKey: key}},
			{TLS: &glide.TLS{ClientCertificate: []byte("no PEM"), ClientKey: key}},
			{TLS: &glide.TLS{ClientCertificate: pem, ClientKey: key, ClientCertificateFile: "a", ClientKeyFile: "b"}},
		},
		"TLS.ClientKey":                        {{TLS: &glide.TLS{ClientCertificate: pem, ClientKey: pem}}},
		"TLS.ClientCertificateFile":            {{TLS: &glide.TLS{ClientCertificateFile: "a"}}, {TLS: &glide.TLS{ClientKeyFile: "a"}}},
		"TLS.ReloadInterval":                   {{TLS: &glide.TLS{ReloadInterval: time.Second}}},
		"Compression.Algorithm":                {{Compression: &glide.Compression{Algorithm: 7}}},
		"Compression.MinimumBytes":             {{Compression: &glide.Compression{MinimumBytes: -1}}},
		"Compression.MaximumDecompressedBytes": {{Compression: &glide.Compression{MaximumDecompressedBytes: -1}}},
		"Compression.Level":                    {{Compression: &glide.Compression{Level: 1 << 20}}},
		"Cache.MaximumBytes":                   {{Cache: &glide.Cache{}}, {Cache: &glide.Cache{MaximumBytes: 1023}}},
		"Cache.TimeToLive":                     {{Cache: &glide.Cache{MaximumBytes: 4096, TimeToLive: -1}}, {Cache: &glide.Cache{MaximumBytes: 4096}}},
		"Cache.ServerAssisted":                 {{Cache: &glide.Cache{MaximumBytes: 4096, ServerAssisted: true}, Protocol: glide.RESP2}},
		"Cache.ID":                             {{Cache: &glide.Cache{ID: "\xff", MaximumBytes: 4096, ServerAssisted: true}}},
		"CircuitBreaker.FailureRate":           {{CircuitBreaker: &glide.CircuitBreaker{FailureRate: 1.1}}, {CircuitBreaker: &glide.CircuitBreaker{FailureRate: -1}}},
		"CircuitBreaker.Window":                {{CircuitBreaker: &glide.CircuitBreaker{Window: -1}}},
		"CircuitBreaker.Open":                  {{CircuitBreaker: &glide.CircuitBreaker{Open: -1}}},
		"CircuitBreaker.MinimumErrors":         {{CircuitBreaker: &glide.CircuitBreaker{MinimumErrors: -1}}},
		"CircuitBreaker.Successes":             {{CircuitBreaker: &glide.CircuitBreaker{Successes: -1}}},
	} {
		for _, config := range configs {
			t.Run(field, func(t *testing.T) {
				begun := time.Now()
				client, err := glide.NewClient(context.Background(), config)
				require.ErrorIs(t, err, glide.ErrConfiguration)
				require.ErrorContains(t, err, " "+field+" ")
				require.True(t, glide.SafeToRetry(err))
				require.Nil(t, client)
				require.Less(t, time.Since(begun), harness.DefaultConnectionTimeout, "it has tried to connect")
			})
		}
	}
}

func TestAddressesAreShownAsHostAndPort(t *testing.T) {
	t.Parallel()
	for expected, address := range map[string]glide.Address{
		"localhost:6379": {},
		"a:1":            {Host: "a", Port: 1},
		"[::1]:6379":     {Host: "::1"},
		"/run/a.sock":    {Host: "/run/a.sock"},
	} {
		require.Equal(t, expected, address.String())
	}
}
