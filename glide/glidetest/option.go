package glidetest

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Option configures the servers that are started.
type Option func(*settings)

// settings is what all servers that are started together have in common.
type settings struct {
	binary    string
	version   Version
	replicas  int
	password  string
	databases int
	tls       bool
	tlsTraits []TLSOption
	users     [][]string
	modules   [][]string
	config    [][]string
	cluster   bool

	// The administrator is who Command logs in as. It is the default user, unless a test changes that one.
	adminUser, adminPassword string
}

// WithReplicas sets the number of replicas of each primary. The default is 0
// for [Start] and 1 for [StartCluster].
func WithReplicas(n int) Option { return func(s *settings) { s.replicas = n } }

// WithPassword sets the password of the default user. The default is none.
func WithPassword(password string) Option { return func(s *settings) { s.password = password } }

// WithUser adds an ACL user with the rules of ACL SETUSER: WithUser("app",
// "on", ">secret", "~app:*", "+@read").
//
// It may also change the user "default", for instance to "off". The servers
// then have another user, "glidetest", as which [Server.Command] and replicas
// authenticate.
func WithUser(name string, rules ...string) Option {
	return func(s *settings) { s.users = append(s.users, append([]string{"user", name}, rules...)) }
}

// WithDatabases sets the number of databases. The default is that of the
// server: 16, or 1 in a cluster. A cluster with more than one requires Valkey
// 9.0.
func WithDatabases(n int) Option { return func(s *settings) { s.databases = n } }

// WithModule loads a module. A bare file name such as "rejson.so" is searched
// in the cache folder that "scripts/install-server modules" fills.
func WithModule(path string, args ...string) Option {
	return func(s *settings) {
		s.modules = append(s.modules, append([]string{"loadmodule", ModulePath(path)}, args...))
	}
}

// WithConfig adds a line to the configuration files of the servers, after the
// lines of this package, which it can override.
func WithConfig(key string, values ...string) Option {
	return func(s *settings) { s.config = append(s.config, append([]string{key}, values...)) }
}

// WithBinary sets the path of the server to run. The package comment describes
// the default.
func WithBinary(path string) Option { return func(s *settings) { s.binary = path } }

// TLSOption is an option of [WithTLS].
type TLSOption int

// The options of servers with TLS.
const (
	// MutualTLS makes the server ask for a client certificate: [Certificates] has one that it accepts.
	MutualTLS TLSOption = iota + 1
	// PlainPort makes the server listen without TLS as well; see
	// [Server.PlainAddr].
	PlainPort
	// ExpiredCertificate starts the server with a certificate that expired
	// yesterday. Such a server has no replicas, because they would refuse it
	// too.
	ExpiredCertificate
	// WrongHost starts the server with a certificate for another host.
	WrongHost
	// NameOnly starts the server with a certificate for the name localhost,
	// but not for its IP address.
	NameOnly
	// UnknownAuthority starts the server with a certificate of an authority
	// that is not the one in [Certificates].
	UnknownAuthority
)

// WithTLS makes the servers listen with TLS, also for replication and the
// cluster bus. New certificates are created; see [Server.Certificates]. The
// default is a valid server certificate, no client certificates, and no port
// without TLS.
func WithTLS(traits ...TLSOption) Option {
	return func(s *settings) {
		s.tls = true
		s.tlsTraits = append(s.tlsTraits, traits...)
	}
}

func (s *settings) has(trait TLSOption) bool { return slices.Contains(s.tlsTraits, trait) }

// newSettings applies the options to the defaults, and finds the binary.
func newSettings(defaults settings, options []Option) (settings, error) {
	s := defaults
	for _, option := range options {
		option(&s)
	}
	if err := s.validate(); err != nil {
		return s, err
	}
	s.adminPassword = s.password
	if s.changesDefaultUser() {
		s.adminUser, s.adminPassword = "glidetest", randomHex(16)
		s.users = append(s.users, []string{"user", s.adminUser, "on", ">" + s.adminPassword, "~*", "&*", "+@all"})
	}
	var err error
	if s.binary, err = findBinary(s.binary); err != nil {
		return s, err
	}
	s.version, err = binaryVersion(s.binary)
	return s, err
}

func (s *settings) validate() error {
	if s.replicas < 0 {
		return fmt.Errorf("glidetest: WithReplicas(%d)", s.replicas)
	}
	if s.databases < 0 {
		return fmt.Errorf("glidetest: WithDatabases(%d)", s.databases)
	}
	if s.has(ExpiredCertificate) && (s.cluster || s.replicas > 0) {
		return errors.New("glidetest: servers with ExpiredCertificate cannot connect to one another: no replicas, no cluster")
	}
	if s.password != "" && s.changesDefaultUser() {
		return errors.New(`glidetest: WithPassword and WithUser("default", …) both set the default user's password`)
	}
	return nil
}

func (s *settings) changesDefaultUser() bool {
	return slices.ContainsFunc(s.users, func(user []string) bool { return user[1] == "default" })
}

// lines is the part of the configuration that all servers of these settings share.
func (s *settings) lines() [][]string {
	lines := [][]string{
		{"bind", "127.0.0.1"},
		{"protected-mode", "no"},
		{"save", ""},
		{"appendonly", "no"},
		// A replica is up after milliseconds, not after the five seconds in which others might join it.
		{"repl-diskless-sync", "yes"},
		{"repl-diskless-sync-delay", "0"},
		// Valkey 9 looks only once a second whether a transfer by way of the disk is complete.
		{"repl-diskless-load", "on-empty-db"},
		// The server notices the end of that transfer in a task that by default runs ten times a second.
		{"hz", "50"},
	}
	if s.password != "" {
		lines = append(lines, []string{"requirepass", s.password})
	}
	if s.adminPassword != "" {
		lines = append(lines, []string{"masterauth", s.adminPassword})
	}
	if s.adminUser != "" {
		lines = append(lines, []string{"masteruser", s.adminUser})
	}
	if s.databases > 0 {
		key := "databases"
		if s.cluster {
			key = "cluster-databases"
		}
		lines = append(lines, []string{key, strconv.Itoa(s.databases)})
	}
	if s.cluster {
		lines = append(lines, clusterLines...)
	}
	return slices.Concat(lines, s.modules, s.users, s.config)
}

// configFile writes lines in the format of valkey.conf.
func configFile(lines [][]string) []byte {
	var text strings.Builder
	for _, words := range lines {
		for i, word := range words {
			if i > 0 {
				text.WriteByte(' ')
			}
			text.WriteString(quoteConfig(word))
		}
		text.WriteByte('\n')
	}
	return []byte(text.String())
}

// quoteConfig quotes a word where the server's parser would split or cut it otherwise.
func quoteConfig(word string) string {
	plain := func(c byte) bool {
		return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || strings.IndexByte("-_./:@*~&+>|%", c) >= 0
	}
	quoted, needed := []byte{'"'}, word == ""
	for i := range len(word) {
		if c := word[i]; plain(c) {
			quoted = append(quoted, c)
		} else {
			needed = true
			quoted = fmt.Appendf(quoted, `\x%02x`, c)
		}
	}
	if !needed {
		return word
	}
	return string(append(quoted, '"'))
}
