// Pictures draws the pictures of the documents, as SVG:
//
//	go run ./scripts/pictures [-failover]
//
// The failover is measured, which takes a quarter of a minute and starts servers, so it
// is drawn only if it is asked for. The plots of the benchmarks are drawn by make
// bench-report.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/valkey-glide/go/internal/failover"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("pictures: ")
	out := flag.String("out", filepath.Join("docs", "pictures"), "the `folder` to write to")
	measure := flag.Bool("failover", false, "measure a failover and draw it, too")
	flag.Parse()
	pictures := map[string]*drawing{"command.svg": command(), "cluster.svg": planes()}
	if *measure {
		timeline, err := failover.Measure(context.Background(), func(text string) { fmt.Println(text) })
		if err != nil {
			log.Fatal(err)
		}
		pictures["failover.svg"] = timelineOf(timeline, machine())
	}
	for name, picture := range pictures {
		if err := os.WriteFile(filepath.Join(*out, name), picture.svg(), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}
