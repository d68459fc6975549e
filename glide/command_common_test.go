package glide

import (
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
)

// signature is the type of a method without its receiver.
func signature(m reflect.Method) reflect.Type {
	var in, out []reflect.Type
	for i := 1; i < m.Type.NumIn(); i++ {
		in = append(in, m.Type.In(i))
	}
	for i := range m.Type.NumOut() {
		out = append(out, m.Type.Out(i))
	}
	return reflect.FuncOf(in, out, m.Type.IsVariadic())
}

func TestMethodsOfTheSameNameHaveTheSameSignature(t *testing.T) {
	types := []reflect.Type{
		reflect.TypeFor[*Client](), reflect.TypeFor[*ClusterClient](), reflect.TypeFor[Node](), reflect.TypeFor[*DedicatedClient](),
	}
	known := map[string]reflect.Type{}
	for _, kind := range types {
		for m := range kind.Methods() {
			if other, ok := known[m.Name]; ok {
				require.Equal(t, other, signature(m), "%v.%s", kind, m.Name)
			}
			known[m.Name] = signature(m)
		}
	}
	require.Greater(t, len(known), 300)
}
