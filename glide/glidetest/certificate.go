package glidetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// Certificates are the certificates for clients of a server with TLS,
// PEM-encoded.
type Certificates struct {
	CA         []byte // the authority to trust
	ClientCert []byte // for servers with [MutualTLS]
	ClientKey  []byte

	// What the server has. Its authorities always include the one that issued its own certificate, for servers check
	// each other's, regardless of what clients think of it.
	serverCert, serverKey, serverCA []byte
}

// Pool returns a pool with the authority to trust.
func (c *Certificates) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(c.CA)
	return pool
}

// ClientConfig returns a configuration that trusts the authority and has the client certificate.
func (c *Certificates) ClientConfig() *tls.Config {
	config := &tls.Config{RootCAs: c.Pool(), ServerName: host}
	if pair, err := tls.X509KeyPair(c.ClientCert, c.ClientKey); err == nil {
		config.Certificates = []tls.Certificate{pair}
	}
	return config
}

// certificates makes what servers with these settings and their clients need, nil without TLS.
func (s *settings) certificates() (*Certificates, error) {
	if !s.tls {
		return nil, nil
	}
	authority, err := newAuthority("glidetest")
	if err != nil {
		return nil, err
	}
	issuer := authority
	if s.has(UnknownAuthority) {
		if issuer, err = newAuthority("glidetest, another authority"); err != nil {
			return nil, err
		}
	}
	server := template("server")
	server.DNSNames = []string{"localhost"}
	server.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback}
	if s.has(WrongHost) {
		server.DNSNames, server.IPAddresses = []string{"elsewhere.invalid"}, nil
	}
	if s.has(NameOnly) {
		server.IPAddresses = nil
	}
	if s.has(ExpiredCertificate) {
		server.NotBefore, server.NotAfter = time.Now().AddDate(0, 0, -2), time.Now().AddDate(0, 0, -1)
	}
	c := &Certificates{CA: authority.pem, serverCA: authority.pem}
	if issuer != authority {
		c.serverCA = append(append([]byte{}, authority.pem...), issuer.pem...)
	}
	if c.serverCert, c.serverKey, err = issuer.issue(server); err != nil {
		return nil, err
	}
	c.ClientCert, c.ClientKey, err = authority.issue(template("client"))
	return c, err
}

// write leaves the server's part in folder and returns the configuration that names it.
func (c *Certificates) write(folder string) ([][]string, error) {
	lines := [][]string{}
	for _, file := range []struct {
		key, name string
		content   []byte
	}{
		{"tls-cert-file", "server.crt", c.serverCert},
		{"tls-key-file", "server.key", c.serverKey},
		{"tls-ca-cert-file", "ca.crt", c.serverCA},
	} {
		path := filepath.Join(folder, file.name)
		if err := os.WriteFile(path, file.content, 0o600); err != nil {
			return nil, err
		}
		lines = append(lines, []string{file.key, path})
	}
	return lines, nil
}

type authority struct {
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	pem         []byte
}

func newAuthority(name string) (*authority, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	ca := template(name)
	ca.IsCA, ca.BasicConstraintsValid = true, true
	ca.KeyUsage, ca.ExtKeyUsage = x509.KeyUsageCertSign|x509.KeyUsageCRLSign, nil
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &authority{certificate: ca, key: key, pem: encodePEM("CERTIFICATE", der)}, nil
}

func (a *authority) issue(certificate *x509.Certificate) (certPEM, keyPEM []byte, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, err
	}
	certDER, err := x509.CreateCertificate(rand.Reader, certificate, a.certificate, key.Public(), a.key)
	if err != nil {
		return nil, nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	return encodePEM("CERTIFICATE", certDER), encodePEM("PRIVATE KEY", keyDER), nil
}

// template is a certificate for either side: a server that follows another one, or is in a cluster, is a client too.
func template(name string) *x509.Certificate {
	serial, _ := new(big.Int).SetString(randomHex(16), 16)
	return &x509.Certificate{
		SerialNumber: serial,
		Subject:      pkix.Name{CommonName: name},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(0, 0, 2),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}
}

func encodePEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func randomHex(bytes int) string {
	random := make([]byte, bytes)
	_, _ = rand.Read(random) // never fails
	return hex.EncodeToString(random)
}
