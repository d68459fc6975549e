package engine

import "google.golang.org/protobuf/encoding/protowire"

// The field numbers of a CredentialChange and its place in protobuf/submission.proto.
const (
	fieldCredentialChange protowire.Number = 8
	fieldPassword         protowire.Number = 1
	fieldImmediately      protowire.Number = 2
	fieldRenewToken       protowire.Number = 3
)

// CredentialChange changes what a client authenticates with.
type CredentialChange struct {
	// Password is nil for none.
	Password *string
	// Immediately authenticates the connections that there are, too.
	Immediately bool
	// RenewToken makes a new IAM token instead.
	RenewToken bool
}

// Words returns the request.
func (l CredentialChange) Words(name string) *Words {
	var b []byte
	if l.Password != nil {
		b = make([]byte, 0, len(*l.Password)+32)
		b = appendField(b, fieldPassword, *l.Password)
	}
	if l.Immediately {
		b = protowire.AppendTag(b, fieldImmediately, protowire.VarintType)
		b = append(b, 1)
	}
	if l.RenewToken {
		b = protowire.AppendTag(b, fieldRenewToken, protowire.VarintType)
		b = append(b, 1)
	}
	w := noWords(name)
	w.secret = true
	w.makeRoom(len(b))
	w.buf = appendField(w.buf, fieldCredentialChange, b)
	wipe(b)
	return w
}
