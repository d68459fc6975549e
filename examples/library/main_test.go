package main

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
)

// fake is a Runner that has results, or an error, for every batch.
type fake struct {
	results []any
	err     error
}

func (f fake) Exec(_ context.Context, batch glide.Batch, _ ...glide.ExecOption) (glide.Results, error) {
	if f.err != nil {
		return glide.Results{}, f.err
	}
	return glide.NewResults(batch, f.results...)
}

func TestPageHasWhatWasCounted(t *testing.T) {
	visits := Visits{Runner: fake{results: []any{glide.Some("3"), int64(2)}}}
	page, err := visits.Page(t.Context(), "/")
	require.NoError(t, err)
	require.Equal(t, Page{Visits: 3, Visitors: 2}, page)
}

func TestPageWithoutVisitsIsZero(t *testing.T) {
	visits := Visits{Runner: fake{results: []any{glide.None[string](), int64(0)}}}
	page, err := visits.Page(t.Context(), "/")
	require.NoError(t, err)
	require.Zero(t, page)
}

func TestErrorsAreReturned(t *testing.T) {
	for _, runner := range []fake{
		{err: glide.ErrConnectionLost},
		{results: []any{errors.New("no memory"), int64(2)}},
		{results: []any{glide.Some("3"), errors.New("no memory")}},
		{results: []any{glide.Some("not a number"), int64(2)}},
	} {
		_, err := Visits{Runner: runner}.Page(t.Context(), "/")
		require.Error(t, err)
	}
}
