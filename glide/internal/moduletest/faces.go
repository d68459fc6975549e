package moduletest

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/bridge"
	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// wrapper is a type of another package that wraps a client.
type wrapper struct{ glide.UniversalClient }

// batched is a client that runs every command in its own batch.
type batched struct {
	glide.Commander
	batch func() glide.Batch
	exec  func(context.Context, glide.Batch, ...glide.ExecOption) (glide.Results, error)
}

// What is run on a batched is queued, executed, and read of the results.
func init() {
	run := bridge.Glide.Run
	bridge.Glide.Run = func(ctx context.Context, on any, cmd command.Erased, read func(*wire.Reader) error) error {
		through, ok := on.(batched)
		if !ok {
			return run(ctx, on, cmd, read)
		}
		batch := through.batch()
		cmd.Read = command.Reader[struct{}](func(r *wire.Reader) (struct{}, error) { return struct{}{}, read(r) })
		bridge.Glide.Queue(batch, cmd)
		results, err := through.exec(ctx, batch)
		if err == nil {
			_, err = glide.Result[struct{}](results, 0)
		}
		return err
	}
}

var protocols = []struct {
	name     string
	protocol glide.Protocol
}{{"RESP3", glide.RESP3}, {"RESP2", glide.RESP2}}

// OnEveryFace runs a test of commands with each protocol on an empty server
// and an empty cluster: on their clients, on types that wrap these, on a node, on their own connections,
// and through a transaction and a pipeline for each command. Keys and indexes
// must be of the slot of {k}.
func (s *Suite) OnEveryFace(t *testing.T, test func(t *testing.T, on glide.Commander)) {
	t.Helper()
	s.Server(t)
	for _, p := range protocols {
		t.Run(p.name, func(t *testing.T) {
			client := s.Client(t, p.protocol)
			s.onFaces(t, client, []face{
				{"client", client},
				{"wrapper", wrapper{client}},
				{"transaction", batched{client, func() glide.Batch { return glide.NewTransaction() }, client.Exec}},
				{"pipeline", batched{client, newPipeline, client.Exec}},
			}, test)
			require.NoError(t, client.Dedicated(context.Background(), func(own *glide.DedicatedClient) error {
				s.onFaces(t, client, []face{
					{"own connection", own},
					{"transaction on an own connection", batched{own, func() glide.Batch { return glide.NewTransaction() }, own.Exec}},
				}, test)
				return nil
			}))
		})
		t.Run("cluster "+p.name, func(t *testing.T) {
			client := s.ClusterClient(t, p.protocol)
			s.onFaces(t, client, []face{
				{"client", client},
				{"wrapper", wrapper{client}},
				{"node", client.Node(glide.PrimaryOfKey("{k}"))},
				{"transaction", batched{client, func() glide.Batch { return glide.NewTransaction() }, client.Exec}},
				{"pipeline", batched{client, newPipeline, client.Exec}},
			}, test)
			require.NoError(t, client.Node(glide.PrimaryOfKey("{k}")).Dedicated(context.Background(), func(own *glide.DedicatedClient) error {
				s.onFaces(t, client, []face{{"own connection", own}}, test)
				return nil
			}))
		})
	}
}

func newPipeline() glide.Batch { return glide.NewPipeline() }

type face struct {
	name string
	on   glide.Commander
}

// flusher deletes all keys.
type flusher interface {
	Do(ctx context.Context, args ...string) (any, error)
}

func (s *Suite) onFaces(t *testing.T, client flusher, faces []face, test func(t *testing.T, on glide.Commander)) {
	t.Helper()
	for _, face := range faces {
		t.Run(face.name, func(t *testing.T) {
			if _, err := client.Do(context.Background(), "FLUSHALL"); err != nil {
				t.Fatal(err)
			}
			test(t, face.on)
		})
	}
}

// HSet sets fields of a hash, on the face under test.
func HSet(t testing.TB, on glide.Commander, key string, fields map[string]string) {
	t.Helper()
	words := []string{"HSET", key}
	for name, value := range fields {
		words = append(words, name, value)
	}
	Do(t, on, words...)
}

// Do runs a command whose second word is its key, on the face under test.
func Do(t testing.TB, on glide.Commander, words ...string) any {
	t.Helper()
	cmd := command.New(command.Named(words[0]).Key(words[1]).Args(words[2:]), (*wire.Reader).Any)
	reply, err := bridge.Run(context.Background(), on, cmd)
	if err != nil {
		t.Fatal(err)
	}
	return reply
}
