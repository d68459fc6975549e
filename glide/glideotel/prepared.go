package glideotel

import (
	"net"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/valkey-glide/go/glide"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"
	semconv "go.opentelemetry.io/otel/semconv/v1.43.0"
	"go.opentelemetry.io/otel/trace"
)

// prepared is what operations of one name and one client have in common.
type prepared struct {
	name       string
	attributes []attribute.KeyValue
	start      []trace.SpanStartOption
	// record is for operations that succeed.
	record []metric.RecordOption
}

// preparedKey is which operations have a prepared in common.
type preparedKey struct {
	client *glide.ClientDescription
	name   string
	kind   glide.OperationKind
	// single is a batch of one command.
	single bool
}

// maxPrepared bounds how many are kept. Programs choose the names of commands
// of Do, and may make any number of clients.
const maxPrepared = 512

// preparations keeps what was prepared. Reading takes no lock.
type preparations struct {
	mu   sync.Mutex
	kept atomic.Pointer[map[preparedKey]*prepared]
	// missed counts what was not kept since the map is full.
	missed int
}

func (p *preparations) get(key preparedKey) *prepared {
	if kept := p.kept.Load(); kept != nil {
		return (*kept)[key]
	}
	return nil
}

// put keeps what was prepared. A full map is given up only after as many misses
// as it has entries: until then most of them may be in use.
func (p *preparations) put(key preparedKey, made *prepared) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var kept map[preparedKey]*prepared
	if old := p.kept.Load(); old != nil {
		kept = *old
	}
	if len(kept) >= maxPrepared {
		if p.missed++; p.missed < maxPrepared {
			return
		}
		kept = nil
	}
	p.missed = 0
	copied := make(map[preparedKey]*prepared, len(kept)+1)
	for key, value := range kept {
		copied[key] = value
	}
	copied[key] = made
	p.kept.Store(&copied)
}

// prepare returns what the operations that are like this one have in common.
func (h *hook) prepare(operation glide.Operation) *prepared {
	key := preparedKey{operation.Client, operation.Name, operation.Kind, operation.Commands == 1}
	if found := h.preparations.get(key); found != nil {
		return found
	}
	made := &prepared{name: nameOf(operation)}
	attributes := []attribute.KeyValue{
		semconv.DBSystemNameKey.String(string(h.system)),
		semconv.DBOperationName(made.name),
		semconv.DBNamespace(strconv.Itoa(operation.Client.Database)),
	}
	attributes = append(attributes, serverAttributes(operation.Client.Addresses)...)
	// Of two attributes with one name the set keeps the second.
	set := attribute.NewSet(append(attributes, h.attributes...)...)
	made.attributes = slices.Clip(set.ToSlice())
	made.start = slices.Clip([]trace.SpanStartOption{
		trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(made.attributes...),
	})
	made.record = []metric.RecordOption{metric.WithAttributeSet(set)}
	// The name may be a part of a larger string.
	key.name = strings.Clone(key.name)
	h.preparations.put(key, made)
	return made
}

// containers are the commands that have subcommands.
var containers = []string{
	"ACL", "CLIENT", "CLUSTER", "COMMAND", "COMMANDLOG", "CONFIG", "DEBUG", "FUNCTION", "HOTKEYS", "JSON.DEBUG", "LATENCY", "MEMORY",
	"MODULE", "OBJECT", "PUBSUB", "SCRIPT", "SLOWLOG", "XGROUP", "XINFO",
}

// maxName bounds the length of a word of a name.
const maxName = 40

// nameOf returns the name of the span: that of the operation, except for batches
// of one command, which have the name of the command.
func nameOf(operation glide.Operation) string {
	if operation.Kind != glide.BatchOperation {
		return commandName(operation.Name)
	}
	batch, command, ofOneName := strings.Cut(operation.Name, " ")
	switch {
	case !ofOneName:
		return batch
	case operation.Commands == 1:
		return commandName(command)
	}
	return batch + " " + commandName(command)
}

// commandName returns the name of a command without what cannot be a part of
// one: a command of Do has the name that the program uses, and by mistake
// that may be a line with arguments.
func commandName(name string) string {
	first, rest, _ := strings.Cut(name, " ")
	if !isWord(first) {
		return otherError
	}
	second, _, _ := strings.Cut(rest, " ")
	if !isWord(second) || !slices.Contains(containers, first) {
		return strings.Clone(first)
	}
	return first + " " + second
}

// isWord reports whether this can be a word of a command's name.
func isWord(word string) bool {
	for i := range len(word) {
		c := word[i]
		letter := 'A' <= c && c <= 'Z' || 'a' <= c && c <= 'z'
		if !letter && (i == 0 || !('0' <= c && c <= '9' || c == '.' || c == '-' || c == '_')) {
			return false
		}
	}
	return word != "" && len(word) <= maxName
}

const (
	defaultHost = "localhost"
	defaultPort = 6379
)

// serverAttributes returns server.address and server.port for the configured
// addresses. Their order has no meaning to clients, so they are sorted.
func serverAttributes(addresses []glide.Address) []attribute.KeyValue {
	if len(addresses) == 0 {
		addresses = []glide.Address{{}}
	}
	addresses = slices.Clone(addresses)
	for i := range addresses {
		if addresses[i].Host == "" {
			addresses[i].Host = defaultHost
		}
		if addresses[i].Port == 0 {
			addresses[i].Port = defaultPort
		}
	}
	port := addresses[0].Port
	differs := slices.ContainsFunc(addresses, func(a glide.Address) bool { return a.Port != port })
	endpoints := make([]string, len(addresses))
	for i, address := range addresses {
		endpoints[i] = address.Host
		if differs {
			endpoints[i] = net.JoinHostPort(address.Host, strconv.Itoa(address.Port))
		}
	}
	slices.Sort(endpoints)
	attributes := []attribute.KeyValue{semconv.ServerAddress(strings.Join(slices.Compact(endpoints), ","))}
	if !differs && port != defaultPort {
		attributes = append(attributes, semconv.ServerPort(port))
	}
	return attributes
}
