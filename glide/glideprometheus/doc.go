// Package glideprometheus exports the statistics of the clients of package glide to
// Prometheus. It is a separate module:
//
//	go get github.com/valkey-glide/go/glide/glideprometheus
//
// A collector for each client is all that is needed:
//
//	prometheus.MustRegister(glideprometheus.NewCollector("sessions", client))
//
// All metrics have the label client, the name that the collector was created with.
// Package glide describes their values ([glide.Stats]):
//
//   - glide_connections, glide_message_connections;
//   - glide_dedicated_connections, with the label state: in_use or idle;
//     glide_dedicated_connections_awaited;
//   - glide_requests_in_flight, glide_requests_waiting,
//     glide_requests_rejected_total, glide_requests_timed_out_total;
//   - glide_retries_total, glide_reconnects_total;
//   - glide_received_bytes_total, glide_sent_bytes_total;
//   - glide_topology_version;
//   - glide_cache_hits_total, glide_cache_misses_total;
//   - glide_subscriptions, with the label state: desired or actual;
//   - glide_messages_received_total, glide_messages_dropped_total,
//     glide_messages_buffered, glide_message_callback_panics_total.
//
// Counters of a closed client are 0, so unregister its collector before Close.
// Package glideotel measures how long commands take.
package glideprometheus
