package glide

import (
	"context"

	"github.com/valkey-glide/go/glide/internal/bridge"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Commander runs commands. It is implemented by [*Client], [*ClusterClient],
// [Node] and [*DedicatedClient]. The functions of
// glidejson and glidesearch take a Commander.
type Commander interface{ commander() commands }

// commandsOf returns the commands of a client. Those of none return [ErrClosed].
func commandsOf(on Commander) commands {
	if on == nil {
		return commands{}
	}
	return on.commander()
}

func (c *Client) commander() commands {
	if c == nil {
		return commands{}
	}
	return c.commands
}

func (c *ClusterClient) commander() commands {
	if c == nil {
		return commands{}
	}
	return c.commands
}

func (n Node) commander() commands { return n.commands }

func (c *DedicatedClient) commander() commands {
	if c == nil {
		return commands{}
	}
	return c.commands
}

// What other packages define is run and queued as what this one defines.
func init() {
	bridge.Glide.Run = func(ctx context.Context, on any, cmd erasedCommand, read func(*wire.Reader) error) error {
		commander, _ := on.(Commander)
		return runOK(ctx, commandsOf(commander), command[struct{}]{
			Request: cmd.Request, Blocks: cmd.Blocks, Refusal: cmd.Refusal,
			Read: func(r *wire.Reader) (struct{}, error) { return struct{}{}, read(r) },
		})
	}
	bridge.Glide.Queue = func(to any, cmd erasedCommand) {
		if isNil(to) {
			cmd.Request.Release() // Exec says that there is no batch
			return
		}
		b, _ := to.(Batch).parts()
		b.add(cmd)
	}
}
