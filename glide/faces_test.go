package glide

import "context"

// What follows are the faces on which the tests of commands run, beside the
// clients themselves: every command goes through a batch of its own. What a
// batch does not have runs on the client.

// TransactionFace runs every command in a [Transaction].
type TransactionFace struct {
	Face
	Client *Client
}

func (f TransactionFace) exec(ctx context.Context, b *Transaction) (Results, error) {
	return f.Client.Exec(ctx, b)
}

// ClusterTransactionFace runs every command in a [ClusterTransaction].
type ClusterTransactionFace struct {
	Face
	Client *ClusterClient
}

func (f ClusterTransactionFace) exec(ctx context.Context, b *ClusterTransaction) (Results, error) {
	return f.Client.Exec(ctx, b)
}

// PipelineFace runs every command in a [Pipeline].
type PipelineFace struct {
	Face
	Exec func(context.Context, *Pipeline) (Results, error)
}

func (f PipelineFace) exec(ctx context.Context, b *Pipeline) (Results, error) { return f.Exec(ctx, b) }

// only gives the one result of a batch.
func only[T any](results Results, err error) (T, error) {
	if err != nil {
		var none T
		return none, err
	}
	return Result[T](results, 0)
}

// onlyOK gives the error of the one command of a batch.
func onlyOK(results Results, err error) error {
	_, err = only[struct{}](results, err)
	return err
}
