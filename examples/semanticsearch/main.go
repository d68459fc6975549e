// Semanticsearch finds texts by what they mean: a model makes a vector of each, and the
// vectors nearest to that of a question are those of its answers. The server needs the
// modules JSON and search.
//
// Commands: FT.CREATE, JSON.SET in a pipeline, FT.SEARCH, FT.DROPINDEX, UNLINK.
//
//	go run ./semanticsearch
//
// It connects to VALKEY_URL, by default valkey://localhost:6379.
//
// Output:
//
//	what can i bake in my oven?
//	- Pizza at home
//	- Baking bread
//	my bicycle has a flat tyre?
//	- Repairing bicycles
//	- Pizza at home
package main

import (
	"cmp"
	"context"
	"fmt"
	"hash/fnv"
	"log"
	"os"
	"strings"
	"time"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidejson"
	"github.com/valkey-glide/go/glide/glidesearch"
)

const index, prefix, dimensions = "example:texts", "example:text:", 128

type Text struct {
	Title   string    `json:"title"`
	Meaning []float32 `json:"meaning"`
}

// embed stands for a model. It only counts parts of words, three letters each.
func embed(text string) []float32 {
	vector := make([]float32, dimensions)
	for _, word := range strings.Fields(strings.ToLower(text)) {
		word = "<" + word + ">"
		for i := 0; i+3 <= len(word); i++ {
			sum := fnv.New32a()
			sum.Write([]byte(word[i : i+3]))
			vector[sum.Sum32()%dimensions]++
		}
	}
	return vector
}

func store(ctx context.Context, client glide.Commands, texts map[string]string) error {
	meaning := glidesearch.HNSWField{Name: "$.meaning", As: "meaning", Dimensions: dimensions, Metric: glidesearch.Cosine}
	err := glidesearch.Create(ctx, client, index, []glidesearch.Field{meaning}, glidesearch.OnJSON, glidesearch.Prefixes(prefix))
	if err != nil && strings.Contains(err.Error(), "unknown command") {
		return fmt.Errorf("%w (the server has no search module)", err)
	}
	if err != nil {
		return err
	}
	pipeline := glide.NewPipeline()
	for title, text := range texts {
		glidejson.In(pipeline).Set(prefix+title, "$", Text{title, embed(title + " " + text)})
	}
	_, err = client.Exec(ctx, pipeline, glide.FailOnError)
	return err
}

func search(ctx context.Context, client glide.Commands, question string, answers int) (glidesearch.SearchResult, error) {
	return glidesearch.Search(ctx, client, index, fmt.Sprintf("*=>[KNN %d @meaning $question AS distance]", answers),
		glidesearch.Vector("question", embed(question)), glidesearch.SortBy("distance", glidesearch.Ascending),
		glidesearch.ReturnAs(glidesearch.Renamed{Name: "$.title", As: "title"}), glidesearch.Dialect(2))
}

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	client, err := glide.Open(ctx, cmp.Or(os.Getenv("VALKEY_URL"), "valkey://localhost:6379"))
	if err != nil {
		return err
	}
	defer client.Close()

	texts := map[string]string{
		"Baking bread":       "flour water salt and yeast make a loaf of bread in the oven",
		"Repairing bicycles": "how to mend a flat tyre of a bicycle and oil its chain",
		"Pizza at home":      "bake dough with tomatoes and cheese in a hot oven",
	}
	if err := store(ctx, client, texts); err != nil {
		return err
	}
	for _, question := range []string{"what can i bake in my oven", "my bicycle has a flat tyre"} {
		found, err := search(ctx, client, question, 2)
		if err != nil {
			return err
		}
		fmt.Println(question + "?")
		for _, document := range found.Documents {
			fmt.Println("-", document.Fields["title"])
		}
	}
	for title := range texts {
		if _, err := client.Unlink(ctx, prefix+title); err != nil {
			return err
		}
	}
	return glidesearch.DropIndex(ctx, client, index)
}
