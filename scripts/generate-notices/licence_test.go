package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestLicencesAreUnderstood(t *testing.T) {
	for licence, want := range map[string]bool{
		"MIT":                                    true,
		"GPL-3.0-only":                           false,
		"MIT OR GPL-3.0-only":                    true,
		"MIT AND GPL-3.0-only":                   false,
		"MIT/Apache-2.0":                         true,
		"GPL-2.0 / Apache-2.0":                   true,
		"ISC AND (Apache-2.0 OR AGPL-3.0)":       true,
		"(MIT OR ISC) AND (MPL-2.0 OR LGPL-2.1)": false,
		"Apache-2.0 WITH LLVM-exception":         true,
		"GPL-3.0-only OR MIT AND SSPL-1.0":       false,
	} {
		ok, err := allows(licence)
		require.NoError(t, err, licence)
		require.Equal(t, want, ok, licence)
	}
	for _, licence := range []string{"", "MIT OR", "(MIT", "MIT)", "MIT MIT"} {
		_, err := allows(licence)
		require.Error(t, err, licence)
	}
}

func TestIncompatibleLicencesNameTheirCrates(t *testing.T) {
	err := checkLicences([]crate{{name: "good", licence: "MIT"}, {name: "bad", version: "1.2.3", licence: "SSPL-1.0"}})
	require.ErrorContains(t, err, "bad 1.2.3")
	require.NotContains(t, err.Error(), "good")
}

func TestCratesOfTheLibraryHaveTexts(t *testing.T) {
	crates, err := linkedCrates("")
	require.NoError(t, err)
	require.NoError(t, checkLicences(crates))
	text, err := notices(crates)
	require.NoError(t, err)
	for _, crate := range []string{"glide-core", "glide-core-engine", "tokio", "aws-lc-sys", "tikv-jemalloc-sys", "zstd-sys"} {
		require.Contains(t, string(text), "\n"+crate+" ")
	}
	// C code that crates contain has its own.
	require.Contains(t, string(text), "OpenSSL")
	require.Contains(t, string(text), "Yann Collet")
	require.Contains(t, string(text), "Facebook")
}
