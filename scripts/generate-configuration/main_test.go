package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDefaultsAndVersionsAreFoundInComments(t *testing.T) {
	for comment, want := range map[string]facts{
		"Port is the TCP port. The default is 6379.":                             {value: "6379"},
		"Rate is the share, 0 to 1. The default is 0.5. It opens then.":          {value: "0.5"},
		"TLS encrypts. The default is nil, which disables encryption.":           {value: "nil"},
		"Limit is how many may wait. The default, 0, is any number: as fit.":     {value: "0"},
		"Name is shown. Servers before version 7.2 do not. The default is none.": {"none", "Servers before version 7.2 do not."},
		"Username is the user. It must be given.":                                {},
	} {
		require.Equal(t, want, factsOf(field{comment: comment}), comment)
	}
}

func TestFieldWithoutADefaultIsRefused(t *testing.T) {
	types, err := readTypes("../../glide")
	require.NoError(t, err)
	_, err = write(types)
	require.NoError(t, err)
	types["Config"].Decl.Specs[0] = types["Outcome"].Decl.Specs[0] // its fields have no defaults
	types["ClusterConfig"] = types["Config"]
	_, err = write(types)
	require.Error(t, err)
}
