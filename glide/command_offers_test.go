package glide

import (
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// An offer is where a method of a command is available, and why not elsewhere
// if it is missing in some batches or on some clients.
type offer struct {
	places []string
	reason string
}

func TestEveryCommandIsOfferedWhereItMakesSense(t *testing.T) {
	places := map[string]reflect.Type{
		"Client":        reflect.TypeFor[*Client](),
		"ClusterClient": reflect.TypeFor[*ClusterClient](),
		"Node":          reflect.TypeFor[Node](),
		"Nodes":         reflect.TypeFor[Nodes](),

		"DedicatedClient": reflect.TypeFor[*DedicatedClient](),
		"Transaction":     reflect.TypeFor[*Transaction](),
		"Pipeline":        reflect.TypeFor[*Pipeline](),
	}
	everywhere := []string{"Client", "ClusterClient", "DedicatedClient", "Node", "Pipeline", "Transaction"}
	counts := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(offers)) {
		offer := offers[name]
		for place, kind := range places {
			_, has := kind.MethodByName(name)
			require.Equal(t, slices.Contains(offer.places, place), has, "%s of %s", name, place)
		}
		for _, place := range offer.places {
			counts[place]++
		}
		lacking := slices.DeleteFunc(slices.Clone(everywhere), func(place string) bool { return slices.Contains(offer.places, place) })
		if len(lacking) > 0 {
			require.NotEmpty(t, offer.reason, name)
			t.Logf("%s is not on %v: %s", name, lacking, offer.reason)
		}
	}
	t.Logf("%d methods from definitions: %v", len(offers), counts)
}
