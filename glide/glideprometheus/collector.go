package glideprometheus

import (
	"github.com/prometheus/client_golang/prometheus"
	"github.com/valkey-glide/go/glide"
)

// Source is what a [Collector] collects the statistics of: a [*glide.Client], a
// [*glide.ClusterClient], or what wraps one.
type Source interface{ Stats() glide.Stats }

// Collector is a [prometheus.Collector] of the statistics of a client.
type Collector struct {
	source  Source
	metrics []metric
}

// NewCollector returns a collector of the statistics of a client. The name is the label
// client of its metrics, which distinguishes the clients of a program.
func NewCollector(name string, source Source) *Collector {
	c := &Collector{source: source, metrics: make([]metric, len(definitions))}
	for i, d := range definitions {
		labels := prometheus.Labels{"client": name}
		if d.state != "" {
			labels["state"] = d.state
		}
		c.metrics[i] = metric{prometheus.NewDesc("glide_"+d.name, d.help, nil, labels), d.kind, d.value}
	}
	return c
}

// Describe sends the descriptions of the metrics.
func (c *Collector) Describe(descriptions chan<- *prometheus.Desc) {
	for _, m := range c.metrics {
		descriptions <- m.description
	}
}

// Collect sends the metrics. It asks no server.
func (c *Collector) Collect(metrics chan<- prometheus.Metric) {
	stats := c.source.Stats()
	for _, m := range c.metrics {
		metrics <- prometheus.MustNewConstMetric(m.description, m.kind, float64(m.value(&stats)))
	}
}

// metric is one that a collector collects.
type metric struct {
	description *prometheus.Desc
	kind        prometheus.ValueType
	value       func(*glide.Stats) int64
}

// definition is a metric of all clients.
type definition struct {
	name string
	// state is the label state, if the metric has one.
	state string
	help  string
	kind  prometheus.ValueType
	value func(*glide.Stats) int64
}

const (
	gauge   = prometheus.GaugeValue
	counter = prometheus.CounterValue
)

// The metrics that differ in their state only.
const (
	dedicatedHelp     = "Dedicated connections, of blocking commands and sessions."
	subscriptionsHelp = "Channels and patterns that the client wants, and those that servers have confirmed."
)

var definitions = []definition{
	{"connections", "", "Connections to servers that commands share.", gauge, func(s *glide.Stats) int64 { return s.Connections }},
	{"message_connections", "", "Connections that carry subscriptions.", gauge, func(s *glide.Stats) int64 { return s.MessageConnections }},
	{"dedicated_connections", "in_use", dedicatedHelp, gauge, func(s *glide.Stats) int64 { return s.Dedicated.InUse }},
	{"dedicated_connections", "idle", dedicatedHelp, gauge, func(s *glide.Stats) int64 { return s.Dedicated.Idle }},
	{"dedicated_connections_awaited", "", "Calls that wait for a dedicated connection.", gauge, func(s *glide.Stats) int64 { return s.Dedicated.Awaited }},

	{"requests_in_flight", "", "Requests that count for the inflight limit, once for each node.", gauge, func(s *glide.Stats) int64 { return s.InFlight }},
	{"requests_waiting", "", "Requests that wait because of the inflight limit.", gauge, func(s *glide.Stats) int64 { return s.Waiting }},
	{"requests_rejected_total", "", "Calls that failed because of the inflight limit.", counter, func(s *glide.Stats) int64 { return s.Rejected }},
	{"requests_timed_out_total", "", "Calls that failed because their time was over.", counter, func(s *glide.Stats) int64 { return s.TimedOut }},
	{"retries_total", "", "How many times requests were sent again.", counter, func(s *glide.Stats) int64 { return s.Retries }},

	{"reconnects_total", "", "Connections that were made in place of others.", counter, func(s *glide.Stats) int64 { return s.Reconnects }},
	{"received_bytes_total", "", "Bytes read from connections.", counter, func(s *glide.Stats) int64 { return s.BytesReceived }},
	{"sent_bytes_total", "", "Bytes written to connections.", counter, func(s *glide.Stats) int64 { return s.BytesSent }},
	{"topology_version", "", "How many times the topology has changed.", gauge, func(s *glide.Stats) int64 { return s.TopologyVersion }},

	{"cache_hits_total", "", "Commands that were answered from the client-side cache.", counter, func(s *glide.Stats) int64 { return s.CacheHits }},
	{"cache_misses_total", "", "Commands that the client-side cache had no answer for.", counter, func(s *glide.Stats) int64 { return s.CacheMisses }},

	{"subscriptions", "desired", subscriptionsHelp, gauge, func(s *glide.Stats) int64 { return s.Subscriptions.Desired }},
	{"subscriptions", "actual", subscriptionsHelp, gauge, func(s *glide.Stats) int64 { return s.Subscriptions.Actual }},
	{"messages_received_total", "", "Messages received from servers.", counter, func(s *glide.Stats) int64 { return s.Messages.Received }},
	{"messages_dropped_total", "", "Messages dropped because too many were waiting.", counter, func(s *glide.Stats) int64 { return s.Messages.Dropped }},
	{"messages_buffered", "", "Messages that wait to be received.", gauge, func(s *glide.Stats) int64 { return s.Messages.Buffered }},
	{"message_callback_panics_total", "", "How many times the callback for messages panicked.", counter, func(s *glide.Stats) int64 { return s.Messages.Panics }},
}
