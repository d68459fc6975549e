// The benchmarks are a module of their own, so that the clients compared
// here are nobody's dependencies.
module github.com/valkey-glide/go/benchmarks

go 1.26.0

replace (
	github.com/valkey-glide/go => ..
	github.com/valkey-glide/go/glide/glidegoredis => ../glide/glidegoredis
)

require (
	github.com/redis/go-redis/v9 v9.23.0
	github.com/redis/rueidis v1.0.79
	github.com/valkey-glide/go v0.0.0
	github.com/valkey-glide/go/glide/glidegoredis v0.0.0
	github.com/valkey-io/valkey-glide/go/v2 v2.5.3
	github.com/valkey-io/valkey-go v1.0.79
)

require (
	github.com/cespare/xxhash/v2 v2.3.0 // indirect
	github.com/ebitengine/purego v0.11.3 // indirect
	github.com/google/uuid v1.6.0 // indirect
	go.uber.org/atomic v1.12.0 // indirect
	golang.org/x/sys v0.48.0 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)
