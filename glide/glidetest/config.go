package glidetest

import (
	"slices"

	"github.com/valkey-glide/go/glide"
)

// Address returns the address of the server, for the configuration of a client.
func (s *Server) Address() glide.Address { return glide.Address{Host: host, Port: s.port} }

// Config returns the configuration of a client that connects to the server,
// with its password and, if it was started [WithTLS], its certificates. The
// addresses include the replicas that were started with it.
func (s *Server) Config() glide.Config {
	addresses := []glide.Address{s.Address()}
	for _, replica := range s.replicas {
		addresses = append(addresses, replica.Address())
	}
	return glide.Config{Addresses: addresses, Credentials: glide.Credentials{Password: s.Password()}, TLS: s.certificates.config()}
}

// Addresses returns the addresses of the nodes, for the configuration of a
// client.
func (c *Cluster) Addresses() []glide.Address {
	var addresses []glide.Address
	for _, node := range c.Nodes() {
		addresses = append(addresses, node.Address())
	}
	return addresses
}

// Config returns the configuration of a client that connects to the cluster,
// with its password and, if it was started [WithTLS], its certificates.
func (c *Cluster) Config() glide.ClusterConfig {
	password := ""
	if nodes := c.Nodes(); len(nodes) > 0 {
		password = nodes[0].Password()
	}
	return glide.ClusterConfig{Addresses: c.Addresses(), Credentials: glide.Credentials{Password: password}, TLS: c.certificates.config()}
}

// Address returns the address of the proxy, for the configuration of a client.
func (p *Proxy) Address() glide.Address { return glide.Address{Host: p.Host(), Port: p.Port()} }

// config is the configuration of clients of a server with these certificates, nil without.
func (c *Certificates) config() *glide.TLS {
	if c == nil {
		return nil
	}
	return &glide.TLS{RootCertificates: slices.Clone(c.CA), ClientCertificate: slices.Clone(c.ClientCert), ClientKey: slices.Clone(c.ClientKey)}
}
