package main

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
)

// broken is a client that loses its connection.
type broken struct{ glide.Commands }

func (broken) Exec(context.Context, glide.Batch, ...glide.ExecOption) (glide.Results, error) {
	return glide.Results{}, glide.ErrConnectionLost
}

func TestEachRowOfAPipelineThatFailsHasItsError(t *testing.T) {
	rows := make([]Row, 2*portion+1)
	for i := range rows {
		rows[i].Name = "Ann"
	}
	rows[portion+1].Name = ""
	errs := Import(t.Context(), broken{}, rows)
	require.Len(t, errs, len(rows))
	for i, err := range errs {
		if i == portion+1 {
			require.EqualError(t, err, "no name")
			continue
		}
		require.ErrorIs(t, err, glide.ErrConnectionLost)
	}
}
