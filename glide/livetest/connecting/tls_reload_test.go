package connecting_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
	"github.com/valkey-glide/go/glide/livetest/internal/harness"
)

// An issuer is an authority for certificates.
type issuer struct {
	t           *testing.T
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
}

func newIssuer(t *testing.T) *issuer {
	t.Helper()
	i := &issuer{t: t}
	certificate := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "authority"}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageCertSign, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	i.certificate, i.key = certificate, newKey(t)
	der, err := x509.CreateCertificate(rand.Reader, certificate, certificate, i.key.Public(), i.key)
	require.NoError(t, err)
	i.pem = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	return i
}

func newKey(t *testing.T) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	return key
}

// issue returns a certificate of this name, for either side, and its key.
func (i *issuer) issue(name string) (certificatePEM, keyPEM []byte) {
	i.t.Helper()
	key := newKey(i.t)
	certificate := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), KeyUsage: x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, certificate, i.certificate, key.Public(), i.key)
	require.NoError(i.t, err)
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(i.t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}),
		pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: keyDER})
}

// serverConfig requires certificates of the authority from clients.
func (i *issuer) serverConfig() *tls.Config {
	i.t.Helper()
	pair, err := tls.X509KeyPair(i.issue("server"))
	require.NoError(i.t, err)
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(i.pem)
	return &tls.Config{Certificates: []tls.Certificate{pair}, ClientCAs: pool, ClientAuth: tls.RequireAndVerifyClientCert}
}

func TestChangedClientCertificatesAreReloaded(t *testing.T) {
	t.Parallel()
	authority := newIssuer(t)
	encrypted := func() *recorder {
		recorder := startRecorder(t)
		recorder.listenWithTLS(authority.serverConfig())
		return recorder
	}
	ofFixed, ofReloading := encrypted(), encrypted()
	folder := t.TempDir()
	certificateFile, keyFile := filepath.Join(folder, "client.crt"), filepath.Join(folder, "client.key")
	write := func(certificate, key []byte) {
		require.NoError(t, os.WriteFile(certificateFile, certificate, 0o600))
		require.NoError(t, os.WriteFile(keyFile, key, 0o600))
	}
	write(authority.issue("first"))
	dial := func(recorder *recorder, interval time.Duration) *glide.Client {
		return harness.Connect(t, recorder, harness.Patient, harness.QuickToReconnect, func(c *glide.Config) {
			c.TLS = &glide.TLS{
				RootCertificates: authority.pem, ClientCertificateFile: certificateFile, ClientKeyFile: keyFile,
				ReloadInterval: interval,
			}
		})
	}
	reconnected := func(recorder *recorder, client *glide.Client) string {
		recorder.cut()
		require.Eventually(t, func() bool { return client.Set(ctx, "key", "value") == nil }, harness.Patience, 10*time.Millisecond)
		return recorder.lastPeer()
	}
	fixed, reloading := dial(ofFixed, 0), dial(ofReloading, time.Second)
	require.Equal(t, "first", reconnected(ofReloading, reloading))

	// Half a rotation is none.
	certificate, key := authority.issue("second")
	require.NoError(t, os.WriteFile(certificateFile, certificate, 0o600))
	time.Sleep(1300 * time.Millisecond)
	require.Equal(t, "first", reconnected(ofReloading, reloading))

	write(certificate, key)
	time.Sleep(1300 * time.Millisecond)
	require.Equal(t, "second", reconnected(ofReloading, reloading))
	require.Equal(t, "first", reconnected(ofFixed, fixed), "it was not to read the files again")
}

func TestSystemRootsAreThoseOfTheSystem(t *testing.T) {
	roots := filepath.Join(t.TempDir(), "roots.pem") // of the process that starts the other
	if !harness.InAProcess(t, "SSL_CERT_FILE="+roots) {
		return
	}
	server := glidetest.Start(t, glidetest.WithTLS())
	stranger := glidetest.Start(t, glidetest.WithTLS())
	require.NoError(t, os.WriteFile(os.Getenv("SSL_CERT_FILE"), server.Certificates().CA, 0o600))
	withTLS := func(c *glide.Config) { c.TLS, c.ConnectionTimeout = &glide.TLS{}, harness.Patience }
	require.NoError(t, harness.SetAndCheck(harness.Connect(t, server, withTLS), 1))
	config := harness.ConfigFor(stranger)
	withTLS(&config)
	_, err := glide.NewClient(ctx, config)
	require.ErrorIs(t, err, glide.ErrCertificate)

	// They are read again when a server is not trusted.
	require.NoError(t, os.WriteFile(os.Getenv("SSL_CERT_FILE"), stranger.Certificates().CA, 0o600))
	require.NoError(t, harness.SetAndCheck(harness.ConnectWith(t, config), 1))
}
