package glide

import (
	"crypto/tls"
	"maps"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ParseURL returns the configuration that a URL describes:
//
//	valkey://user:password@host:6379,host2:6380/2?request_timeout=1s
//
// The scheme is valkey or redis, or with TLS valkeys or rediss. Everything
// after it may be left out, for the defaults of [Config]. An IPv6 address
// stands in brackets, as in [::1]:6379; a password without a user follows a
// colon, as in valkey://:password@host, and a user without a password stands
// alone, as in valkey://user@host; the path is the number of the database.
// With the scheme unix the path is that of a Unix socket:
//
//	unix://user:password@/run/valkey.sock?database=2
//
// What has a meaning in URLs, such as @, / and # in a password, is
// written percent-encoded (%40, %2F, %23).
//
// The parameters are the plain fields of [Config]:
//
//	availability_zone     a name
//	client_name           a name
//	connection_timeout    a duration, as in 2s
//	database              a number, instead of the path
//	dedicated_idle_time   a duration, as in 30s
//	dedicated_limit       a number
//	heartbeat_interval    a duration, as in 2s
//	inflight_limit        a number
//	inflight_wait         true or false
//	insecure_skip_verify  true or false, with TLS
//	tls_min_version       1.2 or 1.3, with TLS
//	tls_server_name       a name, with TLS
//	lazy_connect          true or false
//	library_name          a name
//	node_discovery        roles, nothing or all
//	protocol              2 or 3
//	read_from             primary, prefer_replica, all_nodes, az_affinity,
//	                      az_affinity_replicas_and_primary or
//	                      az_affinity_all_nodes
//	no_retries            true or false
//	read_only             true or false
//	request_timeout       a duration, as in 250ms
//	tcp_delay             true or false
//
// Anything else, or twice, is an [ErrConfiguration]. Its text repeats nothing
// of the URL but the names of parameters: where a password was not encoded,
// any part may be a part of it.
func ParseURL(url string) (Config, error) {
	p := urlParser{}
	p.parse(url)
	if p.err == nil {
		_, p.err = p.config.request()
	}
	if p.err != nil {
		return Config{}, p.err
	}
	return p.config, nil
}

// urlParser collects a configuration and the first thing that is wrong.
type urlParser struct {
	config Config
	err    error
}

func (p *urlParser) refuse(detail string) {
	if p.err == nil {
		p.err = configurationError("URL", detail)
	}
}

// parse parses the URL without net/url, which knows only one host.
func (p *urlParser) parse(text string) {
	scheme, rest, ok := strings.Cut(text, "://")
	if !ok {
		p.refuse("has no scheme, such as valkey://")
		return
	}
	isPath := false
	switch strings.ToLower(scheme) {
	case "valkey", "redis":
	case "valkeys", "rediss":
		p.config.TLS = &TLS{}
	case "unix":
		isPath = true
	default:
		p.refuse("has an unknown scheme: valkey, valkeys, redis, rediss and unix are known")
		return
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		end = len(rest)
	}
	authority, rest := rest[:end], rest[end:]
	switch {
	case strings.Contains(rest, "@"):
		p.refuse("has an @ after the hosts: characters of the user and password such as / and ? must be percent-encoded, and @ in a parameter too")
		return
	case strings.Contains(rest, "#"):
		p.refuse("has a fragment: # must be percent-encoded")
		return
	}
	if at := strings.LastIndex(authority, "@"); at >= 0 {
		p.credentials(authority[:at])
		authority = authority[at+1:]
	}
	path, query, _ := strings.Cut(rest, "?")
	if isPath {
		p.socket(authority, path)
		p.parameters(query, false)
		return
	}
	p.addresses(authority)
	if path = strings.TrimPrefix(path, "/"); path != "" {
		p.database(path)
	}
	p.parameters(query, path != "")
}

// socket takes the path of a Unix socket, which follows no host.
func (p *urlParser) socket(authority, text string) {
	path, err := url.PathUnescape(text)
	switch {
	case authority != "":
		p.refuse("has a host, which a Unix socket has not: its path begins with the third /")
	case err != nil:
		p.refuse("has a path that is not percent-encoded as it should be")
	case len(path) < 2:
		p.refuse("has no path of a Unix socket")
	}
	p.config.Addresses = []Address{{Host: path}}
}

func (p *urlParser) credentials(text string) {
	user, password, _ := strings.Cut(text, ":")
	switch {
	case strings.Contains(text, "@"):
		p.refuse("has two @ before the hosts: @ in a user or password must be percent-encoded")
	case user == "" && password == "":
		p.refuse("has an @ before the hosts, but no user and no password")
	}
	var err error
	if p.config.Credentials.Username, err = url.PathUnescape(user); err != nil {
		p.refuse("has a user that is not percent-encoded as it should be")
	}
	if p.config.Credentials.Password, err = url.PathUnescape(password); err != nil {
		p.refuse("has a password that is not percent-encoded as it should be")
	}
}

func (p *urlParser) addresses(text string) {
	if text == "" {
		return
	}
	for host := range strings.SplitSeq(text, ",") {
		p.config.Addresses = append(p.config.Addresses, p.address(host))
	}
}

func (p *urlParser) address(text string) Address {
	host, port, hasPort := strings.Cut(text, ":")
	if inner, ok := strings.CutPrefix(text, "["); ok {
		var after string
		if host, after, ok = strings.Cut(inner, "]"); ok {
			port, hasPort = strings.CutPrefix(after, ":")
			ok = hasPort || after == ""
		}
		var err error
		if host, err = url.PathUnescape(host); err != nil {
			ok = false
		}
		if ip, err := netip.ParseAddr(host); !ok || err != nil || !ip.Is6() {
			p.refuse("has a host in brackets that is no IPv6 address")
			return Address{}
		}
	} else if !isHostName(host) {
		p.refuse("has a host that is none")
		return Address{}
	}
	address := Address{Host: host}
	if hasPort {
		number, err := strconv.ParseUint(port, 10, 16)
		if err != nil || number == 0 {
			p.refuse("has a port that is no number between 1 and 65535 (IPv6 addresses stand in brackets)")
		}
		address.Port = int(number)
	}
	return address
}

// isHostName reports whether a text may be a name or an IPv4 address. Whether
// it is one, the resolver will say.
func isHostName(text string) bool {
	for i := range len(text) {
		if c := text[i]; c <= ' ' || c == 0x7f || strings.IndexByte(`"%<>[]\^{|}`+"`", c) >= 0 {
			return false
		}
	}
	return text != ""
}

func (p *urlParser) database(text string) {
	number, err := strconv.ParseUint(text, 10, 31)
	if err != nil {
		p.refuse("has a database that is no number")
	}
	p.config.Database = int(number)
}

func (p *urlParser) parameters(query string, hasDatabase bool) {
	values, err := url.ParseQuery(query)
	if err != nil {
		p.refuse("has parameters that are not encoded as they should be")
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		set, ok := urlParameters[name]
		switch {
		case !ok && isParameterName(name):
			p.refuse("has an unknown parameter " + name)
		case !ok:
			p.refuse("has an unknown parameter")
		case len(values[name]) > 1:
			p.refuse("has the parameter " + name + " twice")
		case name == "database" && hasDatabase:
			p.refuse("has the database twice, as its path and as a parameter")
		case tlsParameters[name] && p.config.TLS == nil:
			p.refuse("has the parameter " + name + " but no TLS: valkeys:// and rediss:// have it")
		default:
			if expected := set(&p.config, values[name][0]); expected != "" {
				p.refuse("has a parameter " + name + " that is not " + expected)
			}
		}
	}
}

// isParameterName reports whether a name could be one of ours.
func isParameterName(name string) bool {
	return len(name) <= 32 && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") == ""
}

// urlParameters set a field each, or say what they expected instead.
var urlParameters = map[string]func(*Config, string) (expected string){
	"availability_zone":  textParameter(func(c *Config) *string { return &c.AvailabilityZone }),
	"client_name":        textParameter(func(c *Config) *string { return &c.ClientName }),
	"connection_timeout": durationParameter(func(c *Config) *time.Duration { return &c.ConnectionTimeout }),
	"database": func(c *Config, value string) string {
		number, err := strconv.ParseUint(value, 10, 31)
		c.Database = int(number)
		return unless(err == nil, "a number")
	},
	"dedicated_idle_time":  durationParameter(func(c *Config) *time.Duration { return &c.DedicatedIdleTime }),
	"dedicated_limit":      limitParameter(func(c *Config) *int { return &c.DedicatedLimit }),
	"heartbeat_interval":   durationParameter(func(c *Config) *time.Duration { return &c.HeartbeatInterval }),
	"inflight_limit":       limitParameter(func(c *Config) *int { return &c.InflightLimit }),
	"inflight_wait":        boolParameter(func(c *Config) *bool { return &c.InflightWait }),
	"insecure_skip_verify": boolParameter(func(c *Config) *bool { return &c.TLS.InsecureSkipVerify }),
	"lazy_connect":         boolParameter(func(c *Config) *bool { return &c.LazyConnect }),
	"library_name":         textParameter(func(c *Config) *string { return &c.LibraryName }),
	"node_discovery": choiceParameter(func(c *Config) *NodeDiscovery { return &c.NodeDiscovery },
		map[string]NodeDiscovery{"roles": DiscoverRoles, "nothing": DiscoverNothing, "all": DiscoverAll}),
	"protocol": choiceParameter(func(c *Config) *Protocol { return &c.Protocol },
		map[string]Protocol{"2": RESP2, "3": RESP3}),
	"read_from": choiceParameter(func(c *Config) *ReadFrom { return &c.ReadFrom },
		map[string]ReadFrom{
			"primary":                          Primary,
			"prefer_replica":                   PreferReplica,
			"all_nodes":                        AnyNode,
			"az_affinity":                      AZAffinity,
			"az_affinity_replicas_and_primary": AZAffinityReplicasAndPrimary,
			"az_affinity_all_nodes":            AZAffinityAllNodes,
		}),
	"no_retries":      boolParameter(func(c *Config) *bool { return &c.NoRetries }),
	"read_only":       boolParameter(func(c *Config) *bool { return &c.ReadOnly }),
	"request_timeout": durationParameter(func(c *Config) *time.Duration { return &c.RequestTimeout }),
	"tcp_delay":       boolParameter(func(c *Config) *bool { return &c.TCPDelay }),
	"tls_min_version": choiceParameter(func(c *Config) *uint16 { return &c.TLS.MinVersion },
		map[string]uint16{"1.2": tls.VersionTLS12, "1.3": tls.VersionTLS13}),
	"tls_server_name": textParameter(func(c *Config) *string { return &c.TLS.ServerName }),
}

// tlsParameters are those that need TLS.
var tlsParameters = map[string]bool{"insecure_skip_verify": true, "tls_min_version": true, "tls_server_name": true}

func unless(ok bool, expected string) string {
	if ok {
		return ""
	}
	return expected
}

func textParameter(field func(*Config) *string) func(*Config, string) string {
	return func(c *Config, value string) string {
		*field(c) = value
		return unless(value != "", "a name")
	}
}

func boolParameter(field func(*Config) *bool) func(*Config, string) string {
	return func(c *Config, value string) string {
		*field(c) = value == "true"
		return unless(value == "true" || value == "false", "true or false")
	}
}

func limitParameter(field func(*Config) *int) func(*Config, string) string {
	return func(c *Config, value string) string {
		number, err := strconv.ParseUint(value, 10, 31)
		*field(c) = int(number)
		return unless(err == nil && number > 0, "a number above 0")
	}
}

func durationParameter(field func(*Config) *time.Duration) func(*Config, string) string {
	return func(c *Config, value string) string {
		duration, err := time.ParseDuration(value)
		*field(c) = duration
		return unless(err == nil && duration > 0, "a duration above 0, such as 250ms")
	}
}

func choiceParameter[T any](field func(*Config) *T, choices map[string]T) func(*Config, string) string {
	expected := "one of " + strings.Join(slices.Sorted(maps.Keys(choices)), ", ")
	return func(c *Config, value string) string {
		choice, ok := choices[value]
		*field(c) = choice
		return unless(ok, expected)
	}
}
