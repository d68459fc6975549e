// Package faces has what the tests of commands run on, besides the clients
// themselves: adapters that run every command in its own batch. What a
// batch does not have runs on the client.
package faces

import (
	"context"

	"github.com/valkey-glide/go/glide"
)

// A Face is something that has every command.
type Face = glide.Commands

// Transaction runs every command in a [glide.Transaction].
type Transaction struct {
	Face
	Client *glide.Client
}

func (f Transaction) exec(ctx context.Context, b *glide.Transaction) (glide.Results, error) {
	return f.Client.Exec(ctx, b)
}

// ClusterTransaction runs every command in a [glide.Transaction] of a cluster.
type ClusterTransaction struct {
	Face
	Client *glide.ClusterClient
}

func (f ClusterTransaction) exec(ctx context.Context, b *glide.Transaction) (glide.Results, error) {
	return f.Client.Exec(ctx, b)
}

// Pipeline runs every command in a [glide.Pipeline].
type Pipeline struct {
	Face
}

func (f Pipeline) exec(ctx context.Context, b *glide.Pipeline) (glide.Results, error) {
	return f.Face.Exec(ctx, b)
}

// only returns the one result of a batch.
func only[T any](results glide.Results, err error) (T, error) {
	if err != nil {
		var none T
		return none, err
	}
	return glide.Result[T](results, 0)
}

// onlyOK returns the error of the one command of a batch.
func onlyOK(results glide.Results, err error) error {
	_, err = only[struct{}](results, err)
	return err
}
