package glide

import (
	"context"
	"unicode/utf8"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/pb"
)

// UpdateConnectionPassword sets the password with which the client
// authenticates. It does not change the server's password: change that first,
// then update each client.
//
// Without immediateAuth the password is used for new connections; existing
// connections stay authenticated, and no server is asked. Use that for a
// rotation in which the server accepts both passwords for a while, or accepts
// the new one from the next connection on. A client that is reconnecting
// continues with the new password.
//
// With immediateAuth the client also authenticates on every connection, and
// keeps the new password only if all servers accept it. Otherwise it returns
// [ErrAuthentication], or an error that says why a server did not answer, and
// keeps the old password. If ctx is cancelled the password may have been set.
//
// A client that has not connected yet (see [Config.LazyConnect]) connects only
// with immediateAuth. An empty password is an [ErrInvalidArgument] (see
// [Client.ResetConnectionPassword]), as is any password for a client with
// [IAM] or [Config.CredentialsFunc].
func (c *Client) UpdateConnectionPassword(ctx context.Context, password string, immediateAuth bool) error {
	return c.updatePassword(ctx, password, immediateAuth)
}

// UpdateConnectionPassword sets the password for connections to all nodes; see
// [Client.UpdateConnectionPassword].
func (c *ClusterClient) UpdateConnectionPassword(ctx context.Context, password string, immediateAuth bool) error {
	return c.updatePassword(ctx, password, immediateAuth)
}

// ResetConnectionPassword removes the password: new connections do not
// authenticate. Existing connections stay as they are.
func (c *Client) ResetConnectionPassword(ctx context.Context) error { return c.resetPassword(ctx) }

// ResetConnectionPassword removes the password; see
// [Client.ResetConnectionPassword].
func (c *ClusterClient) ResetConnectionPassword(ctx context.Context) error {
	return c.resetPassword(ctx)
}

// RefreshIAMToken signs a new token and authenticates with it on every
// existing and new connection. The client itself signs one every
// [IAM.RefreshInterval], for new connections only: call RefreshIAMToken if a
// service ends connections some time after they were authenticated. It returns
// [ErrConfiguration] if the token cannot be signed, [ErrAuthentication] if the
// server refuses it, and [ErrInvalidArgument] without [IAM].
func (c *Client) RefreshIAMToken(ctx context.Context) error { return c.refreshToken(ctx) }

// RefreshIAMToken signs a new token for the connections to all nodes; see
// [Client.RefreshIAMToken].
func (c *ClusterClient) RefreshIAMToken(ctx context.Context) error { return c.refreshToken(ctx) }

func (c commands) updatePassword(ctx context.Context, password string, immediately bool) error {
	const name = "UpdateConnectionPassword"
	switch {
	case password == "":
		return invalid(name, "empty password")
	case !utf8.ValidString(password):
		return invalid(name, "password that is not UTF-8")
	}
	return c.changeCredentials(ctx, name, &pb.CredentialChange{Password: &password, Immediately: immediately})
}

func (c commands) resetPassword(ctx context.Context) error {
	return c.changeCredentials(ctx, "ResetConnectionPassword", &pb.CredentialChange{})
}

func (c commands) refreshToken(ctx context.Context) error {
	return c.changeCredentials(ctx, "RefreshIAMToken", &pb.CredentialChange{RenewToken: true})
}

func (c commands) changeCredentials(ctx context.Context, name string, change *pb.CredentialChange) error {
	return runOK(ctx, c, messageCommand(name, &pb.Request{CredentialChange: change}, decode.OK))
}
