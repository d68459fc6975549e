package glide

import (
	"context"
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
// The scheme is valkey or redis, or with TLS valkeys or rediss. For a cluster
// see [ParseClusterURL]. All other parts are optional; the defaults are those of
// [Config]. An IPv6 address is written in brackets, as in [::1]:6379, a password
// without a user after a colon, as in valkey://:password@host, and a user without a
// password without one, as in valkey://user@host. The path is the number of the
// database.
// With the scheme unix the path is that of a Unix socket:
//
//	unix://user:password@/run/valkey.sock?database=2
//
// Characters with a meaning in URLs, such as @, / and # in a password, must be
// percent-encoded (%40, %2F, %23).
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
// Parameters of go-redis and valkey-go with the same meaning are accepted too:
//
//	addr           another address, any number of times
//	client_cache   0
//	db             database
//	dial_timeout   connection_timeout; a number is seconds
//	max_retries    -1: no_retries=true
//	read_timeout   request_timeout; a number is seconds
//	skip_verify    insecure_skip_verify; 0 and 1 are false and true
//
// For their other parameters the error says what to use instead. An unknown
// parameter, and one that is given twice, are an [ErrConfiguration]. Of the URL, the
// error contains only names of parameters: any other part may belong to a password
// that was not encoded.
func ParseURL(url string) (Config, error) {
	p := urlParser{}
	p.parse(url)
	if p.isCluster() {
		p.refuse("is that of a cluster: ParseClusterURL and Open take it")
	}
	if p.err == nil {
		_, p.err = p.config.request()
	}
	if p.err != nil {
		return Config{}, p.err
	}
	return p.config, nil
}

// ParseClusterURL returns the configuration of a cluster that a URL describes:
//
//	valkey-cluster://user:password@host:7000,host2:7001?read_from=prefer_replica
//
// The URL is that of [ParseURL]. For [Open], the scheme of a cluster is
// valkey-cluster or redis-cluster, or with TLS valkeys-cluster or
// rediss-cluster, or there is the parameter cluster=true; ParseClusterURL accepts
// the other schemes too. The parameters node_discovery and read_only are not for
// clusters. These are only for clusters:
//
//	cluster                 true
//	refresh_from_addresses  true or false
//	topology_check          a duration in whole seconds, as in 30s
//
// and of go-redis
//
//	route_randomly          true: read_from=all_nodes
func ParseClusterURL(url string) (ClusterConfig, error) {
	p := urlParser{cluster: clusterYes}
	p.parse(url)
	config := p.clusterConfig()
	if p.err == nil {
		_, p.err = config.request()
	}
	if p.err != nil {
		return ClusterConfig{}, p.err
	}
	return config, nil
}

// Open connects to the server or the cluster that a URL describes. It is
// [ParseURL] with [NewClient], or, if the URL says so, [ParseClusterURL] with
// [NewClusterClient]:
//
//	valkey://localhost:6379
//	valkeys-cluster://app:secret@node1,node2
//	redis://node1,node2?cluster=true
//
// The functions configure change the configuration before the client connects, for
// fields that a URL cannot describe, such as [Config.Hooks]. Fields that are not for
// clusters are an [ErrConfiguration] for a cluster.
func Open(ctx context.Context, url string, configure ...func(*Config)) (UniversalClient, error) {
	p := urlParser{}
	p.parse(url)
	for _, change := range configure {
		if change == nil {
			return nil, invalid("Open", "nil function")
		}
		if p.err == nil {
			change(&p.config)
		}
	}
	if p.isCluster() {
		config := p.clusterConfig()
		if p.err != nil {
			return nil, p.err
		}
		client, err := NewClusterClient(ctx, config)
		if err != nil {
			return nil, err
		}
		return client, nil
	}
	if p.err != nil {
		return nil, p.err
	}
	client, err := NewClient(ctx, p.config)
	if err != nil {
		return nil, err
	}
	return client, nil
}

// urlParser collects a configuration and the first thing that is wrong.
type urlParser struct {
	config  Config
	cluster clusterMode
	// What only clusters have.
	topologyCheck        time.Duration
	refreshFromAddresses bool
	err                  error
}

// clusterMode is whether a URL is that of a cluster.
type clusterMode int

const (
	clusterUnknown clusterMode = iota
	clusterYes
	clusterNo
)

func (p *urlParser) isCluster() bool { return p.cluster == clusterYes }

// clusterConfig returns the configuration as that of a cluster.
func (p *urlParser) clusterConfig() ClusterConfig {
	config, err := p.config.cluster()
	if err != nil && p.err == nil {
		p.err = err
	}
	config.TopologyCheck, config.RefreshFromAddresses = p.topologyCheck, p.refreshFromAddresses
	return config
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
	scheme, isCluster := strings.CutSuffix(strings.ToLower(scheme), "-cluster")
	if isCluster {
		p.cluster = clusterYes
	}
	switch scheme {
	case "valkey", "redis":
	case "valkeys", "rediss":
		p.config.TLS = &TLS{}
	case "unix":
		isPath = true
		if p.isCluster() {
			p.refuse("is that of a cluster and has the path of a Unix socket, which a cluster has not")
			return
		}
	default:
		p.refuse("has an unknown scheme: valkey, valkeys, redis, rediss, these with -cluster, and unix are known")
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
	p.clusterParameters(values)
	set := map[string]string{}
	if hasDatabase {
		set["database"] = "its path"
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		if name == "addr" {
			for _, address := range values[name] {
				p.addresses(address)
			}
			continue
		}
		p.parameter(name, values[name], set)
	}
}

// clusterParameters takes out what only clusters have.
func (p *urlParser) clusterParameters(values url.Values) {
	take := func(name string, parameter func(value string) (expected string)) {
		all := values[name]
		delete(values, name)
		switch {
		case len(all) > 1:
			p.refuse("has the parameter " + name + " twice")
		case len(all) == 1:
			if expected := parameter(all[0]); expected != "" {
				p.refuse("has a parameter " + name + " that is not " + expected)
			}
		}
	}
	take("cluster", func(value string) string {
		isPath := len(p.config.Addresses) == 1 && p.config.Addresses[0].isPath()
		switch {
		case value != "true" && value != "false":
			return "true or false"
		case value == "false" && p.isCluster():
			return "true, although it is the URL of a cluster"
		case value == "true" && isPath:
			return "false, although a Unix socket is that of no cluster"
		case value == "true":
			p.cluster = clusterYes
		default:
			p.cluster = clusterNo
		}
		return ""
	})
	if !p.isCluster() {
		for _, name := range []string{"refresh_from_addresses", "route_randomly", "topology_check"} {
			if values.Has(name) {
				p.refuse("has the parameter " + name + ", which only clusters have: valkey-cluster:// is one")
			}
		}
		return
	}
	for _, name := range []string{"node_discovery", "read_only"} {
		if values.Has(name) {
			p.refuse("has the parameter " + name + ", which clusters do not have (read_from=prefer_replica reads from replicas)")
		}
	}
	take("refresh_from_addresses", func(value string) string {
		p.refreshFromAddresses = value == "true"
		return unless(value == "true" || value == "false", "true or false")
	})
	take("topology_check", func(value string) string {
		duration, err := time.ParseDuration(value)
		p.topologyCheck = duration
		return unless(err == nil && duration > 0, "a duration above 0, such as 30s")
	})
	take("route_randomly", func(value string) string {
		isSet, expected := parseSwitch(value)
		if isSet && values.Has("read_from") {
			return "alone: read_from says the same"
		}
		if isSet {
			p.config.ReadFrom = AnyNode
		}
		return expected
	})
}

// parameter sets the field of a parameter. set are the parameters that were set
// before, and by what.
func (p *urlParser) parameter(name string, values []string, set map[string]string) {
	own := name
	parameter, ok := urlParameters[name]
	if alias, known := urlAliases[name]; known {
		own, parameter, ok = alias.own, alias.set, true
	}
	switch reason, foreign := foreignParameters[name]; {
	case foreign:
		p.refuse("has the parameter " + name + " of another client: " + reason)
	case !ok && isParameterName(name):
		p.refuse("has an unknown parameter " + name)
	case !ok:
		p.refuse("has an unknown parameter")
	case len(values) > 1:
		p.refuse("has the parameter " + name + " twice")
	case set[own] != "":
		p.refuse("has the " + own + " twice, as " + set[own] + " and as the parameter " + name)
	case tlsParameters[own] && p.config.TLS == nil:
		p.refuse("has the parameter " + name + " but no TLS: valkeys:// and rediss:// have it")
	default:
		set[own] = "the parameter " + name
		if expected := parameter(&p.config, values[0]); expected != "" {
			p.refuse("has a parameter " + name + " that is not " + expected)
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

// A urlAlias is the name that go-redis or valkey-go have for a parameter of ours.
type urlAlias struct {
	own string
	set func(*Config, string) (expected string)
}

var urlAliases = map[string]urlAlias{
	"client_cache": {"client_cache", func(_ *Config, value string) string { return unless(value == "0", "0: Config.Cache turns a cache on") }},
	"db":           {"database", urlParameters["database"]},
	"dial_timeout": {"connection_timeout", secondsParameter(func(c *Config) *time.Duration { return &c.ConnectionTimeout })},
	"max_retries": {"no_retries", func(c *Config, value string) string {
		c.NoRetries = value == "-1"
		return unless(c.NoRetries, "-1: other numbers have no equivalent, since the time of a call limits its retries, and no_retries=true turns them off")
	}},
	"read_timeout": {"request_timeout", secondsParameter(func(c *Config) *time.Duration { return &c.RequestTimeout })},
	"skip_verify": {"insecure_skip_verify", func(c *Config, value string) (expected string) {
		c.TLS.InsecureSkipVerify, expected = parseSwitch(value)
		return expected
	}},
}

// Why parameters of go-redis and valkey-go have no equivalent.
const (
	noPool     = "commands share one connection to each server, and dedicated_limit and dedicated_idle_time are about the others"
	noBackoff  = "Config.Reconnect sets the delays of reconnecting"
	noSentinel = "Sentinel is not supported"
	noRedirect = "redirects are followed within the time of a call"
	noPipeline = "pipelines use the same connection"
	byReadFrom = "read_from selects the nodes"
)

// foreignParameters are those of go-redis and valkey-go that have no equivalent.
var foreignParameters = map[string]string{
	"conn_max_idle_time":         noPool,
	"conn_max_lifetime":          noPool,
	"conn_max_lifetime_jitter":   noPool,
	"dialer_retries":             noBackoff,
	"dialer_retry_timeout":       noBackoff,
	"failing_timeout_seconds":    "heartbeat_interval finds connections that are silent",
	"idle_timeout":               noPool,
	"master_name":                noSentinel,
	"master_set":                 noSentinel,
	"max_active_conns":           noPool,
	"max_concurrent_dials":       noPool,
	"max_conn_age":               noPool,
	"max_idle_conns":             noPool,
	"max_redirects":              noRedirect,
	"max_retry_backoff":          noBackoff,
	"min_idle_conns":             noPool,
	"min_retry_backoff":          noBackoff,
	"pipeline_pool_size":         noPipeline,
	"pipeline_read_buffer_size":  noPipeline,
	"pipeline_write_buffer_size": noPipeline,
	"pool_fifo":                  noPool,
	"pool_size":                  noPool,
	"pool_timeout":               noPool,
	"route_by_latency":           byReadFrom,
	"route_by_latency_tolerance": byReadFrom,
	"write_timeout":              "request_timeout limits the whole call, writing and the reply",
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

// secondsParameter is a durationParameter that may be a number of seconds, too.
func secondsParameter(field func(*Config) *time.Duration) func(*Config, string) string {
	return func(c *Config, value string) string {
		if seconds, err := strconv.ParseUint(value, 10, 31); err == nil {
			*field(c) = time.Duration(seconds) * time.Second
			return unless(seconds > 0, "above 0: every call has a limit")
		}
		return durationParameter(field)(c, value)
	}
}

// parseSwitch parses what may be a number, too.
func parseSwitch(value string) (isSet bool, expected string) {
	isSet = value == "true" || value == "1"
	return isSet, unless(isSet || value == "false" || value == "0", "true, false, 1 or 0")
}

func choiceParameter[T any](field func(*Config) *T, choices map[string]T) func(*Config, string) string {
	expected := "one of " + strings.Join(slices.Sorted(maps.Keys(choices)), ", ")
	return func(c *Config, value string) string {
		choice, ok := choices[value]
		*field(c) = choice
		return unless(ok, expected)
	}
}
