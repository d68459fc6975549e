package glide

import "github.com/valkey-glide/go/glide/internal/decode"

// ACLCat returns the categories that rules can name, such as read or
// dangerous, in no order.
//
// https://valkey.io/commands/acl-cat/
func aclCat() command[[]string] { return newCommand(named("ACL CAT"), decode.Strings) }

// ACLCatCommands returns the commands of a category, in lower case and in no
// order; a command of two words is returned as client|list. An unknown category
// is an error.
//
// https://valkey.io/commands/acl-cat/
func aclCatCommands(category string) command[[]string] {
	return newCommand(named("ACL CAT").Arg(category), decode.Strings)
}

// ACLDelUser deletes users, closes their connections, and returns how many of
// them existed. The user default cannot be deleted. In a cluster it runs on all
// nodes and returns the number of one node; in a transaction it runs on one
// node.
//
// https://valkey.io/commands/acl-deluser/
func aclDelUser(users ...string) command[int64] {
	return newCommand(named("ACL DELUSER").NonEmpty("users", users), decode.Int)
}

// ACLDryRun reports whether a user may run a command, without running it. It
// returns a nil Optional if the user may, and otherwise the server's
// explanation of what is forbidden. An unknown user or command, and a wrong
// number of arguments, are errors. Since version 7.0.
//
// https://valkey.io/commands/acl-dryrun/
func aclDryRun(user, name string, args ...string) command[Optional[string]] {
	return newCommand(named("ACL DRYRUN").Arg(user).Arg(name).Args(args), readForbidden)
}

// ACLGenPass returns a random password with the given number of bits, at most
// 4096, in hexadecimal digits of four bits each. The server's default is 256.
//
// https://valkey.io/commands/acl-genpass/
func aclGenPass(bits int64) command[string] {
	return newCommand(named("ACL GENPASS").Integer(bits), decode.String)
}

// ACLGetUser returns the description of a user, or a nil Optional if the user
// does not exist. In a cluster any node answers.
//
// https://valkey.io/commands/acl-getuser/
func aclGetUser(user string) command[Optional[ACLUser]] {
	return newCommand(named("ACL GETUSER").Arg(user), readOptionalACLUser)
}

// ACLList returns all users with their rules, one line each in the format of an
// ACL file. Passwords are shown as their SHA-256. In a cluster any node
// answers.
//
// https://valkey.io/commands/acl-list/
func aclList() command[[]string] { return newCommand(named("ACL LIST"), decode.Strings) }

// ACLLoad replaces the users by those in the server's ACL file. If the file has
// a mistake, or the server has no such file, it returns an error and changes
// nothing. Connections of users that changed are closed.
//
// https://valkey.io/commands/acl-load/
//
//glide:server it is about one server: of a cluster any node would load its own
func aclLoad() command[struct{}] { return newCommand(named("ACL LOAD"), decode.OK) }

// ACLLog returns at most count of the latest denials, newest first. Denials of
// the same kind within a minute form one entry.
//
// https://valkey.io/commands/acl-log/
//
//glide:server it is about one server: of a cluster any node would answer
func aclLog(count int64) command[[]ACLLogEntry] {
	return newCommand(named("ACL LOG").Count(count), readACLLog)
}

// ACLLogReset deletes all entries of the log of denials.
//
// https://valkey.io/commands/acl-log/
//
//glide:server it is about one server: of a cluster any node would answer
func aclLogReset() command[struct{}] { return newCommand(named("ACL LOG").Arg("RESET"), decode.OK) }

// ACLSave writes the users to the server's ACL file. It is an error if the
// server has none; then use [Client.ConfigRewrite]. In a cluster it runs on all
// nodes.
//
// https://valkey.io/commands/acl-save/
func aclSave() command[struct{}] { return newCommand(named("ACL SAVE"), decode.OK) }

// ACLSetUser changes a user by applying rules in order. A user that does not
// exist is created, with no permissions except those in the rules. A rule is on
// or off, >password or <password, ~pattern of keys, &pattern of channels,
// +command or -command, +@category or -@category, reset, or a selector in
// parentheses. An invalid rule is an error, which does not contain the rule,
// and then none is applied. In a cluster it runs on all nodes, in a transaction
// only on the node that runs it. With a [Config] of several addresses it runs
// on the replicas too.
//
// https://valkey.io/commands/acl-setuser/
func aclSetUser(user string, rules ...string) command[struct{}] {
	return newCommand(named("ACL SETUSER").Arg(user).Args(rules), decode.OK)
}

// ACLUsers returns the names of all users. In a cluster any node answers.
//
// https://valkey.io/commands/acl-users/
func aclUsers() command[[]string] { return newCommand(named("ACL USERS"), decode.Strings) }

// ACLWhoAmI returns the name of the user that the connection is authenticated
// as.
//
// https://valkey.io/commands/acl-whoami/
func aclWhoAmI() command[string] { return newCommand(named("ACL WHOAMI"), decode.String) }
