package glide

import (
	"encoding/binary"
	"strings"
	"testing"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// BenchmarkPipelineInGo measures what a pipeline of 100 GETs costs in Go
// alone: nothing crosses the boundary.
func BenchmarkPipelineInGo(b *testing.B) {
	const gets = 100
	value := strings.Repeat("v", 100)
	reply := binary.LittleEndian.AppendUint32([]byte{byte(abi.TagArray)}, gets)
	for range gets {
		reply = binary.LittleEndian.AppendUint32(append(reply, byte(abi.TagString)), uint32(len(value)))
		reply = append(reply, value...)
	}
	b.ReportAllocs()
	for b.Loop() {
		pipeline := NewPipeline()
		for range gets {
			pipeline.Get("benchmark:0123")
		}
		pipeline.commands.Request("pipeline", wire.BatchMode{}).Release()
		reader := wire.NewReader(reply, nil)
		results, err := pipeline.read(&reader)
		if err != nil {
			b.Fatal(err)
		}
		for i := range gets {
			if got, err := Result[Optional[string]](results, i); err != nil || got.Value() != value {
				b.Fatal(got, err)
			}
		}
	}
}
