package main

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
)

const testLayers = `
# A comment.
lib
top
middle other
bottom
tests: mock
`

// checked returns what is reported about files, by their paths.
func checked(t *testing.T, files map[string]string) (string, bool) {
	t.Helper()
	sources := fstest.MapFS{}
	for path, text := range files {
		sources[path] = &fstest.MapFile{Data: []byte(text)}
	}
	imports, err := readImports(sources)
	require.NoError(t, err)
	var out strings.Builder
	ok, err := report(&out, imports, parseLayers(testLayers))
	require.NoError(t, err)
	return out.String(), ok
}

func TestDownwardImportsAreAllowed(t *testing.T) {
	out, ok := checked(t, map[string]string{
		"lib.rs":        "mod top; mod middle; use top::Top; fn f() { middle::call() }",
		"top.rs":        "use crate::{middle::{a::A, b::{self, B}}, other::{C as D}};",
		"middle/mod.rs": "pub mod a; pub mod b; pub use a::A;",
		"middle/a.rs":   "use super::b::B; use crate::bottom;",
		"middle/b.rs":   "fn f() { crate::bottom::call(std::io::stdin()) }",
		"other.rs":      "use std::middle::nothing; struct C;",
		"bottom.rs":     "",
	})
	require.Equal(t, "7 files import each other 9 times: 0 upwards, 0 cycles of files (the largest of 0), 0 of directories\n", out)
	require.True(t, ok)
}

func TestUpwardImportsAreFound(t *testing.T) {
	for name, text := range map[string]string{
		"import":       "use crate::top::Top;",
		"nested":       "use crate::{\n    top::{Top, Other},\n};",
		"public":       "pub(crate) use crate::top::Top as Bottom;",
		"written out":  "fn f() -> crate::top::Top { todo!() }",
		"by super":     "use super::top::Top;",
		"after a test": "#[cfg(test)]\nmod tests { fn f() {} }\nuse crate::top::Top;",
		"after a char": "const C: char = '\"'; use crate::top::Top; const D: char = '\"';",
	} {
		t.Run(name, func(t *testing.T) {
			out, ok := checked(t, map[string]string{"top.rs": "", "bottom.rs": text})
			require.Contains(t, out, "upward: bottom.rs -> top.rs\n")
			require.False(t, ok)
		})
	}
}

func TestWhatIsNoImportIsNotCounted(t *testing.T) {
	for name, text := range map[string]string{
		"comment":      "// use crate::top::Top;\n/* crate::top::Top */",
		"string":       `const C: &str = "use crate::top::Top; \" crate::top";`,
		"raw string":   `const C: &str = r#"crate::top::Top " crate::top"#;`,
		"test":         "#[cfg(test)]\nmod tests {\n    use crate::top::Top;\n}",
		"test only":    "fn f() { #[cfg(test)] if let Some(x) = crate::top::connect() { return x; } }",
		"lifetime":     "fn f<'a>(x: &'a str) -> &'a str { x }",
		"another name": "use other_crate::top::Top;",
	} {
		t.Run(name, func(t *testing.T) {
			_, ok := checked(t, map[string]string{"top.rs": "", "bottom.rs": text})
			require.True(t, ok)
		})
	}
}

func TestCyclesAreFound(t *testing.T) {
	out, ok := checked(t, map[string]string{
		"middle/a.rs": "use super::b::B;",
		"middle/b.rs": "use super::c::C;",
		"middle/c.rs": "use crate::middle::a::A;",
		"middle/d.rs": "use super::a::A;",
	})
	require.Contains(t, out, "cycle of files: middle/a.rs middle/b.rs middle/c.rs\n")
	require.Contains(t, out, "0 upwards, 1 cycles of files (the largest of 3), 0 of directories")
	require.False(t, ok)

	out, ok = checked(t, map[string]string{
		"middle/mod.rs": "mod a; use a::A; pub struct M;",
		"middle/a.rs":   "use super::M;",
	})
	require.Contains(t, out, "cycle of files: middle/a.rs middle/mod.rs\n")
	require.False(t, ok)

	// No two files import each other here, but the directories do.
	out, ok = checked(t, map[string]string{
		"middle/a.rs": "use crate::other::x::X;",
		"middle/b.rs": "",
		"other/x.rs":  "",
		"other/y.rs":  "use crate::middle::b::B;",
	})
	require.Contains(t, out, "cycle of directories: middle other\n")
	require.False(t, ok)
}

func TestModulesOfNoLayerAndImportsOfTestsAreRefused(t *testing.T) {
	layers := parseLayers(testLayers)
	_, err := report(&strings.Builder{}, []imported{{"new.rs", "bottom.rs"}}, layers)
	require.ErrorContains(t, err, "does not name new")
	_, err = report(&strings.Builder{}, []imported{{"top.rs", "mock/a.rs"}}, layers)
	require.ErrorContains(t, err, "for tests")
	ok, err := report(&strings.Builder{}, []imported{{"mock/a.rs", "top.rs"}}, layers)
	require.NoError(t, err)
	require.True(t, ok)
}
