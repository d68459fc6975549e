// Package chaos keeps a cluster, and a server with replicas, under a mixed load
// while faults are injected at random, and checks that callers are told the
// truth and that the client recovers.
//
//	make chaos                                        # five minutes each
//	make chaos CHAOS_FLAGS='-seed 42 -duration 10m'   # the faults of that seed
//	make chaos CHAOS_FLAGS='-faults 120'              # pause half as long
//
// Two sequences of faults go on at once: one breaks connections and links (see
// faults_links.go), the other one changes what the servers are and do, one
// fault at a time (faults_cluster.go, faults_standalone.go). The seed decides
// which faults there are, in which order, at which nodes and for how long. What
// the servers, the client and the machine do in between is not repeated.
//
// Servers write what they acknowledge to their files first, so a restart loses
// nothing. A replica that is promoted without its primary's consent may lack
// what was acknowledged last, so the checks allow that of what was acknowledged
// around such a promotion, in the slots of that shard, and of nothing else. That
// something runs twice is never allowed.
package chaos
