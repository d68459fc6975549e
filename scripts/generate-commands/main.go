// Generate-commands writes the methods of the clients and of the batches from
// the definitions of the commands in glide/, and the adapters by which the
// tests of commands run on every face.
//
//	go run ./scripts/generate-commands -out glide
//
// A definition is a function that gives a command[T]. Its comment begins with
// the name of the method, and becomes the method's. A directive below the
// comment says where a command is not to be had, and why:
//
//	//glide:direct <reason>       in no batch
//	//glide:unpipelined <reason>  in no batch but a transaction
//	//glide:server <reason>       on no client of a whole cluster
//	//glide:one <reason>          not on several nodes at once
//	//glide:standalone <reason>   in no cluster, not on a node's view either
//	//glide:dedicated <reason>    on no connection that is shared
package main

import (
	"bytes"
	"flag"
	"fmt"
	"go/format"
	"log"
	"os"
	"path/filepath"
	"text/template"
)

func main() {
	log.SetFlags(0)
	source := flag.String("source", "glide", "folder of the definitions")
	out := flag.String("out", "glide", "folder of the generated files")
	flag.Parse()
	if err := generate(*source, *out); err != nil {
		log.Fatal("generate-commands: ", err)
	}
}

func generate(source, out string) error {
	definitions, err := read(source)
	if err != nil {
		return err
	}
	for _, file := range files {
		text := template.Must(template.New(file.name).Funcs(helpers).Parse(file.template))
		var code bytes.Buffer
		if err := text.Execute(&code, definitions); err != nil {
			return err
		}
		formatted, err := format.Source(code.Bytes())
		if err != nil {
			return fmt.Errorf("%s: %w", file.name, err)
		}
		if err := os.WriteFile(filepath.Join(out, file.name), formatted, 0o644); err != nil {
			return err
		}
	}
	return nil
}
