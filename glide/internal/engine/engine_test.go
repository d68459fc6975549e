package engine

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/resp"
	"google.golang.org/protobuf/encoding/protowire"
)

// echoRequest is a ConnectionRequest for a client without a server.
var echoRequest = protowire.AppendVarint(protowire.AppendTag(nil, 22, protowire.VarintType), 1)

func words(args ...string) *Words {
	w := NewRawWords(args[0])
	for _, a := range args[1:] {
		w.String(a)
	}
	return w
}

func anyReply(r *resp.Reader) (any, error) { return r.Any() }

func echoClient(t *testing.T) *Client {
	e, err := Default()
	require.NoError(t, err)
	c, err := e.Connect(context.Background(), echoRequest, time.Second)
	require.NoError(t, err)
	t.Cleanup(c.Close)
	return c
}

func TestEchoAnswers(t *testing.T) {
	c := echoClient(t)
	for range 1000 {
		reply, err := Run(context.Background(), c, words("A", "b", ""), Bounded, anyReply)
		require.NoError(t, err)
		require.Len(t, reply, 3)
	}
}
