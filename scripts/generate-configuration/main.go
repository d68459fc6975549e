// Generate-configuration writes docs/configuration.md from the configuration types of
// package glide and their comments:
//
//	go run ./scripts/generate-configuration [-out FILE]
//
// It fails if a field of Config or ClusterConfig does not say what its default is.
package main

import (
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"strings"

	"github.com/valkey-glide/go/scripts/internal/generator"
)

func main() {
	generator.Main(generate,
		generator.Path{Flag: "source", Default: "glide", Usage: "folder of the configuration"},
		generator.Path{Flag: "out", Default: "docs/configuration.md", Usage: "the `file` to write"})
}

func generate(source, out string) error {
	types, err := readTypes(source)
	if err != nil {
		return err
	}
	text, err := write(types)
	if err != nil {
		return err
	}
	return os.WriteFile(out, []byte(text), 0o644)
}

// readTypes returns the types of a package by their names.
func readTypes(folder string) (map[string]*doc.Type, error) {
	files, err := generator.Files(folder, "*.go")
	if err != nil {
		return nil, err
	}
	set := token.NewFileSet()
	var parsed []*ast.File
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(set, name, nil, parser.ParseComments)
		if err != nil {
			return nil, err
		}
		parsed = append(parsed, file)
	}
	pkg, err := doc.NewFromFiles(set, parsed, "github.com/valkey-glide/go/"+folder)
	if err != nil {
		return nil, err
	}
	types := map[string]*doc.Type{}
	for _, t := range pkg.Types {
		types[t.Name] = t
	}
	return types, nil
}

// A field is one of a configuration type.
type field struct {
	names []string
	typ   string
	// uses is the type of package glide that the field has, without pointer.
	uses    string
	comment string
}

func (f field) title() string { return strings.Join(f.names, ", ") }

// fieldsOf returns the fields of a struct. Fields without a comment share that of the
// field before them.
func fieldsOf(t *doc.Type) (fields []field) {
	spec, ok := t.Decl.Specs[0].(*ast.TypeSpec).Type.(*ast.StructType)
	if !ok {
		return nil
	}
	for _, f := range spec.Fields.List {
		var names []string
		for _, name := range f.Names {
			if name.IsExported() {
				names = append(names, name.Name)
			}
		}
		if len(names) == 0 {
			continue
		}
		comment := paragraphs(f.Doc.Text())
		if comment == "" && len(fields) > 0 {
			last := &fields[len(fields)-1]
			last.names = append(last.names, names...)
			continue
		}
		typ, uses := typeOf(f.Type)
		fields = append(fields, field{names, typ, uses, comment})
	}
	return fields
}

// paragraphs returns a comment with one line for each paragraph and an empty line
// between two.
func paragraphs(comment string) string {
	var lines []string
	for paragraph := range strings.SplitSeq(strings.TrimSpace(comment), "\n\n") {
		lines = append(lines, oneLine(paragraph))
	}
	return strings.Join(lines, "\n\n")
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// typeOf returns a type as it is written, and its own name if it has one.
func typeOf(e ast.Expr) (written, name string) {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name, e.Name
	case *ast.StarExpr:
		written, name = typeOf(e.X)
		return "*" + written, name
	case *ast.ArrayType:
		written, name = typeOf(e.Elt)
		return "[]" + written, name
	case *ast.SelectorExpr:
		return fmt.Sprint(e.X) + "." + e.Sel.Name, ""
	case *ast.MapType:
		key, _ := typeOf(e.Key)
		value, _ := typeOf(e.Value)
		return "map[" + key + "]" + value, ""
	case *ast.FuncType:
		return "func" + parameters(e.Params) + results(e.Results), ""
	default:
		return fmt.Sprintf("%T", e), ""
	}
}

func parameters(list *ast.FieldList) string {
	var types []string
	for _, f := range list.List {
		typ, _ := typeOf(f.Type)
		types = append(types, typ)
	}
	return "(" + strings.Join(types, ", ") + ")"
}

func results(list *ast.FieldList) string {
	if list == nil {
		return ""
	}
	all := parameters(list)
	if len(list.List) == 1 {
		all = strings.Trim(all, "()")
	}
	return " " + all
}

var (
	// A full stop ends a sentence if a space or the end of the text follows.
	sentence     = regexp.MustCompile(`[^.]+(?:\.\S[^.]*)*\.(?: |$)`)
	defaultValue = regexp.MustCompile(`^The default(?:, (.+), is .*| is (.+))\.$`)
	version      = regexp.MustCompile(`(?:version|Valkey|Redis) \d+\.\d+`)
	disables     = regexp.MustCompile(`, which disables .*`)
)

// facts are what a comment says of a field.
type facts struct {
	value    string // its default
	versions string // the sentences about versions of servers
}

func factsOf(f field) (facts facts) {
	var versions []string
	for _, s := range sentence.FindAllString(oneLine(f.comment), -1) {
		s = strings.TrimSpace(s)
		if match := defaultValue.FindStringSubmatch(s); match != nil {
			facts.value = disables.ReplaceAllString(match[1]+match[2], "")
		}
		if version.MatchString(s) {
			versions = append(versions, s)
		}
	}
	facts.versions = strings.Join(versions, " ")
	return facts
}

// link is a name in a comment that godoc makes a link.
var link = regexp.MustCompile(`\[\*?([\w.]+)\]`)

// underscored is a name of a channel or a pattern that Markdown would take for bold text.
var underscored = regexp.MustCompile(`__[\w@*:]*`)

func markdown(text string) string {
	return underscored.ReplaceAllString(link.ReplaceAllString(text, "`$1`"), "`$0`")
}
