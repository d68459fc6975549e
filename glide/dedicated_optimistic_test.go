package glide

import "testing"

var _ = table(optimisticSendings)

func optimisticSendings() []sending {
	return []sending{
		sends(watch("a", "b"), "WATCH a b"),
		sends(unwatch(), "UNWATCH"),
	}
}

func TestWatchesSendTheirWords(t *testing.T) { testSendings(t, optimisticSendings()) }

func TestWatchesRefuse(t *testing.T) {
	testRefusals(t, []refusal{refuses(watch(), "no keys")})
}
