package glide

import (
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// HotKeyMetric is what makes a key hot: [HotByCPU] or [HotByNetwork].
type HotKeyMetric string

const (
	// HotByCPU (CPU) is the time that commands of the key take.
	HotByCPU HotKeyMetric = "CPU"
	// HotByNetwork (NET) is the number of bytes of requests and replies.
	HotByNetwork HotKeyMetric = "NET"
)

// HotKeysOption is an option of [Client.HotKeysStart]: the number of keys to
// return, [Count], which is 10 by default, [HotKeysDuration], [SampleRatio] or
// [HotSlots].
type HotKeysOption interface {
	option
	hotKeysOption()
}

func (PageSize) hotKeysOption() {}

type hotKeysOption struct{ argument }

func (hotKeysOption) hotKeysOption() {}

// HotKeysDuration (DURATION) ends the tracking after a duration, rounded up to
// whole seconds. By default it ends with [Client.HotKeysStop].
func HotKeysDuration(d time.Duration) HotKeysOption {
	return hotKeysOption{intArgument("HotKeysDuration", "DURATION", seconds(d))}
}

// SampleRatio (SAMPLE) examines one of ratio commands. The default, 1, examines
// all.
func SampleRatio(ratio int64) HotKeysOption {
	return hotKeysOption{intArgument("SampleRatio", "SAMPLE", ratio)}
}

type hotSlots struct{ slots []int }

// HotSlots (SLOTS) tracks only keys of these slots of a cluster.
func HotSlots(slots ...int) HotKeysOption { return hotSlots{slots} }

func (h hotSlots) appendTo(to *wire.Request) {
	to.String("SLOTS")
	to.Int(int64(len(h.slots)))
	for _, slot := range h.slots {
		to.Int(int64(slot))
	}
}

func (hotSlots) conflictKey() string { return "HotSlots" }
func (hotSlots) hotKeysOption()      {}

// HotKeysStart starts tracking the keys that cost the server most, by one or
// both metrics. It is an error if tracking is in progress. Since Redis 8.6.
//
// https://redis.io/docs/latest/commands/hotkeys-start/
//
//glide:server each server tracks its own keys
func hotKeysStart(metrics []HotKeyMetric, options ...HotKeysOption) command[struct{}] {
	cmd := named("HOTKEYS START").Arg("METRICS").Integer(int64(len(metrics)))
	if len(metrics) == 0 {
		cmd = cmd.Refuse("no metrics")
	}
	for _, metric := range metrics {
		cmd = cmd.Arg(string(metric))
	}
	return newCommand(appendOptions(cmd, options), decode.OK)
}

// HotKeysStop ends the tracking and keeps its results. It is an error if no
// tracking is in progress. Since Redis 8.6.
//
// https://redis.io/docs/latest/commands/hotkeys-stop/
//
//glide:server each server tracks its own keys
func hotKeysStop() command[struct{}] { return newCommand(named("HOTKEYS STOP"), decode.OK) }

// HotKeysReset deletes the results of a tracking that has ended. Since Redis
// 8.6.
//
// https://redis.io/docs/latest/commands/hotkeys-reset/
//
//glide:server each server tracks its own keys
func hotKeysReset() command[struct{}] { return newCommand(named("HOTKEYS RESET"), decode.OK) }

// HotKey is a key and its cost, in microseconds or bytes.
type HotKey struct {
	Key  string
	Cost int64
}

// HotKeys are the results of tracking.
type HotKeys struct {
	// Active reports whether the tracking is in progress.
	Active bool
	// SampleRatio is that of the option [SampleRatio].
	SampleRatio int64
	// Started is when the tracking started, and Duration how long it has
	// lasted.
	Started  time.Time
	Duration time.Duration
	// ByCPU are the keys whose commands took the most time, in
	// microseconds.
	ByCPU []HotKey
	// ByNetwork are the keys whose requests and replies had the most bytes.
	ByNetwork []HotKey
	// AllCommands is the time that all commands took, and AllBytes the
	// number of bytes of their requests and replies.
	AllCommands time.Duration
	AllBytes    int64
}

func readHotKey(r *wire.Reader) (hot HotKey, err error) {
	if hot.Key, err = r.String(); err == nil {
		hot.Cost, err = r.Int()
	}
	return hot, err
}

var readHotKeyList = decode.Pairs(readHotKey)

var readHotKeysFields = decode.Struct(decode.Fields[HotKeys]{
	"tracking-active":                  decode.Field(func(h *HotKeys) *bool { return &h.Active }, decode.Bool),
	"sample-ratio":                     decode.Field(func(h *HotKeys) *int64 { return &h.SampleRatio }, decode.Int),
	"collection-start-time-unix-ms":    decode.Field(func(h *HotKeys) *time.Time { return &h.Started }, decode.UnixMilliseconds),
	"collection-duration-ms":           decode.Field(func(h *HotKeys) *time.Duration { return &h.Duration }, decode.Milliseconds),
	"by-cpu-time-us":                   decode.Field(func(h *HotKeys) *[]HotKey { return &h.ByCPU }, readHotKeyList),
	"by-net-bytes":                     decode.Field(func(h *HotKeys) *[]HotKey { return &h.ByNetwork }, readHotKeyList),
	"all-commands-all-slots-us":        decode.Field(func(h *HotKeys) *time.Duration { return &h.AllCommands }, decode.Microseconds),
	"net-bytes-all-commands-all-slots": decode.Field(func(h *HotKeys) *int64 { return &h.AllBytes }, decode.Int),
})

// readHotKeys reads an array of one map.
func readHotKeys(r *wire.Reader) (HotKeys, error) {
	if err := decode.ArrayOf(r, 1); err != nil {
		return HotKeys{}, err
	}
	return readHotKeysFields(r)
}

// HotKeysGet returns the results of the tracking, which may be in progress, or
// a nil Optional if there are none. Since Redis 8.6.
//
// https://redis.io/docs/latest/commands/hotkeys-get/
//
//glide:server each server tracks its own keys
func hotKeysGet() command[Optional[HotKeys]] {
	return newCommand(named("HOTKEYS GET"), readOptional(readHotKeys))
}
