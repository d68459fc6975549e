// Package bridge is how the packages of module commands run and queue their
// definitions on what package glide exports, without its exporting how.
package bridge

import (
	"context"

	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/engine"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Glide is what package glide has to offer. It sets it before anything runs.
var Glide struct {
	// Run runs a command on a glide.Commander, but reads the reply with read.
	Run func(ctx context.Context, on any, cmd command.Erased, read func(*wire.Reader) error) error
	// Queue adds a command to a glide.Batch.
	Queue func(batch any, cmd command.Erased)
	// Engine returns the engine's client of a *glide.Client or *glide.ClusterClient,
	// and whether that is of a cluster; nil if it is none, or was not made by
	// package glide.
	Engine func(client any) (c *engine.Client, cluster bool)
}

// Run runs a command on a glide.Commander.
func Run[T any](ctx context.Context, on any, cmd command.Command[T]) (T, error) {
	var result T
	err := Glide.Run(ctx, on, cmd.Erase(), func(r *wire.Reader) (err error) {
		result, err = cmd.Read(r)
		return err
	})
	if err != nil {
		var none T
		return none, err
	}
	return result, nil
}

// RunOK runs a command whose reply says nothing but that it was done.
func RunOK(ctx context.Context, on any, cmd command.Command[struct{}]) error {
	_, err := Run(ctx, on, cmd)
	return err
}

// Queue adds a command to a glide.Batch.
func Queue[T any](batch any, cmd command.Command[T]) { Glide.Queue(batch, cmd.Erase()) }
