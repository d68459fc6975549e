package glide_test

import (
	"crypto/tls"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
)

func TestParseURL(t *testing.T) {
	local := []glide.Address{{Host: "localhost"}}
	for url, expected := range map[string]glide.Config{
		"valkey://":                    {},
		"valkey:///3":                  {Database: 3},
		"valkey://localhost":           {Addresses: local},
		"redis://localhost/":           {Addresses: local},
		"REDIS://localhost":            {Addresses: local},
		"valkeys://localhost":          {Addresses: local, TLS: &glide.TLS{}},
		"rediss://localhost":           {Addresses: local, TLS: &glide.TLS{}},
		"valkey://10.0.0.1:7000":       {Addresses: []glide.Address{{Host: "10.0.0.1", Port: 7000}}},
		"valkey://[::1]":               {Addresses: []glide.Address{{Host: "::1"}}},
		"valkey://[::1]:6379/15":       {Addresses: []glide.Address{{Host: "::1", Port: 6379}}, Database: 15},
		"valkey://[fe80::1%25eth0]:1":  {Addresses: []glide.Address{{Host: "fe80::1%eth0", Port: 1}}},
		"valkey://a:1,b,[::1]:2":       {Addresses: []glide.Address{{Host: "a", Port: 1}, {Host: "b"}, {Host: "::1", Port: 2}}},
		"valkey://:secret@localhost":   {Addresses: local, Credentials: glide.Credentials{Password: "secret"}},
		"valkey://app:s:e@localhost":   {Addresses: local, Credentials: glide.Credentials{Username: "app", Password: "s:e"}},
		"valkey://a%3Ab:%2F%40%23%3F@": {Credentials: glide.Credentials{Username: "a:b", Password: "/@#?"}},
		"valkey://:a+b@localhost":      {Addresses: local, Credentials: glide.Credentials{Password: "a+b"}},
		"valkey://localhost?database=4&client_name=app%401&library_name=mine&protocol=2&request_timeout=1s&connection_timeout=3s": {
			Addresses: local, Database: 4, ClientName: "app@1", LibraryName: "mine", Protocol: glide.RESP2,
			RequestTimeout: time.Second, ConnectionTimeout: 3 * time.Second,
		},
		"valkey://localhost?read_from=az_affinity&availability_zone=us-east-1a&inflight_limit=5&inflight_wait=true&lazy_connect=true&dedicated_limit=7&dedicated_idle_time=9s&heartbeat_interval=3s": {
			DedicatedLimit: 7, DedicatedIdleTime: 9 * time.Second, HeartbeatInterval: 3 * time.Second,
			Addresses: local, ReadFrom: glide.AZAffinity, AvailabilityZone: "us-east-1a", InflightLimit: 5, InflightWait: true, LazyConnect: true,
		},
		"valkey://localhost?protocol=3&tcp_delay=true&read_only=true&no_retries=true&node_discovery=nothing": {
			Addresses: local, TCPDelay: true, ReadOnly: true, NoRetries: true, NodeDiscovery: glide.DiscoverNothing,
		},
		"valkey://app@localhost":  {Addresses: local, Credentials: glide.Credentials{Username: "app"}},
		"valkey://app:@localhost": {Addresses: local, Credentials: glide.Credentials{Username: "app"}},
		"unix:///run/a.sock":      {Addresses: []glide.Address{{Host: "/run/a.sock"}}},
		"unix://app:secret@/a%20b?database=2": {
			Addresses: []glide.Address{{Host: "/a b"}}, Database: 2, Credentials: glide.Credentials{Username: "app", Password: "secret"},
		},
		"valkeys://localhost?tls_server_name=valkey.example&tls_min_version=1.3": {
			Addresses: local, TLS: &glide.TLS{ServerName: "valkey.example", MinVersion: tls.VersionTLS13},
		},
		"valkey://localhost?read_from=prefer_replica": {Addresses: local, ReadFrom: glide.PreferReplica},
		"rediss://localhost?insecure_skip_verify=true": {
			Addresses: local, TLS: &glide.TLS{InsecureSkipVerify: true},
		},
	} {
		t.Run(url, func(t *testing.T) {
			config, err := glide.ParseURL(url)
			require.NoError(t, err)
			require.Equal(t, expected, config)
		})
	}
}

func TestParseURLRefuses(t *testing.T) {
	for url, expected := range map[string]string{
		"":                                                     "no scheme",
		"localhost:6379":                                       "no scheme",
		"app:hunter2@localhost:6379":                           "no scheme",
		"http://:hunter2@localhost":                            "unknown scheme",
		"hunter2://localhost":                                  "unknown scheme",
		"valkey://:hunter2@localhost:port":                     "port",
		"valkey://:hunter2@localhost:0":                        "port",
		"valkey://:hunter2@localhost:70000":                    "port",
		"valkey://:hunter2@localhost:-1":                       "port",
		"valkey://:hunter2@localhost:":                         "port",
		"valkey://::1":                                         "host",
		"valkey://a::1":                                        "port",
		"valkey://[::1":                                        "IPv6",
		"valkey://[10.0.0.1]":                                  "IPv6",
		"valkey://[::1]x":                                      "IPv6",
		"valkey://[host]:1":                                    "IPv6",
		"valkey://a,,b":                                        "host",
		"valkey://a b":                                         "host",
		"valkey://a%20b":                                       "host",
		"valkey://:hunter2@localhost/db":                       "database",
		"valkey://:hunter2@localhost/-1":                       "database",
		"valkey://:hunter2@localhost/1/2":                      "database",
		"valkey://:hunter2@localhost/1?database=1":             "database twice",
		"valkey://:hunter2@localhost?database=x":               "database",
		"valkey://app:hunter2":                                 "port",
		"valkey://:@localhost":                                 "no user and no password",
		"valkey://@localhost":                                  "no user and no password",
		"unix://localhost/hunter2.sock":                        "has a host",
		"unix://hunter2.sock":                                  "has a host",
		"unix:///":                                             "no path",
		"unix://?protocol=2":                                   "no path",
		"unix:///hunter2%zz":                                   "percent-encoded",
		"unix:///a%00":                                         "zero byte",
		"unix:///a?tls_server_name=b":                          "no TLS",
		"valkey://localhost?tls_min_version=1.3":               "no TLS",
		"valkeys://localhost?tls_min_version=1.1":              "one of 1.2, 1.3",
		"valkey://:hunter2%@localhost":                         "percent-encoded",
		"valkey://hunter2%zz:x@localhost":                      "percent-encoded",
		"valkey://:hun@hunter2@localhost":                      "two @",
		"valkey://:hun/hunter2@localhost":                      "percent-encoded",
		"valkey://:hun?hunter2&b@localhost":                    "percent-encoded",
		"valkey://:hun#hunter2@localhost":                      "percent-encoded",
		"valkey://localhost#hunter2":                           "fragment",
		"valkey://localhost?hunter2":                           "unknown parameter",
		"valkey://localhost?timeout=hunter2":                   "unknown parameter timeout",
		"valkey://localhost?client_name=a&client_name=hunter2": "client_name twice",
		"valkey://localhost?client_name=":                      "client_name",
		"valkey://localhost?client_name=a%20b":                 "ClientName",
		"valkey://localhost?request_timeout=250":               "a duration above 0",
		"valkey://localhost?request_timeout=0s":                "a duration above 0",
		"valkey://localhost?request_timeout=-1s":               "a duration above 0",
		"valkey://localhost?inflight_limit=0":                  "a number above 0",
		"valkey://localhost?lazy_connect=yes":                  "true or false",
		"valkey://localhost?protocol=4":                        "one of 2, 3",
		"valkey://localhost?read_from=somewhere":               "read_from that is not one of",
		"valkey://localhost?read_from=az_affinity":             "AvailabilityZone",
		"valkey://localhost?insecure_skip_verify=true":         "no TLS",
		"valkey://localhost?a;b":                               "encoded",
		"valkey://localhost?%zz=1":                             "encoded",
	} {
		t.Run(url, func(t *testing.T) {
			config, err := glide.ParseURL(url)
			require.ErrorIs(t, err, glide.ErrConfiguration)
			require.ErrorContains(t, err, expected)
			require.NotContains(t, err.Error(), "hunter2")
			require.Equal(t, glide.Config{}, config)
		})
	}
}

func FuzzParseURL(f *testing.F) {
	for _, seed := range []string{
		"valkey://", "valkeys://a:b@[::1]:1,c/2?protocol=2", "redis://:p%40@h?request_timeout=1s", "rediss://h?insecure_skip_verify=true",
		"valkey://:a/b@c", "valkey://h:99999", "x", "valkey://h?client_name=%00",
	} {
		f.Add(seed, "hunter2")
	}
	f.Fuzz(func(t *testing.T, url, secret string) {
		check := func(url string) {
			config, err := glide.ParseURL(url)
			if err != nil {
				require.ErrorIs(t, err, glide.ErrConfiguration)
				require.Equal(t, glide.Config{}, config)
				return
			}
			if _, err := glide.ParseURL(url); err != nil {
				t.Fatal("accepted once only")
			}
		}
		check(url)

		// Wherever a password is put into the URL, encoded or not, no text shows it.
		secret = fmt.Sprintf("%.8s-hunter2", strings.ToUpper(secret))
		for _, url := range []string{
			strings.Replace(url, "://", "://:"+secret+"@", 1),
			strings.Replace(url, "@", secret+"@", 1),
			strings.Replace(url, ":", ":"+secret, 1),
		} {
			config, err := glide.ParseURL(url)
			if err != nil {
				require.NotContains(t, err.Error(), secret)
			}
			if c := config.Credentials; !strings.Contains(c.Username, secret) {
				require.NotContains(t, fmt.Sprint(c), secret)
			}
		}
	})
}
