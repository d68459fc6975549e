//go:build !cgo

package clients

import (
	"context"
	"errors"
)

// The existing GLIDE for Go links its library statically and so needs cgo;
// without it the other clients can still be compared.
func dialGlideOfficial(context.Context, Target) (Client, error) {
	return nil, errors.New("glide-official needs cgo")
}
