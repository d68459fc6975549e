package glide

import "github.com/valkey-glide/go/glide/internal/decode"

// ACLCat returns the categories that rules can name, such as read or
// dangerous, in no order.
//
// https://valkey.io/commands/acl-cat/
func aclCat() command[[]string] { return newCommand("ACL CAT", decode.Strings) }

// ACLCatCommands returns the commands of a category, in small letters and no
// order, client|list for one of two words. A category that there is not is an
// error.
//
// https://valkey.io/commands/acl-cat/
func aclCatCommands(category string) command[[]string] {
	return newCommand("ACL CAT", decode.Strings).Arg(category)
}

// ACLDelUser deletes users and returns how many of them there were; their
// connections end. The user default cannot be deleted. In a cluster it is done
// on all nodes, and in a transaction on the one that runs it; it returns the
// number of one node.
//
// https://valkey.io/commands/acl-deluser/
func aclDelUser(users ...string) command[int64] {
	return newCommand("ACL DELUSER", decode.Int).NonEmpty("users", users)
}

// ACLDryRun reports whether a user may run a command, of this name and with
// these arguments, which is not run. It is nil if so, else the server's words
// for what is forbidden. A user or a command that the server does not know,
// and a wrong number of arguments, are errors. Since version 7.0.
//
// https://valkey.io/commands/acl-dryrun/
func aclDryRun(user, name string, args ...string) command[Optional[string]] {
	return newCommand("ACL DRYRUN", readForbidden).Arg(user).Arg(name).Args(args)
}

// ACLGenPass returns a random password of so many bits, at most 4096, as
// hexadecimal digits of four bits each. 256 are the server's own default.
//
// https://valkey.io/commands/acl-genpass/
func aclGenPass(bits int64) command[string] {
	return newCommand("ACL GENPASS", decode.String).Integer(bits)
}

// ACLGetUser describes a user; it is nil if there is no such user. In a
// cluster any node answers.
//
// https://valkey.io/commands/acl-getuser/
func aclGetUser(user string) command[Optional[ACLUser]] {
	return newCommand("ACL GETUSER", readOptionalACLUser).Arg(user)
}

// ACLList returns all users with their rules, each in a line as in a file of
// users. Passwords are given as their SHA-256. In a cluster any node answers.
//
// https://valkey.io/commands/acl-list/
func aclList() command[[]string] { return newCommand("ACL LIST", decode.Strings) }

// ACLLoad replaces the users by those of the server's file of users. A file
// with a mistake, and a server that has no such file, are errors and change
// nothing. Connections of users that are not what they were end.
//
// https://valkey.io/commands/acl-load/
//
//glide:server it is about one server: of a cluster any node would load its own
func aclLoad() command[struct{}] { return newCommand("ACL LOAD", decode.OK) }

// ACLLog describes at most so many of the latest denials, the newest first.
// Denials of the same kind within a minute are one entry.
//
// https://valkey.io/commands/acl-log/
//
//glide:server it is about one server: of a cluster any node would answer
func aclLog(count int64) command[[]ACLLogEntry] {
	return newCommand("ACL LOG", readACLLog).Count(count)
}

// ACLLogReset forgets the denials.
//
// https://valkey.io/commands/acl-log/
//
//glide:server it is about one server: of a cluster any node would answer
func aclLogReset() command[struct{}] { return newCommand("ACL LOG", decode.OK).Arg("RESET") }

// ACLSave writes the users to the server's file of users. A server that has
// none answers with an error: there it is [Client.ConfigRewrite] that keeps
// them. In a cluster all nodes do.
//
// https://valkey.io/commands/acl-save/
func aclSave() command[struct{}] { return newCommand("ACL SAVE", decode.OK) }

// ACLSetUser changes a user by rules, one after the other; one that does not
// exist is made, and may do nothing unless the rules allow it. A rule is on
// or off, >password or <password, ~pattern of keys, &pattern of channels,
// +command or -command, +@category or -@category, reset, or a selector in
// parentheses. A rule that the server does not understand is an error, which
// does not show it, and then none is applied. In a cluster all nodes are told;
// in a transaction, only the one that runs it. With a [Config] of several
// addresses the replicas are told too.
//
// https://valkey.io/commands/acl-setuser/
func aclSetUser(user string, rules ...string) command[struct{}] {
	return newCommand("ACL SETUSER", decode.OK).Arg(user).Args(rules)
}

// ACLUsers returns the names of all users. In a cluster any node answers.
//
// https://valkey.io/commands/acl-users/
func aclUsers() command[[]string] { return newCommand("ACL USERS", decode.Strings) }

// ACLWhoAmI returns the name of the connection's user.
//
// https://valkey.io/commands/acl-whoami/
func aclWhoAmI() command[string] { return newCommand("ACL WHOAMI", decode.String) }
