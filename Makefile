# `make` lists the targets. Each does the set-up it needs.

CARGO = cargo
GO    = go
STATICCHECK = honnef.co/go/tools/cmd/staticcheck@v0.8.2
ACTIONLINT  = github.com/rhysd/actionlint/cmd/actionlint@v1.7.12
MISSPELL    = github.com/golangci/misspell/cmd/misspell@v0.8.0
LIBRARY_NAME := $(if $(filter Darwin,$(shell uname)),libglide_ffi.dylib,libglide_ffi.so)
LIBRARY      := target/release/$(LIBRARY_NAME)

BENCH_FLAGS ?=
CHAOS_FLAGS ?=
FUZZ_RUNS ?= 1000000
FUZZ_TARGETS = request redirect reply_scan reply
CORE_FLAGS   = -clients glide,valkey-go,go-redis,$(CORE_KINDS)
CORE_KINDS   = glide-core,glide-core-node-clients,glide-core-connections

.PHONY: help
help: ## list the targets
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: tools
tools:
	@scripts/require go cargo cc

.PHONY: library
library: tools ## build the Rust library (the first time takes some minutes)
	@test -e $(LIBRARY) || echo "building the library and the crates that it is made of: 2 to 11 minutes the first time, seconds later"
	$(CARGO) build --release --locked

.PHONY: server
server: tools
	@scripts/install-server >/dev/null
	@scripts/install-server modules >/dev/null || echo "no JSON, search and Bloom modules for this machine" >&2

.PHONY: redis8
redis8: tools
	@scripts/install-server redis8 >/dev/null || echo "no Redis 8 for this machine" >&2

.PHONY: demo
demo: library server ## typed commands, 100,000 operations at once, a failover under load
	@$(GO) run ./scripts/demo

.PHONY: pictures
pictures: library server ## draw the pictures of the documents, with a failover measured on this machine
	$(GO) run ./scripts/pictures -failover

.PHONY: test
test: check library server redis8 ## all tests
	@size=$$(wc -c <$(LIBRARY)); test $$size -lt 20000000 || { echo "$(LIBRARY) has grown to $$size bytes"; exit 1; }
	$(CARGO) test --locked --lib --test canaries
	$(CARGO) test --release --locked --test boundary
	$(GO) test -race -count=1 -timeout 20m $$($(GO) list ./... | grep -v /livetest/)
# Each package starts its own servers, so that more than two at once slow each
# other down. What measures runs alone.
	$(GO) test -race -count=1 -p 2 -timeout 20m $$($(GO) list ./glide/livetest/... | grep -v -e /costs$$ -e /isolation$$)
	$(GO) test -race -count=1 -p 1 -timeout 10m ./glide/livetest/costs ./glide/livetest/isolation
	@$(GO) test -count=1 -v -run '^$$' ./glide/glidebloom ./glide/glidejson ./glide/glidesearch | grep '^live modules'
	$(GO) test -count=1 -tags explore -run AllOrders ./glide/internal/engine
	CGO_ENABLED=0 $(GO) test -count=1 ./glide/internal/...
	cd benchmarks && $(GO) test -count=1 ./...
	cd glide/glideotel && $(GO) test -count=1 ./...
	cd glide/glidegoredis && $(GO) test -race -count=1 ./...
	cd glide/glidegoredis/libraries && $(GO) test -race -count=1 ./...
	cd glide/glideprometheus && $(GO) test -count=1 ./...
	cd docs/examples/testing && $(GO) test -count=1 ./...
	cd examples && $(GO) test -count=1 ./...
	cd docs && $(GO) test -count=1

.PHONY: test-go-redis
test-go-redis: library server ## go-redis's own tests on this client, two minutes
	$(GO) run ./scripts/test-go-redis -race

.PHONY: test-release
test-release: library server ## a release, as a new user gets it: go get, go build, run
	@scripts/install-tool musl-gcc
	$(GO) test -count=1 -timeout 20m -tags release -skip Static ./scripts/release -library ../../$(LIBRARY)

.PHONY: test-static
test-static: library server ## programs that are linked with the library (links it once more: some minutes)
	$(GO) run ./cmd/glide-library build -static
	$(GO) test -count=1 -timeout 20m -tags release -run Static ./scripts/release -library ../../$(LIBRARY) -archive ../../target/release/libglide_ffi.a

.PHONY: soak
soak: library server ## what takes long: more orders of the driving's steps, more slot moves (ten minutes)
	$(GO) test -race -count=1 -timeout 20m -run SlotMoves ./glide/livetest/topology -args -moves 200000
	$(GO) test -count=1 -timeout 60m -tags explore -run AllOrders ./glide/internal/engine -args -turns 3

.PHONY: chaos
chaos: library server ## random faults under load, five minutes each; CHAOS_FLAGS='-seed 42 -duration 10m'
	$(GO) test -count=1 -timeout 3h -v -run UnderFaults ./glide/livetest/chaos -args -duration 5m $(CHAOS_FLAGS)

.PHONY: check
check: ## formatting, static checks, spelling, and whether generated files are current
	@scripts/require go cargo cc cargo-fmt cargo-clippy
	$(CARGO) fmt --check
	$(CARGO) clippy --locked --quiet --all-targets -- -D warnings
	$(CARGO) check --locked --quiet --manifest-path ffi/fuzz/Cargo.toml --target-dir target
	RUSTDOCFLAGS='-D warnings' $(CARGO) doc --locked --quiet --no-deps --lib --document-private-items
	@test -z "$$(gofmt -l glide scripts benchmarks docs examples)" || { gofmt -l glide scripts benchmarks docs examples; echo "not formatted: run gofmt -w on these"; exit 1; }
	$(GO) vet ./...
	cd benchmarks && $(GO) vet ./...
	cd glide/glideotel && $(GO) vet ./...
	cd glide/glidegoredis && $(GO) vet ./...
	cd glide/glidegoredis/libraries && $(GO) vet ./...
	cd glide/glideprometheus && $(GO) vet ./...
	cd docs/examples/testing && $(GO) vet ./...
	cd examples && $(GO) vet ./...
	cd docs && $(GO) vet ./...
	$(GO) run $(STATICCHECK) ./...
	cd benchmarks && $(GO) run $(STATICCHECK) ./...
	cd glide/glideotel && $(GO) run $(STATICCHECK) ./...
	cd glide/glidegoredis && $(GO) run $(STATICCHECK) ./...
	cd glide/glidegoredis/libraries && $(GO) run $(STATICCHECK) ./...
	cd glide/glideprometheus && $(GO) run $(STATICCHECK) ./...
	cd examples && $(GO) run $(STATICCHECK) ./...
	cd docs && $(GO) run $(STATICCHECK) ./...
	@git ls-files -- ':!*.sum' ':!*.lock' ':!ffi/fuzz/seeds' | xargs $(GO) run $(MISSPELL) -error
	@scripts/check-generated
	@$(GO) run ./scripts/check-english
	@$(GO) run ./scripts/check-layers
	@$(GO) run ./scripts/check-links
	@$(GO) run ./scripts/generate-notices -check
	$(GO) run $(ACTIONLINT)
	$(GO) vet -tags release ./scripts/release
	GOOS=windows CGO_ENABLED=0 $(GO) vet ./glide/... ./cmd/...

.PHONY: generate
generate: library ## write the generated files anew: methods, protobuf code, C header, docs/configuration.md
	$(GO) run ./scripts/generate-protobuf
	$(GO) run ./scripts/generate-commands
	cp ffi/include/glide.h glide/internal/abi/glide.h
	$(GO) run ./scripts/generate-bindings
	$(GO) run ./scripts/generate-configuration

.PHONY: counter
counter:
	@scripts/install-tool strace || echo "the benchmarks will not count system calls" >&2

.PHONY: bench
bench: library server counter ## measure against other clients; BENCH_FLAGS='-quick -json out.json'
	cd benchmarks && $(GO) run . $(BENCH_FLAGS)

.PHONY: bench-goals
bench-goals: library server counter ## measure what this project promises: twenty minutes
	cd benchmarks && $(GO) run . -set goals $(BENCH_FLAGS)

.PHONY: bench-report
bench-report: library server counter ## measure all there is, write tables and plots to benchmarks/results: 45 minutes
	cd benchmarks && $(GO) run . -set report -report results $(BENCH_FLAGS)

.PHONY: bench-core
bench-core: library server counter ## the core alone as a limit of pipelines, MGET and pub/sub
	$(CARGO) build --release --locked --example core
	cd benchmarks && $(GO) test -count=1 -tags core -run CoreDoesWhatItCounts ./internal/limit
	cd benchmarks && $(GO) run . $(CORE_FLAGS) -workloads pipeline -callers 16 $(BENCH_FLAGS)
	cd benchmarks && $(GO) run . $(CORE_FLAGS) -mode cluster -workloads mget -callers 16 $(BENCH_FLAGS)
	cd benchmarks && $(GO) run . $(CORE_FLAGS) -workloads pubsub $(BENCH_FLAGS)

.PHONY: fuzz
fuzz: library ## fuzz what decodes and encodes, FUZZ_RUNS=1000000 inputs for each target
	$(GO) test -run '^$$' -fuzz FuzzReader -fuzztime $(FUZZ_RUNS)x ./glide/internal/wire
	$(GO) test -run '^$$' -fuzz FuzzMessages -fuzztime $(FUZZ_RUNS)x ./glide/internal/wire
	$(GO) test -run '^$$' -fuzz FuzzParseURL -fuzztime $(FUZZ_RUNS)x ./glide
	@command -v cargo-fuzz >/dev/null || $(CARGO) install --locked cargo-fuzz
	$(GO) build -o target/readback ./glide/internal/wire/readback
	# libFuzzer's instrumentation is unstable, hence the bootstrap.
	cd ffi && for target in $(FUZZ_TARGETS); do \
		mkdir -p fuzz/corpus/$$target; \
		GLIDE_READBACK=$(CURDIR)/target/readback RUSTC_BOOTSTRAP=1 $(CARGO) fuzz run $$target \
			fuzz/corpus/$$target fuzz/seeds/$$target -- -runs=$(FUZZ_RUNS) -max_len=1024 || exit 1; \
	done

.PHONY: sanitize
sanitize: tools ## the Rust tests without servers under AddressSanitizer and ThreadSanitizer
	scripts/sanitize address
	scripts/sanitize thread
