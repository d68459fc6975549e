// Generate-commands writes the methods of the clients and of the batches from
// the definitions of the commands in glide/, a file for each group of commands,
// and the adapters by which the tests of commands run on every face. For the definitions in the packages of
// module commands it writes a function that runs the command on any client, and
// a method, or for one with type parameters a function, that queues it. It
// removes the files that it no longer generates. It also writes ClusterConfig (see
// config.go) and the interfaces of what clients have in common (see interfaces.go).
//
//	go run ./scripts/generate-commands -out glide
//
// A definition is a function that returns a command[T], as package glide calls it,
// or a command.Command[T]. Its comment begins with
// the name of the method, and becomes the method's, with the options that it does
// not name (see options.go). A directive below the
// comment says where a command of package glide is not available, and why:
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
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"text/template"

	"github.com/valkey-glide/go/scripts/internal/generator"
)

func main() {
	generator.Main(generate,
		generator.Path{Flag: "source", Default: "glide", Usage: "folder of the definitions"},
		generator.Path{Flag: "out", Default: "glide", Usage: "folder of the generated files"})
}

// packages are the folders of definitions, and what is generated in each.
var packages = []struct {
	folder string
	files  []file
}{
	{".", clientFiles},
	{"glidebloom", moduleFiles},
	{"glidejson", moduleFiles},
	{"glidesearch", moduleFiles},
}

func generate(source, out string) error {
	for _, p := range packages {
		folder := filepath.Join(out, p.folder)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		if err := generatePackage(filepath.Join(source, p.folder), filepath.Join(source, "internal", "command"), folder, p.files); err != nil {
			return err
		}
	}
	return generateConfig(source, out)
}

func generatePackage(source, commands, out string, files []file) error {
	pkg, types, err := readAll(source, commands)
	if err != nil {
		return err
	}
	if pkg.Package == "glide" {
		if err := generateInterfaces(pkg, types, out); err != nil {
			return err
		}
	}
	written, folders := map[string]bool{}, map[string]bool{}
	for _, file := range files {
		text := template.Must(template.New(file.name).Funcs(helpers).Parse(file.template))
		for name, part := range file.parts(pkg) {
			path := filepath.Join(out, name)
			if err := write(path, text, part); err != nil {
				return err
			}
			written[path], folders[filepath.Dir(path)] = true, true
		}
	}
	for folder := range folders {
		written[filepath.Join(folder, configFile)] = true
		written[filepath.Join(folder, interfacesFile)] = true
		if err := removeOthers(folder, written); err != nil {
			return err
		}
	}
	return nil
}

func write(path string, text *template.Template, part definitions) error {
	var code bytes.Buffer
	if err := text.Execute(&code, part); err != nil {
		return err
	}
	formatted, err := format.Source(code.Bytes())
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return os.WriteFile(path, formatted, 0o644)
}

// removeOthers removes the generated files of a folder that have not been
// written: those of a group that does not exist anymore.
func removeOthers(folder string, written map[string]bool) error {
	paths, err := filepath.Glob(filepath.Join(folder, "generated_*.go"))
	if err != nil {
		return err
	}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		if !written[path] && bytes.HasPrefix(text, []byte(marker)) {
			if err := os.Remove(path); err != nil {
				return err
			}
		}
	}
	return nil
}
