// Check-links checks that the files which documents name exist: the targets of links
// in Markdown files, and paths in backquotes and in diagrams. A path is relative to
// the root of the repository, or the end of the path of a file there, so
// "routing/node.rs" names ffi/src/routing/node.rs. It may have the wildcard *, <name>
// for the same, and alternatives in braces.
//
//	go run ./scripts/check-links
package main

import (
	"fmt"
	"log"
	"os"
	"os/exec"
	"strings"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("check-links: ")
	out, err := exec.Command("git", "ls-files", "--cached", "--others", "--exclude-standard").Output()
	if err != nil {
		log.Fatal("git ls-files: ", err)
	}
	files := strings.Fields(string(out))
	tree := newTree(files)
	broken := 0
	for _, file := range files {
		if !strings.HasSuffix(file, ".md") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			log.Fatal(err)
		}
		for _, name := range tree.missing(file, string(text)) {
			fmt.Println(name)
			broken++
		}
	}
	if broken > 0 {
		log.Fatalf("%d names lead nowhere", broken)
	}
}
