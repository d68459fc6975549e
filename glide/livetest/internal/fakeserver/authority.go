package fakeserver

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
	"testing"
	"time"
)

// Authority issues the certificate of servers with TLS.
type Authority struct {
	// CA is the certificate to trust, in PEM.
	CA   []byte
	pair tls.Certificate
}

// NewAuthority returns an authority whose servers may be at 127.0.0.1, ::1,
// localhost, and the addresses given.
func NewAuthority(tb testing.TB, addresses ...string) *Authority {
	tb.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		tb.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: "fakeserver"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	for _, address := range addresses {
		template.IPAddresses = append(template.IPAddresses, net.ParseIP(address))
	}
	server := *template
	template.IsCA, template.BasicConstraintsValid = true, true
	root, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}
	server.SerialNumber = new(big.Int).Add(template.SerialNumber, big.NewInt(1))
	server.Subject.CommonName, server.KeyUsage = "server", x509.KeyUsageDigitalSignature
	leaf, err := x509.CreateCertificate(rand.Reader, &server, template, key.Public(), key)
	if err != nil {
		tb.Fatal(err)
	}
	return &Authority{
		CA:   pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root}),
		pair: tls.Certificate{Certificate: [][]byte{leaf}, PrivateKey: key},
	}
}

func (a *Authority) config() *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{a.pair}, MinVersion: tls.VersionTLS12}
}
