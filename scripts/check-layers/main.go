// Check-layers checks the imports of the Rust library: they point downwards in
// the layers of layers.txt, and neither files nor directories import each other in
// a cycle. Imports of tests do not count. A mod.rs is a file like any other: its
// "mod x;" is no import, but "pub use x::Item" is, and "use super::Item" in x is
// an import of mod.rs.
//
//	go run ./scripts/check-layers           # check ffi/src
//	go run ./scripts/check-layers -list     # print every import
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"log"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

//go:embed layers.txt
var layersText string

func main() {
	log.SetFlags(0)
	log.SetPrefix("check-layers: ")
	root := flag.String("root", "ffi/src", "the `directory` of the sources")
	file := flag.String("layers", "", "a `file` with other layers")
	list := flag.Bool("list", false, "print every import")
	flag.Parse()
	text := layersText
	if *file != "" {
		other, err := os.ReadFile(*file)
		if err != nil {
			log.Fatal(err)
		}
		text = string(other)
	}
	imports, err := readImports(os.DirFS(*root))
	if err != nil {
		log.Fatal(err)
	}
	if *list {
		for _, i := range imports {
			fmt.Println(i)
		}
	}
	ok, err := report(os.Stdout, imports, parseLayers(text))
	if err != nil {
		log.Fatal(err)
	}
	if !ok {
		os.Exit(1)
	}
}

// layers are the numbers of modules' layers, counted from the top.
type layers struct {
	numbers map[string]int
	tests   []string
}

func parseLayers(text string) layers {
	l := layers{numbers: map[string]int{}}
	for number, line := range strings.Split(text, "\n") {
		if names, ok := strings.CutPrefix(line, "tests:"); ok {
			l.tests = append(l.tests, strings.Fields(names)...)
			continue
		}
		if strings.HasPrefix(line, "#") {
			continue
		}
		for _, name := range strings.Fields(line) {
			l.numbers[name] = number
		}
	}
	return l
}

// An imported file, and the one that imports it. Their paths are relative to the
// root of the sources.
type imported struct{ from, to string }

func (i imported) String() string { return i.from + " -> " + i.to }

// module returns the directory of a file, or the file itself if it is at the top.
func module(file string) string {
	name, _, _ := strings.Cut(file, "/")
	return strings.TrimSuffix(name, ".rs")
}

// readImports returns the imports of all files, without those of tests.
func readImports(sources fs.FS) ([]imported, error) {
	texts := map[string]string{}
	err := fs.WalkDir(sources, ".", func(path string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || filepath.Ext(path) != ".rs" {
			return err
		}
		text, err := fs.ReadFile(sources, path)
		texts[path] = string(text)
		return err
	})
	if err != nil {
		return nil, err
	}
	files := map[string]string{}
	for path := range texts {
		files[strings.Join(modulePath(path), "::")] = path
	}
	var imports []imported
	for path, text := range texts {
		for _, name := range paths(withoutTests(withoutText(text))) {
			to := resolve(files, path, name)
			if to != "" && to != path {
				imports = append(imports, imported{path, to})
			}
		}
	}
	slices.SortFunc(imports, func(a, b imported) int { return strings.Compare(a.String(), b.String()) })
	return slices.Compact(imports), nil
}

// modulePath returns the segments of a file's module: none for lib.rs.
func modulePath(file string) []string {
	segments := strings.Split(strings.TrimSuffix(file, ".rs"), "/")
	if last := segments[len(segments)-1]; last == "mod" || last == "lib" {
		segments = segments[:len(segments)-1]
	}
	return segments
}

// resolve returns the file that a path names in another, or "" if it is none of
// the sources.
func resolve(files map[string]string, file string, path []string) string {
	here := modulePath(file)
	switch path[0] {
	case "crate":
		path = path[1:]
	case "self":
		path = append(slices.Clone(here), path[1:]...)
	case "super":
		for len(path) > 0 && path[0] == "super" && len(here) > 0 {
			here, path = here[:len(here)-1], path[1:]
		}
		path = append(slices.Clone(here), path...)
	default:
		// A path begins with a child of the module, or it is no path of ours.
		path = append(slices.Clone(here), path...)
		if files[strings.Join(path[:len(here)+1], "::")] == "" {
			return ""
		}
	}
	for ; len(path) > 0; path = path[:len(path)-1] {
		if to := files[strings.Join(path, "::")]; to != "" {
			return to
		}
	}
	return files[""]
}

// report writes what is wrong with imports, and how many there are. It returns
// whether nothing is.
func report(out io.Writer, imports []imported, l layers) (bool, error) {
	files, modules := graph{}, graph{}
	upward := 0
	for _, i := range imports {
		from, to := module(i.from), module(i.to)
		if slices.Contains(l.tests, from) {
			continue
		}
		if slices.Contains(l.tests, to) {
			return false, fmt.Errorf("%s imports %s, which is for tests", i.from, i.to)
		}
		for _, name := range []string{from, to} {
			if l.numbers[name] == 0 {
				return false, fmt.Errorf("layers.txt does not name %s", name)
			}
		}
		if l.numbers[to] < l.numbers[from] {
			upward++
			fmt.Fprintf(out, "upward: %s\n", i)
		}
		files.add(i.from, i.to)
		if from != to {
			modules.add(from, to)
		}
	}
	largest := 0
	ofFiles, ofModules := files.cycles(), modules.cycles()
	for _, cycle := range ofFiles {
		largest = max(largest, len(cycle))
		fmt.Fprintf(out, "cycle of files: %s\n", strings.Join(cycle, " "))
	}
	for _, cycle := range ofModules {
		fmt.Fprintf(out, "cycle of directories: %s\n", strings.Join(cycle, " "))
	}
	fmt.Fprintf(out, "%d files import each other %d times: %d upwards, %d cycles of files (the largest of %d), %d of directories\n",
		len(files), files.edges(), upward, len(ofFiles), largest, len(ofModules))
	return upward+len(ofFiles)+len(ofModules) == 0, nil
}
