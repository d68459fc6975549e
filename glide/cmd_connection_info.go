package glide

import (
	"strconv"
	"strings"
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// ClientInfo describes a connection to a server. Fields that the server's
// version does not report are zero.
type ClientInfo struct {
	// ID is the ID that [Client.ClientID] returns.
	ID int64
	// Address is the client's end of the connection, and LocalAddress the
	// server's, as host:port or as the path of a socket and :0.
	Address, LocalAddress string
	// Name is the name that [Client.ClientSetName] set.
	Name string
	// User is the ACL user.
	User string
	// Age is the time since the connection was made, and Idle the time since
	// it was last used, to the second.
	Age, Idle time.Duration
	// Flags are letters, such as N for a normal client, S for a replica, M
	// for the primary, P for a subscriber, b for a connection that waits in
	// a blocking command, x for one within MULTI and t for one that tracks
	// keys.
	Flags string
	// Capabilities are letters, such as r for redirect.
	Capabilities string
	// Database is the number of the selected database.
	Database int
	// Protocol is the protocol of the connection.
	Protocol Protocol
	// Command is the last command, in lower case, such as get or
	// client|list.
	Command string
	// LibraryName and LibraryVersion are the attributes that
	// [Client.ClientSetInfo] set.
	LibraryName, LibraryVersion string
	// Channels, Patterns and ShardChannels are the numbers of
	// subscriptions.
	Channels, Patterns, ShardChannels int64
	// Queued is the number of commands since MULTI, or -1 outside MULTI,
	// and Watched the number of watched keys.
	Queued, Watched int64
	// Redirect is the ID that [Client.ClientGetRedir] returns.
	Redirect int64
	// Memory is the memory of the connection in bytes.
	Memory int64
	// OutputMemory is the part of Memory for replies that are not sent yet.
	OutputMemory int64
	// Received and Sent are the numbers of bytes over the connection, and
	// Commands is the number of commands. Since Valkey 8.1.
	Received, Sent, Commands int64
	// Other are fields that have no field above, as the server writes them.
	Other map[string]string
}

// fields returns where the fields of a line belong.
func (c *ClientInfo) fields() (texts map[string]*string, numbers map[string]*int64, durations map[string]*time.Duration) {
	texts = map[string]*string{
		"addr": &c.Address, "laddr": &c.LocalAddress, "name": &c.Name, "user": &c.User, "flags": &c.Flags,
		"capa": &c.Capabilities, "cmd": &c.Command, "lib-name": &c.LibraryName, "lib-ver": &c.LibraryVersion,
	}
	numbers = map[string]*int64{
		"id": &c.ID, "sub": &c.Channels, "psub": &c.Patterns, "ssub": &c.ShardChannels, "multi": &c.Queued,
		"watch": &c.Watched, "redir": &c.Redirect, "tot-mem": &c.Memory, "omem": &c.OutputMemory,
		"tot-net-in": &c.Received, "tot-net-out": &c.Sent, "tot-cmds": &c.Commands,
	}
	durations = map[string]*time.Duration{"age": &c.Age, "idle": &c.Idle}
	return texts, numbers, durations
}

// parseClientInfo reads a line of name=value fields. A value has blanks only
// if it is the path of a socket.
func parseClientInfo(line string) (info ClientInfo, err error) {
	texts, numbers, durations := info.fields()
	words := strings.Split(strings.TrimSuffix(line, "\n"), " ")
	for i := 0; i < len(words); i++ {
		name, value, ok := strings.Cut(words[i], "=")
		if !ok {
			return info, errClientInfo
		}
		for ; i+1 < len(words) && !strings.Contains(words[i+1], "="); i++ {
			value += " " + words[i+1]
		}
		number, notNumber := strconv.ParseInt(value, 10, 64)
		switch {
		case texts[name] != nil:
			*texts[name] = value
			continue
		case numbers[name] != nil:
			*numbers[name] = number
		case durations[name] != nil:
			*durations[name] = decode.DurationOf(number, time.Second)
		case name == "db":
			info.Database = int(number)
		case name == "resp":
			if number == 2 {
				info.Protocol = RESP2
			}
		default:
			if info.Other == nil {
				info.Other = map[string]string{}
			}
			info.Other[name] = value
			continue
		}
		if notNumber != nil {
			return info, errClientInfo
		}
	}
	return info, nil
}

// errClientInfo is for lines that are written in another way.
var errClientInfo = &wire.TypeError{Want: "a description of a client", Got: abi.TagString}

func readClientInfo(r *wire.Reader) (ClientInfo, error) { return readText(r, parseClientInfo) }

var readClientInfos = readLines(parseClientInfo)
