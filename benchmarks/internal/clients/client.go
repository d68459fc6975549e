// Package clients has one file for each client compared: how it is configured,
// and how the operations of the workloads are called on it.
//
// Every setting that is not the client's default is explained in README.md,
// section "Settings".
package clients

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// RequestTimeout is given to every client. It is generous, so that a slow
// answer under load is counted as slow, not as an error.
const RequestTimeout = 5 * time.Second

// InflightLimit is how many operations may be under way on one client, where
// a client has such a limit and lets it be set: above any number of callers
// that is measured, as the others have none.
const InflightLimit = 20_000

// ErrNoValue is what Get answers for a key that does not exist: the workloads
// read only keys they have written, so it is a failure of the benchmark.
var ErrNoValue = errors.New("the key has no value")

// A Client is what every workload can rely on. It is used by many goroutines
// at once. An operation that not every client has is a separate interface,
// in the file of the workload that asks for it.
type Client interface {
	Get(ctx context.Context, key string) (string, error)
	Set(ctx context.Context, key, value string) error
	Close() error
}

// next returns the number that comes after one, in decimal.
func next(number string) (string, error) {
	n, err := strconv.ParseInt(number, 10, 64)
	return strconv.FormatInt(n+1, 10), err
}

// A Mode says what kind of deployment a client talks to.
type Mode string

const (
	Standalone Mode = "standalone"
	Cluster    Mode = "cluster"
)

// A Target is the deployment to connect to.
type Target struct {
	Mode Mode   `json:"mode"`
	Host string `json:"host"`
	Port int    `json:"port"`
}

// Address is host:port. The clients that subscribe embed their target for it.
func (t Target) Address() string { return net.JoinHostPort(t.Host, strconv.Itoa(t.Port)) }

// all is in the order of the tables; the first is the one the others are
// compared with.
var all = []struct {
	name string
	dial func(context.Context, Target) (Client, error)
}{
	{"glide", dialGlide},
	{"glide-official", dialGlideOfficial},
	{"go-redis", dialGoRedis},
	{"go-redis-over-glide", dialGoRedisOverGlide},
	{"valkey-go", dialValkeyGo},
	{"valkey-go-single", dialValkeyGoSingle},
	{"rueidis", dialRueidis},
}

// Names are the clients that Dial knows, in the order of the tables.
func Names() []string {
	names := make([]string, len(all))
	for i, c := range all {
		names[i] = c.name
	}
	return names
}

// Dial connects the named client.
func Dial(ctx context.Context, name string, target Target) (Client, error) {
	for _, c := range all {
		if c.name == name {
			return c.dial(ctx, target)
		}
	}
	return nil, fmt.Errorf("no client is named %q; there are %s", name, strings.Join(Names(), ", "))
}
