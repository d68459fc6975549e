package glidesearch_test

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidejson"
	"github.com/valkey-glide/go/glide/glidesearch"
	"github.com/valkey-glide/go/glide/internal/moduletest"
)

const (
	vectorCount = 3000
	dimensions  = 24
	nearest     = 10
)

// vectors are random, but each time the same.
func vectors(count int, seed uint64) [][]float32 {
	random := rand.New(rand.NewPCG(seed, 2))
	all := make([][]float32, count)
	for i := range all {
		all[i] = make([]float32, dimensions)
		for j := range all[i] {
			all[i][j] = float32(random.NormFloat64())
		}
	}
	return all
}

// distance is what the server's metric means.
func distance(metric glidesearch.Metric, a, b []float32) float64 {
	var squares, dot, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		squares += (x - y) * (x - y)
		dot += x * y
		aa += x * x
		bb += y * y
	}
	switch metric {
	case glidesearch.L2:
		return squares
	case glidesearch.InnerProduct:
		return 1 - dot
	default:
		return 1 - dot/math.Sqrt(aa*bb)
	}
}

// truth are the nearest vectors of those that are asked for, by comparing with
// each.
func truth(metric glidesearch.Metric, all [][]float32, near []float32, asked func(i int) bool) (indexes []int) {
	for i := range all {
		if asked(i) {
			indexes = append(indexes, i)
		}
	}
	slices.SortFunc(indexes, func(i, j int) int {
		return cmp.Compare(distance(metric, all[i], near), distance(metric, all[j], near))
	})
	return indexes[:nearest]
}

// parity is a label of a vector.
func parity(i int) string { return []string{"even", "odd"}[i%2] }

func storeVectors(t *testing.T, client *glide.Client, all [][]float32) {
	t.Helper()
	batch := glide.NewPipeline()
	for i, vector := range all {
		batch.HSet(fmt.Sprintf("hash:%d", i), map[string]string{"v": glidesearch.EncodeVector(vector), "parity": parity(i)})
		glidejson.In(batch).Set(fmt.Sprintf("json:%d", i), "$", map[string]any{"v": vector, "parity": parity(i)})
	}
	_, err := client.Exec(ctx, batch, glide.FailOnError)
	require.NoError(t, err)
}

func TestTheNearestVectorsAreFound(t *testing.T) {
	client := suite.Client(t, glide.RESP3)
	second := suite.Client(t, glide.RESP2) // which empties the server
	all, questions := vectors(vectorCount, 1), vectors(5, 3)
	storeVectors(t, client, all)

	for _, source := range []struct {
		name   string
		kind   glidesearch.CreateOption
		vector string
		parity string
	}{{"hash", glidesearch.OnHash, "v", "parity"}, {"json", glidesearch.OnJSON, "$.v", "$.parity"}} {
		for _, metric := range []glidesearch.Metric{glidesearch.L2, glidesearch.InnerProduct, glidesearch.Cosine} {
			for algorithm, field := range map[string]glidesearch.Field{
				"FLAT": glidesearch.FlatField{Name: source.vector, As: "vector", Dimensions: dimensions, Metric: metric},
				"HNSW": glidesearch.HNSWField{Name: source.vector, As: "vector", Dimensions: dimensions, Metric: metric, M: 24, EFConstruction: 200, EFRuntime: 1000},
			} {
				t.Run(fmt.Sprintf("%s %s %s", source.name, metric, algorithm), func(t *testing.T) {
					const index = "vectors"
					require.NoError(t, glidesearch.Create(ctx, client, index, []glidesearch.Field{field, glidesearch.TagField{Name: source.parity, As: "parity"}}, source.kind, glidesearch.Prefixes(source.name+":")))
					t.Cleanup(func() { require.NoError(t, glidesearch.DropIndex(ctx, client, index)) })
					awaitIndexed(t, client, index)
					right := 0
					for _, question := range questions {
						for filter, asked := range map[string]func(i int) bool{
							"*":             func(int) bool { return true },
							"@parity:{odd}": func(i int) bool { return i%2 == 1 },
						} {
							indexes := truth(metric, all, question, asked)
							for _, on := range []*glide.Client{client, second} {
								right += requireNearest(t, on, index, filter, metric, source.name, all, question, indexes)
							}
						}
					}
					// Two filters, two clients.
					answers := len(questions) * nearest * 4
					if algorithm == "FLAT" {
						require.Equal(t, answers, right)
					}
					require.GreaterOrEqual(t, right, answers*99/100, "of the nearest, HNSW may miss a few")
				})
			}
		}
	}
}

// requireNearest requires that what is found is as far as it is said to be, and
// the nearest first. It returns how many of the nearest are among it.
func requireNearest(t *testing.T, on glide.Commander, index, filter string, metric glidesearch.Metric, prefix string, all [][]float32, near []float32, indexes []int) (right int) {
	t.Helper()
	result := moduletest.Value(glidesearch.Search(ctx, on, index, filter+"=>[KNN 10 @vector $near AS distance]",
		glidesearch.Vector("near", near), glidesearch.Dialect(2), glidesearch.SortBy("distance", glidesearch.Ascending), glidesearch.Return("distance", "parity")))(t)
	require.Len(t, result.Documents, nearest)
	before := math.Inf(-1)
	for _, document := range result.Documents {
		var i int
		_, err := fmt.Sscanf(document.Key, prefix+":%d", &i)
		require.NoError(t, err)
		require.Equal(t, parity(i), document.Fields["parity"])
		told, err := strconv.ParseFloat(document.Fields["distance"], 64)
		require.NoError(t, err)
		require.InDelta(t, distance(metric, all[i], near), told, 1e-4)
		require.GreaterOrEqual(t, told, before)
		before = told
		if slices.Contains(indexes, i) {
			right++
		}
	}
	return right
}

func TestVectorsOnEveryFace(t *testing.T) {
	onEveryFace(t, func(t *testing.T, on glide.Commander) {
		for i, vector := range [][]float32{{0, 0}, {1, 0}, {3, 4}} {
			moduletest.Value(glidejson.Set(ctx, on, fmt.Sprintf("{k}:%d", i), "$", map[string]any{"v": vector}))(t)
		}
		index := created(t, on, []glidesearch.Field{glidesearch.HNSWField{Name: "$.v", As: "v", Dimensions: 2, Metric: glidesearch.L2}}, glidesearch.OnJSON)
		near := glidesearch.Vector("near", []float32{3, 3})
		found := moduletest.Value(glidesearch.Search(ctx, on, index, "*=>[KNN 2 @v $near]", near, glidesearch.Dialect(2), glidesearch.SortBy("__v_score", glidesearch.Ascending)))(t)
		require.EqualValues(t, 2, found.Total)
		require.Equal(t, []string{"{k}:2", "{k}:1"}, keysOf(found))
		require.Equal(t, "1", found.Documents[0].Fields["__v_score"])
		require.JSONEq(t, `{"v":[3,4]}`, found.Documents[0].Fields["$"])
		within := moduletest.Value(glidesearch.Search(ctx, on, index, "@v:[VECTOR_RANGE 4 $near]=>{$yield_distance_as: d}", near, glidesearch.Dialect(2), glidesearch.NoContent))(t)
		require.Equal(t, []string{"{k}:2"}, keysOf(within))
		rows := moduletest.Value(glidesearch.Aggregate(ctx, on, index, "*=>[KNN 2 @v $near AS d]", glidesearch.Apply("sqrt(@d)", "distance"), near, glidesearch.Dialect(2)))(t)
		require.Len(t, rows, 2)
		require.Contains(t, []any{"1", "3.60555127546"}, rows[0]["distance"])
	})
}
