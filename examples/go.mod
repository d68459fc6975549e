// A separate module, as a user's repository is one: what the examples and their
// tests need is nobody's dependency.
module github.com/valkey-glide/go/examples

go 1.26.0

replace github.com/valkey-glide/go => ..

require (
	github.com/stretchr/testify v1.12.1
	github.com/valkey-glide/go v0.0.0-00010101000000-000000000000
	golang.org/x/sync v0.25.0
)

require (
	github.com/ebitengine/purego v0.11.3 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	google.golang.org/protobuf v1.36.12 // indirect
)
