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

		"DedicatedClient":        reflect.TypeFor[*DedicatedClient](),
		"DedicatedClusterClient": reflect.TypeFor[*DedicatedClusterClient](),
		"Transaction":            reflect.TypeFor[*Transaction](),
		"ClusterTransaction":     reflect.TypeFor[*ClusterTransaction](),
		"Pipeline":               reflect.TypeFor[*Pipeline](),
	}
	everywhere := []string{"Client", "ClusterClient", "ClusterTransaction", "DedicatedClient", "DedicatedClusterClient", "Node", "Pipeline", "Transaction"}
	counts := map[string]int{}
	for _, name := range slices.Sorted(maps.Keys(offers)) {
		offer := offers[name]
		for place, kind := range places {
			// On the cluster client a name may be that of another method.
			if _, has := kind.MethodByName(name); !(place == "ClusterClient" && name == "Scan") {
				require.Equal(t, slices.Contains(offer.places, place), has, "%s of %s", name, place)
			}
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
