// Library counts the visits and the visitors of pages. The type Visits is as a library
// has it: it takes what it needs of a client, so it runs on a server and on a cluster,
// and on a fake in its test.
//
// Commands: INCR and PFADD in a transaction; GET and PFCOUNT in a pipeline.
//
//	go run ./library
//	VALKEY_URL=valkey-cluster://localhost:7000 go run ./library
//
// It connects to VALKEY_URL, by default valkey://localhost:6379.
//
// Output:
//
//	/: 3 visits of 2 visitors
//	/shop: 1 visits of 1 visitors
//	/new: 0 visits of 0 visitors
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/valkey-glide/go/glide"
)

// Runner is what Visits needs. All clients have it; glide.UniversalClient is all that
// both kinds of clients have in common.
type Runner interface {
	Exec(ctx context.Context, batch glide.Batch, options ...glide.ExecOption) (glide.Results, error)
}

// Visits counts visits.
type Visits struct {
	Runner Runner
	Prefix string
}

// keys returns the keys of a page. Both are in one slot, because of the braces, so that a
// transaction can have both; those of different pages are in different slots.
func (v Visits) keys(page string) (visits, visitors string) {
	return v.Prefix + "{" + page + "}:visits", v.Prefix + "{" + page + "}:visitors"
}

// Add counts a visit.
func (v Visits) Add(ctx context.Context, page, visitor string) error {
	visits, visitors := v.keys(page)
	_, err := v.Runner.Exec(ctx, glide.NewTransaction().Incr(visits).PFAdd(visitors, visitor), glide.FailOnError)
	return err
}

// Page is what was counted of a page. Visitors are an estimate.
type Page struct{ Visits, Visitors int64 }

// Page returns what was counted of a page, in one round trip.
func (v Visits) Page(ctx context.Context, name string) (Page, error) {
	visits, visitors := v.keys(name)
	results, err := v.Runner.Exec(ctx, glide.NewPipeline().Get(visits).PFCount(visitors), glide.FailOnError)
	if err != nil {
		return Page{}, err
	}
	text, err := glide.Result[glide.Optional[string]](results, 0)
	if err != nil {
		return Page{}, err
	}
	count, err := strconv.ParseInt(text.Or("0"), 10, 64)
	if err != nil {
		return Page{}, err
	}
	estimate, err := glide.Result[int64](results, 1)
	if err != nil {
		return Page{}, err
	}
	return Page{count, estimate}, nil
}

// Forget deletes what was counted of a page.
func (v Visits) Forget(ctx context.Context, page string) error {
	_, err := v.Runner.Exec(ctx, glide.NewPipeline().Del(v.keys(page)), glide.FailOnError)
	return err
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

	counter := Visits{client, "example:visits:"}
	for _, visit := range [][2]string{{"/", "ann"}, {"/", "ann"}, {"/", "bob"}, {"/shop", "bob"}} {
		if err := counter.Add(ctx, visit[0], visit[1]); err != nil {
			return err
		}
	}
	for _, name := range []string{"/", "/shop", "/new"} {
		page, err := counter.Page(ctx, name)
		if err != nil {
			return err
		}
		fmt.Printf("%s: %d visits of %d visitors\n", name, page.Visits, page.Visitors)
		if err := counter.Forget(ctx, name); err != nil {
			return err
		}
	}
	return nil
}
