package glide

import (
	"slices"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// ClientTrackingOption is an option of [Client.ClientTracking]: it sets which
// keys are tracked, [Broadcast], [OptIn], [OptOut] or [NoLoop], or which
// connection receives the reports, [RedirectTo].
type ClientTrackingOption interface {
	option
	clientTrackingOption()
}

// broadcast is the options BCAST and PREFIX.
type broadcast []string

// Broadcast (BCAST) reports every changed key that begins with one of the
// prefixes, whether it was read or not; without prefixes it reports every
// changed key.
func Broadcast(prefixes ...string) ClientTrackingOption { return broadcast(slices.Clone(prefixes)) }

func (b broadcast) appendTo(to *wire.Request) {
	for _, prefix := range b {
		to.String("PREFIX")
		to.String(prefix)
	}
	to.String("BCAST")
}

func (broadcast) conflictKey() string   { return "mode of tracking" }
func (broadcast) clientTrackingOption() {}

// trackingMode sets which of the keys that are read are tracked.
type trackingMode string

const (
	// OptIn (OPTIN) reports only keys that are read by a command after
	// ClientCaching(ctx, true).
	OptIn trackingMode = "OPTIN"
	// OptOut (OPTOUT) reports keys that are read, except by a command after
	// ClientCaching(ctx, false).
	OptOut trackingMode = "OPTOUT"
)

func (m trackingMode) appendTo(to *wire.Request) { to.String(string(m)) }
func (trackingMode) conflictKey() string         { return "mode of tracking" }
func (trackingMode) clientTrackingOption()       {}

// noLoop is the option NOLOOP.
type noLoop string

// NoLoop (NOLOOP) does not report keys that this connection changes itself.
const NoLoop noLoop = "NOLOOP"

func (n noLoop) appendTo(to *wire.Request) { to.String(string(n)) }
func (noLoop) conflictKey() string         { return "NoLoop" }
func (noLoop) clientTrackingOption()       {}

// RedirectTo (REDIRECT) sends the reports to another connection, given by its
// ID. With RESP2 that connection must be subscribed to the channel
// __redis__:invalidate.
func RedirectTo(connectionID int64) ClientTrackingOption {
	return clientTrackingOption{intArgument("RedirectTo", "REDIRECT", connectionID)}
}

type clientTrackingOption struct{ argument }

func (clientTrackingOption) clientTrackingOption() {}

// ClientTracking enables or disables tracking: the server remembers which keys
// the connection reads and reports when they change. With RESP2 it requires
// [RedirectTo]. Do not combine it with [Config.Cache], which sets up tracking
// itself. To change the mode, disable tracking first. Tracking ends when the
// client reconnects.
//
// https://valkey.io/commands/client-tracking/
//
//glide:server it is about one connection
func clientTracking(on bool, options ...ClientTrackingOption) command[struct{}] {
	cmd := appendOptions(named("CLIENT TRACKING").EitherOr(on, "ON", "OFF"), options)
	if !on && len(options) > 0 {
		cmd = cmd.Refuse("options have no meaning for OFF")
	}
	return newCommand(cmd, decode.OK)
}

// TrackingInfo describes how a connection tracks keys.
type TrackingInfo struct {
	// Flags are, in alphabetical order, off or on, bcast, optin, optout,
	// caching-yes, caching-no, noloop and broken_redirect.
	Flags []string
	// Redirect is the ID that [Client.ClientGetRedir] returns.
	Redirect int64
	// Prefixes are the prefixes of [Broadcast].
	Prefixes []string
}

// ClientTrackingInfo returns the settings of [Client.ClientTracking].
//
// https://valkey.io/commands/client-trackinginfo/
//
//glide:server it is about one connection
func clientTrackingInfo() command[TrackingInfo] {
	return newCommand(named("CLIENT TRACKINGINFO"), readTrackingInfo)
}

var readTrackingInfo = decode.Struct(decode.Fields[TrackingInfo]{
	"flags":    decode.Field(func(i *TrackingInfo) *[]string { return &i.Flags }, readFlags),
	"redirect": decode.Field(func(i *TrackingInfo) *int64 { return &i.Redirect }, decode.Int),
	"prefixes": decode.Field(func(i *TrackingInfo) *[]string { return &i.Prefixes }, decode.Strings),
})

// ClientGetRedir returns the ID of the connection that receives reports of
// changed keys instead of this one: 0 if it is this one, -1 if keys are not
// tracked.
//
// https://valkey.io/commands/client-getredir/
//
//glide:server it is about one connection
func clientGetRedir() command[int64] { return newCommand(named("CLIENT GETREDIR"), decode.Int) }
