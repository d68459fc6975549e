package glide

import (
	"testing"
	"time"
)

var _ = table(hotKeysSendings)

func hotKeysSendings() []sending {
	return []sending{
		sends(hotKeysStart([]HotKeyMetric{HotByCPU, HotByNetwork}), "HOTKEYS START METRICS 2 CPU NET"),
		sends(hotKeysStart([]HotKeyMetric{HotByNetwork}, Count(5), HotKeysDuration(time.Minute), SampleRatio(10), HotSlots(1, 16383)),
			"HOTKEYS START METRICS 1 NET COUNT 5 DURATION 60 SAMPLE 10 SLOTS 2 1 16383"),
		sends(hotKeysStop(), "HOTKEYS STOP"),
		sends(hotKeysReset(), "HOTKEYS RESET"),
		sends(hotKeysGet(), "HOTKEYS GET"),
	}
}

func TestHotKeysCommandsSend(t *testing.T) { testSendings(t, hotKeysSendings()) }

func TestHotKeysCommandsRefuse(t *testing.T) {
	testRefusals(t, []refusal{
		refuses(hotKeysStart(nil), "no metrics"),
		refuses(hotKeysStart([]HotKeyMetric{HotByCPU}, Count(1), Count(2)), "more than one Count"),
	})
}

func TestHotKeysRepliesOfBothProtocolsAreTheSame(t *testing.T) {
	want := Some(HotKeys{
		Active: true, SampleRatio: 2, Started: moment.Truncate(time.Millisecond), Duration: 3 * time.Millisecond,
		ByCPU: []HotKey{{"a", 29}}, ByNetwork: []HotKey{{"b", 63}}, AllCommands: 103 * time.Microsecond, AllBytes: 2042,
	})
	parts := [][]byte{
		stringReply("tracking-active"), intReply(1), stringReply("sample-ratio"), intReply(2),
		stringReply("selected-slots"), arrayReply(arrayReply(intReply(0), intReply(16383))),
		stringReply("all-commands-all-slots-us"), intReply(103), stringReply("net-bytes-all-commands-all-slots"), intReply(2042),
		stringReply("collection-start-time-unix-ms"), intReply(moment.UnixMilli()), stringReply("collection-duration-ms"), intReply(3),
		stringReply("by-cpu-time-us"), arrayReply(stringReply("a"), intReply(29)), stringReply("by-net-bytes"), arrayReply(stringReply("b"), intReply(63)),
	}
	testReadings(t, []reading{
		reads("RESP2", hotKeysGet(), arrayReply(arrayReply(parts...)), want),
		reads("RESP3", hotKeysGet(), arrayReply(mapReply(parts...)), want),
		reads("none", hotKeysGet(), nilReply, None[HotKeys]()),
	})
}
