package glidesearch_test

import (
	"fmt"
	"hash/fnv"
	"math"
	"strings"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidejson"
	"github.com/valkey-glide/go/glide/glidesearch"
)

// article is what is searched.
type article struct {
	Title   string    `json:"title"`
	Text    string    `json:"text"`
	Meaning []float32 `json:"meaning"`
}

// embed stands for a model that makes vectors of texts: those that say the like
// are near each other. This one only counts parts of words, three letters each,
// so running is like runner, but not like jogging.
func embed(text string) []float32 {
	const dimensions = 128
	vector := make([]float32, dimensions)
	for _, word := range strings.Fields(strings.ToLower(text)) {
		word = "<" + word + ">"
		for i := 0; i+3 <= len(word); i++ {
			sum := fnv.New32a()
			sum.Write([]byte(word[i : i+3]))
			vector[sum.Sum32()%dimensions]++
		}
	}
	length := 0.0
	for _, number := range vector {
		length += float64(number) * float64(number)
	}
	for i := range vector {
		vector[i] /= float32(math.Sqrt(length))
	}
	return vector
}

// Documents are found by what they mean: a model makes a vector of each text,
// and the vectors nearest to that of a question are those of its answers.
func Example_semanticSearch() {
	client := suite.ExampleClient()
	defer client.Close()

	err := glidesearch.Create(ctx, client, "articles", []glidesearch.Field{
		glidesearch.HNSWField{Name: "$.meaning", As: "meaning", Dimensions: 128, Metric: glidesearch.Cosine},
	}, glidesearch.OnJSON, glidesearch.Prefixes("article:"))
	if err != nil {
		fmt.Println(err)
	}

	batch := glide.NewPipeline()
	for i, a := range []article{
		{Title: "Baking bread", Text: "flour water salt and yeast make a loaf of bread in the oven"},
		{Title: "Growing tomatoes", Text: "tomato plants want sun water and rich soil in the garden"},
		{Title: "Repairing bicycles", Text: "how to mend a flat tyre of a bicycle and oil its chain"},
		{Title: "Pizza at home", Text: "bake dough with tomatoes and cheese in a hot oven"},
	} {
		a.Meaning = embed(a.Title + " " + a.Text)
		glidejson.In(batch).Set(fmt.Sprintf("article:%d", i), "$", a)
	}
	client.Exec(ctx, batch, glide.FailOnError)

	for _, question := range []string{"what can i bake in my oven", "my bicycle has a flat tyre"} {
		found, err := glidesearch.Search(ctx, client, "articles", "*=>[KNN 2 @meaning $question AS distance]",
			glidesearch.Vector("question", embed(question)),
			glidesearch.SortBy("distance", glidesearch.Ascending),
			glidesearch.ReturnAs(glidesearch.Renamed{Name: "$.title", As: "title"}),
			glidesearch.Limit(0, 2), glidesearch.Dialect(2))
		if err != nil {
			fmt.Println(err)
		}
		fmt.Println(question + "?")
		for _, document := range found.Documents {
			fmt.Println("-", document.Fields["title"])
		}
	}
	// Output:
	// what can i bake in my oven?
	// - Pizza at home
	// - Baking bread
	// my bicycle has a flat tyre?
	// - Repairing bicycles
	// - Pizza at home
}
