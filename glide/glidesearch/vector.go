package glidesearch

import (
	"encoding/binary"
	"fmt"
	"math"
)

// EncodeVector returns a vector in the format of a field of a hash: four bytes
// for each number, the least significant first (FLOAT32). In a JSON document a
// vector is an array of numbers.
func EncodeVector(vector []float32) string {
	data := make([]byte, 0, 4*len(vector))
	for _, number := range vector {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(number))
	}
	return string(data)
}

// DecodeVector returns the vector that [EncodeVector] has encoded. It returns
// an error if the length is not a multiple of four bytes.
func DecodeVector(data string) ([]float32, error) {
	if len(data)%4 != 0 {
		return nil, fmt.Errorf("glidesearch: a vector of %d bytes, which is no multiple of 4", len(data))
	}
	vector := make([]float32, len(data)/4)
	for i := range vector {
		vector[i] = math.Float32frombits(binary.LittleEndian.Uint32([]byte(data[4*i : 4*i+4])))
	}
	return vector, nil
}

// QueryParameter is an option of [Search], [Aggregate], [Explain] and their
// variants: the value of a name in the query, the result of [Parameter] or
// [Vector].
type QueryParameter struct{ clause }

func (QueryParameter) searchOption()    {}
func (QueryParameter) aggregateClause() {}
func (QueryParameter) explainOption()   {}

// Parameter (PARAMS) sets the value, a text or a number in decimal, of $name in
// a query. It requires dialect 2: see [Dialect].
func Parameter(name, value string) QueryParameter {
	return QueryParameter{clause{words: []string{name, value}, place: amongParameters}}
}

// Vector (PARAMS) sets the value of $name in a query to a vector, as [Parameter]
// does for texts:
//
//	glidesearch.Search(ctx, client, "index", "*=>[KNN 10 @field $near]",
//		glidesearch.Vector("near", vector), glidesearch.Dialect(2))
//
// The vector must have as many dimensions as the field. NaN and infinities are
// refused.
func Vector(name string, vector []float32) QueryParameter {
	parameter := Parameter(name, EncodeVector(vector))
	for _, number := range vector {
		if f := float64(number); math.IsNaN(f) || math.IsInf(f, 0) {
			parameter.refusal = "a vector with what is not a number"
		}
	}
	if len(vector) == 0 {
		parameter.refusal = "an empty vector"
	}
	return parameter
}
