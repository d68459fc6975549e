package main

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const header = "../../ffi/include/glide.h"

func TestTheHeaderIsUnderstood(t *testing.T) {
	text, err := os.ReadFile(header)
	require.NoError(t, err)
	h, err := parse(string(text))
	require.NoError(t, err)
	require.Equal(t, "Status", h.Enums[0].Name)
	require.Len(t, h.Enums, strings.Count(string(text), "\nenum Glide"))
	require.Len(t, h.Functions, strings.Count(string(text), "\nGlideStatus glide_")+5, "and five with other results")
}

func TestUnknownDeclarationsAreErrors(t *testing.T) {
	known, err := os.ReadFile(header)
	require.NoError(t, err)
	const function = "GlideStatus glide_interrupt(const GlideEngine *engine);"
	require.Contains(t, string(known), function)
	for name, c := range map[string]struct{ old, new, want string }{
		"a constant that is an expression":  {"#define GLIDE_ABI_VERSION 8", "#define GLIDE_ABI_VERSION (3 + 5)", "a constant that is not a number"},
		"an enum of another form":           {"enum GlideOutcome\n#if", "enum GlideOutcome {\n#if", "an enum in an unknown form"},
		"an enum that is no number":         {"enum GlideTag\n#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L\n  : uint8_t", "enum GlideTag\n#if defined(__cplusplus) || __STDC_VERSION__ >= 202311L\n  : bool", "Tag is a type of bool"},
		"a value that is computed":          {"GLIDE_TAG_OK = 1,", "GLIDE_TAG_OK = 1 + 1,", "a value of Tag that is not a number"},
		"a value without a number":          {"GLIDE_TAG_OK = 1,", "GLIDE_TAG_OK,", "a value of Tag that is not a number"},
		"a result that is a pointer":        {function, "GlideEngine *glide_interrupt(const GlideEngine *engine);", "a function in an unknown form"},
		"a result of another type":          {function, "double glide_interrupt(const GlideEngine *engine);", `no binding for the type "double"`},
		"a function without a result":       {function, "void glide_interrupt(const GlideEngine *engine);", "only the ready callback returns nothing"},
		"a parameter of another type":       {function, "GlideStatus glide_interrupt(const char *engine);", `no binding for the type "const char *"`},
		"a parameter without a name":        {function, "GlideStatus glide_interrupt(GlideEngine *);", "has a parameter"},
		"a parameter that is only returned": {function, "GlideStatus glide_interrupt(int64_t engine);", `a parameter of type "int64_t"`},
		"bytes without their length":        {function, "GlideStatus glide_interrupt(const uint8_t *data);", "the bytes data without their length"},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, 1, strings.Count(string(known), c.old), c.old)
			_, err := parse(strings.Replace(string(known), c.old, c.new, 1))
			require.ErrorContains(t, err, c.want)
			require.Regexp(t, `^\d+: `, err.Error())
		})
	}
}

func TestAFunctionThatDoesNotSayWhatItKeepsIsAnError(t *testing.T) {
	known, err := os.ReadFile(header)
	require.NoError(t, err)
	_, err = parse(strings.ReplaceAll(string(known), "Kept: ", "Keeps: "))
	require.ErrorContains(t, err, "does not say what is kept")
}
