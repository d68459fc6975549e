package main

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func missingIn(text string) []string {
	t := newTree([]string{"README.md", "docs/core.md", "ffi/src/routing/node.rs", "glide/cmd_lists.go", "glide/generated_nodes_acl.go"})
	return t.missing("docs/core.md", text)
}

func TestNamesOfFilesThatExistAreAccepted(t *testing.T) {
	for _, text := range []string{
		"`ffi/src/routing/node.rs`, `routing/node.rs`, `node.rs`, `ffi/src/`, `./glide`",
		"`glide/cmd_<group>.go`, `glide/generated_*`, `glide/{cmd_lists,generated_nodes_acl}.go`",
		"[a](../README.md) and [b](#two-words), [c](core.md#one)\n## Two words",
		"`GET key`, `glide.Config`, `errors.Is`, `user:*`, `/run/valkey.sock`, `target/quick/libglide_ffi.so`",
		"Engine crate,\n`aio/other.rs`; `glide-core`, `errors.rs`",
		"[elsewhere](https://example.org/x.rs)",
		"```go\n`missing.go`\n```",
		"```mermaid\nflowchart\n a[\"routing/node.rs: node client\"]\n```",
	} {
		require.Empty(t, missingIn(text), text)
	}
}

func TestNamesThatLeadNowhereAreReported(t *testing.T) {
	for text, want := range map[string]string{
		"\n`ffi/src/other.rs`":              "docs/core.md:2: ffi/src/other.rs",
		"`outing/node.rs`":                  "docs/core.md:1: outing/node.rs",
		"`glide/other_<group>.go`":          "docs/core.md:1: glide/other_<group>.go",
		"`glide/{cmd_lists,other}.go`":      "docs/core.md:1: glide/{cmd_lists,other}.go",
		"`ffi/other`":                       "docs/core.md:1: ffi/other",
		"[a](README.md)":                    "docs/core.md:1: README.md",
		"[a](#three)\n# Two":                "docs/core.md:1: #three",
		"```mermaid\n a[\"other.rs: x\"]\n": "docs/core.md:2: other.rs",
	} {
		require.Equal(t, []string{want}, missingIn(text), strings.TrimSpace(text))
	}
}
