package main

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidetest"
)

func TestErrorOfAServerWithoutModulesSaysSo(t *testing.T) {
	client, err := glide.NewClient(t.Context(), glidetest.Start(t).Config())
	require.NoError(t, err)
	defer client.Close()
	err = store(t.Context(), client, nil)
	require.ErrorContains(t, err, "(the server has no search module)")
	require.Equal(t, "ERR", glide.Code(err))
}
