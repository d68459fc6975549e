package connecting_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/internal/testkit"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

func TestTLSWithTheServersAuthorityConnects(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t, glidetest.WithTLS())
	for _, host := range []string{"127.0.0.1", "localhost"} {
		client := harness.ConnectWith(t, glide.Config{
			Addresses: []glide.Address{{Host: host, Port: server.Port()}},
			TLS:       &glide.TLS{RootCertificates: server.Certificates().CA},
		})
		require.NoError(t, harness.SetAndCheck(client, 1))
	}
}

func TestTLSRefusesServersThatAreNotWhoTheyShouldBe(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		trait       glidetest.TLSOption
		systemRoots bool
		expected    string
	}{
		"unknown authority": {trait: glidetest.UnknownAuthority, expected: "(the certificate is of an authority that is not trusted)"},
		"another host":      {trait: glidetest.WrongHost, expected: "(the certificate is another host's)"},
		"expired":           {trait: glidetest.ExpiredCertificate, expected: "(the certificate has expired)"},
		"system's roots":    {systemRoots: true, expected: "(the certificate is of an authority that is not trusted)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			traits := []glidetest.TLSOption{}
			if test.trait != 0 {
				traits = append(traits, test.trait)
			}
			server := glidetest.Start(t, glidetest.WithTLS(traits...))
			config := harness.ConfigFor(server)
			config.TLS = &glide.TLS{}
			if !test.systemRoots {
				config.TLS.RootCertificates = server.Certificates().CA
			}
			config.ConnectionTimeout = time.Second
			stalls := testkit.MeasureStalls(t)
			begun := time.Now()
			client, err := glide.NewClient(context.Background(), config)
			took := time.Since(begun)
			if err == nil {
				client.Close()
			}
			require.ErrorIs(t, err, glide.ErrCertificate)
			require.ErrorContains(t, err, test.expected)
			require.ErrorContains(t, err, server.Addr())
			require.True(t, glide.SafeToRetry(err))
			require.Less(t, took, config.ConnectionTimeout+harness.Late+stalls())
			t.Logf("%v: %v", took, err)

			// Verification is all that was wrong.
			config.TLS = &glide.TLS{InsecureSkipVerify: true}
			require.NoError(t, harness.SetAndCheck(harness.ConnectWith(t, config), 1))
		})
	}
}

func TestTLSAndPlainTextDoNotTalkToEachOther(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t, glidetest.WithTLS(glidetest.PlainPort))
	host, port, err := net.SplitHostPort(server.PlainAddr())
	require.NoError(t, err)
	plainPort, err := strconv.Atoi(port)
	require.NoError(t, err)
	config := glide.Config{ConnectionTimeout: 500 * time.Millisecond}

	config.Addresses = []glide.Address{harness.AddressOf(server)}
	require.ErrorContains(t, requireNoConnection(t, config), "(does it expect TLS?)")

	config.Addresses = []glide.Address{{Host: host, Port: plainPort}}
	config.TLS = &glide.TLS{RootCertificates: server.Certificates().CA}
	require.ErrorContains(t, requireNoConnection(t, config), "(does it speak TLS?)")

	config.TLS = nil
	require.NoError(t, harness.SetAndCheck(harness.ConnectWith(t, config), 1))
}

func TestMutualTLS(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t, glidetest.WithTLS(glidetest.MutualTLS))
	certificates := server.Certificates()
	folder := t.TempDir()
	certificateFile, keyFile := filepath.Join(folder, "client.crt"), filepath.Join(folder, "client.key")
	require.NoError(t, os.WriteFile(certificateFile, certificates.ClientCert, 0o600))
	require.NoError(t, os.WriteFile(keyFile, certificates.ClientKey, 0o600))
	config := harness.ConfigFor(server)
	config.ConnectionTimeout = time.Second

	t.Run("from bytes", func(t *testing.T) {
		config := config
		config.TLS = &glide.TLS{
			RootCertificates: certificates.CA, ClientCertificate: certificates.ClientCert, ClientKey: certificates.ClientKey,
		}
		require.NoError(t, harness.SetAndCheck(harness.ConnectWith(t, config), 1))
	})
	t.Run("from files", func(t *testing.T) {
		config := config
		config.TLS = &glide.TLS{
			RootCertificates: certificates.CA, ClientCertificateFile: certificateFile, ClientKeyFile: keyFile,
		}
		require.NoError(t, harness.SetAndCheck(harness.ConnectWith(t, config), 1))
		config.TLS.ReloadInterval = time.Second
		require.NoError(t, harness.SetAndCheck(harness.ConnectWith(t, config), 1))
	})
	t.Run("without a certificate", func(t *testing.T) {
		config := config
		config.TLS = &glide.TLS{RootCertificates: certificates.CA}
		require.ErrorContains(t, requireNoConnection(t, config), "(does it expect a client certificate?)")
	})
	t.Run("with a stranger's certificate", func(t *testing.T) {
		config := config
		certificate, key := newIssuer(t).issue("stranger")
		config.TLS = &glide.TLS{RootCertificates: certificates.CA, ClientCertificate: certificate, ClientKey: key}
		require.ErrorContains(t, requireNoConnection(t, config), "(does it accept the client certificate?)")
	})
	t.Run("with files that are not there", func(t *testing.T) {
		config := config
		config.TLS = &glide.TLS{
			RootCertificates: certificates.CA, ClientCertificateFile: keyFile + ".missing", ClientKeyFile: keyFile,
		}
		client, err := glide.NewClient(context.Background(), config)
		if err == nil {
			client.Close()
		}
		require.ErrorIs(t, err, glide.ErrConfiguration)
		require.ErrorContains(t, err, keyFile+".missing")
	})
}

func TestTLSWithSomethingElseThanPEMIsRefused(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t, glidetest.WithTLS())
	certificates := server.Certificates()
	secret := "-----BEGIN PRIVATE KEY-----\nhunter2hunter2hunter2\n-----END PRIVATE KEY-----\n"
	for name, tls := range map[string]glide.TLS{
		"roots":       {RootCertificates: []byte("no PEM")},
		"certificate": {RootCertificates: certificates.CA, ClientCertificate: []byte("no PEM"), ClientKey: certificates.ClientKey},
		"key":         {RootCertificates: certificates.CA, ClientCertificate: certificates.ClientCert, ClientKey: []byte(secret)},
	} {
		t.Run(name, func(t *testing.T) {
			config := harness.ConfigFor(server)
			config.TLS, config.ConnectionTimeout = &tls, time.Second
			client, err := glide.NewClient(context.Background(), config)
			if err == nil {
				client.Close()
			}
			require.Error(t, err)
			require.NotContains(t, err.Error(), "hunter2")
			t.Log(err)
			require.ErrorIs(t, err, glide.ErrConfiguration)
		})
	}
}

func TestTLSIsAskedForByURL(t *testing.T) {
	t.Parallel()
	server := glidetest.Start(t, glidetest.WithTLS(), glidetest.WithPassword("p@ss/w#rd"))
	config, err := glide.ParseURL("valkeys://:p%40ss%2Fw%23rd@" + server.Addr() + "/1?insecure_skip_verify=true&client_name=url")
	require.NoError(t, err)
	client := harness.ConnectWith(t, config)
	require.NoError(t, harness.SetAndCheck(client, 1))
	clients := harness.ConnectionsTo(t, server)
	require.Len(t, clients, 1)
	require.Equal(t, "url", clients[0]["name"])
	require.Equal(t, "1", clients[0]["db"])
}
