package glide

import (
	"context"
	"unicode/utf8"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/engine"
)

// UpdateConnectionPassword sets the password that the client authenticates
// with. It does not change the server's: do that there, and tell each client.
//
// Without immediateAuth it is for connections to come; those that there are
// stay as they are authenticated, and the server is not asked. That suits a
// rotation: a server that knows both passwords for a while, or takes the new
// one with the next connection. If the client is just reconnecting, it goes on
// with the new password.
//
// With immediateAuth it is also tried on every connection, and is in force
// only if all servers accept it; otherwise the error is an [ErrAuthentication],
// or says why there was no answer, and the former one stays in force. A call
// whose context is cancelled may have set it.
//
// A client that has connected to nothing yet, see [Config.LazyConnect], only
// connects for it with immediateAuth. An empty password is an
// [ErrInvalidArgument], see [Client.ResetConnectionPassword], and so is any
// password for a client with [IAM] or [Config.CredentialsFunc].
func (c *Client) UpdateConnectionPassword(ctx context.Context, password string, immediateAuth bool) error {
	return c.updatePassword(ctx, password, immediateAuth)
}

// UpdateConnectionPassword is [Client.UpdateConnectionPassword], for the
// connections to all nodes.
func (c *ClusterClient) UpdateConnectionPassword(ctx context.Context, password string, immediateAuth bool) error {
	return c.updatePassword(ctx, password, immediateAuth)
}

// ResetConnectionPassword removes the password: connections to come do not
// authenticate. Those that there are stay as they are.
func (c *Client) ResetConnectionPassword(ctx context.Context) error { return c.resetPassword(ctx) }

// ResetConnectionPassword is [Client.ResetConnectionPassword].
func (c *ClusterClient) ResetConnectionPassword(ctx context.Context) error {
	return c.resetPassword(ctx)
}

// RefreshIAMToken signs a new token and authenticates with it on every
// connection, as well as on those to come. The client signs one by itself
// every [IAM.RefreshInterval], for connections to come: a service that ends
// connections some time after they were authenticated is to be told so in
// between. Where no token can be signed it is an [ErrConfiguration], where the
// server refuses it an [ErrAuthentication], and without [IAM] an
// [ErrInvalidArgument].
func (c *Client) RefreshIAMToken(ctx context.Context) error { return c.refreshToken(ctx) }

// RefreshIAMToken is [Client.RefreshIAMToken], for the connections to all
// nodes.
func (c *ClusterClient) RefreshIAMToken(ctx context.Context) error { return c.refreshToken(ctx) }

func (c commands) updatePassword(ctx context.Context, password string, immediately bool) error {
	const name = "UpdateConnectionPassword"
	switch {
	case password == "":
		return invalid(name, "empty password")
	case !utf8.ValidString(password):
		return invalid(name, "password that is not UTF-8")
	}
	return c.login(ctx, name, engine.CredentialChange{Password: &password, Immediately: immediately})
}

func (c commands) resetPassword(ctx context.Context) error {
	return c.login(ctx, "ResetConnectionPassword", engine.CredentialChange{})
}

func (c commands) refreshToken(ctx context.Context) error {
	return c.login(ctx, "RefreshIAMToken", engine.CredentialChange{RenewToken: true})
}

func (c commands) login(ctx context.Context, name string, login engine.CredentialChange) error {
	return runOK(ctx, c, command[struct{}]{Words: login.Words(name), Read: decode.OK})
}
