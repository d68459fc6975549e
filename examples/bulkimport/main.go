// Bulkimport imports rows in pipelines, and says of each row that failed why. Other
// rows are imported all the same. It may be run again with the rows that failed, also
// those for which the connection was lost: to write the same row twice is harmless.
//
// Commands: HSET and SADD in pipelines, UNLINK.
//
//	go run ./bulkimport
//
// It connects to VALKEY_URL: by default valkey://localhost:6379, for a cluster valkey-cluster://host:7000,
// each node of which gets its part.
//
// Output:
//
//	imported 9998 of 10000 rows
//	row 1234: no name
//	row 5000: WRONGTYPE
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"slices"
	"time"

	"github.com/valkey-glide/go/glide"
	"golang.org/x/sync/errgroup"
)

const prefix, portion, atOnce = "example:import:", 500, 8

// Row is what is imported.
type Row struct{ ID, Name string }

// Import imports rows. It returns one error for each row, nil if the row was imported.
func Import(ctx context.Context, client glide.Commands, rows []Row) []error {
	errs := make([]error, len(rows))
	var portions errgroup.Group
	portions.SetLimit(atOnce) // what has no reply yet takes memory, here and at the server
	from := 0
	for part := range slices.Chunk(rows, portion) {
		partErrs := errs[from : from+len(part)]
		portions.Go(func() error {
			importPart(ctx, client, part, partErrs)
			return nil // each row has its own error
		})
		from += len(part)
	}
	_ = portions.Wait()
	return errs
}

func importPart(ctx context.Context, client glide.Commands, rows []Row, errs []error) {
	pipeline := glide.NewPipeline()
	var owner []int // the row of each command
	for i, row := range rows {
		if row.Name == "" {
			errs[i] = errors.New("no name")
			continue
		}
		pipeline.HSet(prefix+row.ID, map[string]string{"name": row.Name}).SAdd(prefix+"names:"+row.Name, row.ID)
		owner = append(owner, i, i)
	}
	results, err := client.Exec(ctx, pipeline)
	if err != nil { // nobody knows which commands have run
		for _, i := range owner {
			errs[i] = err
		}
		return
	}
	for command, err := range results.Errors() {
		errs[owner[command]] = cmp.Or(errs[owner[command]], err)
	}
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

	rows := make([]Row, 10_000)
	for i := range rows {
		rows[i] = Row{fmt.Sprint(i), []string{"Ann", "Bob"}[i%2]}
	}
	rows[1234].Name = ""
	if err := client.Set(ctx, prefix+"5000", "not a hash"); err != nil {
		return err
	}
	errs := Import(ctx, client, rows)
	failed := slices.DeleteFunc(slices.Clone(errs), func(err error) bool { return err == nil })
	fmt.Printf("imported %d of %d rows\n", len(rows)-len(failed), len(rows))
	cleanUp := glide.NewPipeline().Unlink(prefix + "names:Ann").Unlink(prefix + "names:Bob")
	for i, err := range errs {
		if err != nil {
			fmt.Printf("row %d: %s\n", i, cmp.Or(glide.Code(err), err.Error()))
		}
		cleanUp.Unlink(prefix + rows[i].ID)
	}
	_, err = client.Exec(ctx, cleanUp, glide.FailOnError)
	return err
}
