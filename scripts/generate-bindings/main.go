// Generate-bindings writes what is needed to call the library from its C
// header: for the package abi the numbers, and the functions over cgo, over
// purego and of the simulation; for the tests of the boundary in Rust the list
// of the functions.
//
//	go run ./scripts/generate-bindings -root .
package main

import (
	"bytes"
	"embed"
	"fmt"
	"go/format"
	"os"
	"path/filepath"
	"strings"
	"text/template"

	"github.com/valkey-glide/go/scripts/internal/generator"
)

//go:embed *.tmpl
var templates embed.FS

// outputs are the generated files by the template of each.
var outputs = map[string]string{
	"values.tmpl":         "glide/internal/abi/generated_values.go",
	"cgo.tmpl":            "glide/internal/abi/generated_cgo.go",
	"static.tmpl":         "glide/internal/abi/generated_static.go",
	"purego.tmpl":         "glide/internal/abi/generated_purego.go",
	"simulated.tmpl":      "glide/internal/abi/generated_simulated.go",
	"rust_functions.tmpl": "ffi/tests/library/functions.rs",
	"rust_values.tmpl":    "ffi/tests/library/values.rs",
}

func main() {
	generator.Main(generate,
		generator.Path{Flag: "header", Default: "ffi/include/glide.h", Usage: "the C header"},
		generator.Path{Flag: "root", Default: ".", Usage: "folder below which the files are written"})
}

func generate(source, root string) error {
	text, err := os.ReadFile(source)
	if err != nil {
		return err
	}
	header, err := parse(string(text))
	if err != nil {
		return fmt.Errorf("%s:%w", source, err)
	}
	parsed, err := template.New("").ParseFS(templates, "*.tmpl")
	if err != nil {
		return err
	}
	for name, path := range outputs {
		var out bytes.Buffer
		if err := parsed.ExecuteTemplate(&out, name, header); err != nil {
			return err
		}
		code := out.Bytes()
		if strings.HasSuffix(path, ".go") {
			if code, err = format.Source(code); err != nil {
				return fmt.Errorf("%s: %w", path, err)
			}
		}
		path = filepath.Join(root, filepath.FromSlash(path))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(path, code, 0o644); err != nil {
			return err
		}
	}
	return nil
}
