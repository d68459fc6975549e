package docs_test

import (
	"cmp"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"maps"
	"os"
	"os/exec"
	"path"
	"strconv"
	"strings"
)

// preamble are variables that code in the documents may use without declaring them.
const preamble = `
var (
	ctx     context.Context
	client  *glide.Client
	cluster *glide.ClusterClient
	t       *testing.T
)
`

// A checker checks Go code of documents.
type checker struct {
	// imports are the packages that may be used without importing them, by name.
	imports map[string]string
	// fset and packages are those of what is imported.
	fset     *token.FileSet
	packages types.Importer
}

// newChecker compiles the packages that documents may use. packages.go names them.
func newChecker() (*checker, error) {
	file, err := parser.ParseFile(token.NewFileSet(), "packages.go", nil, parser.ImportsOnly)
	if err != nil {
		return nil, err
	}
	c := &checker{imports: map[string]string{}, fset: token.NewFileSet()}
	arguments := []string{"list", "-export", "-deps", "-f", "{{.ImportPath}}\t{{.Name}}\t{{.Export}}"}
	direct := map[string]bool{}
	for _, spec := range file.Imports {
		name, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		direct[name] = true
		arguments = append(arguments, name)
	}
	list := exec.Command("go", arguments...)
	list.Stderr = os.Stderr
	text, err := list.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w", err)
	}
	exports := map[string]string{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Split(strings.TrimSuffix(line, "\n"), "\t")
		exports[fields[0]] = fields[2]
		// The package of the existing GLIDE has the name of ours.
		if direct[fields[0]] && c.imports[fields[1]] == "" || strings.HasPrefix(fields[0], ours) && direct[fields[0]] {
			c.imports[fields[1]] = fields[0]
		}
	}
	c.packages = importer.ForCompiler(c.fset, "gc", func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, fmt.Errorf("%s is not in packages.go", path)
		}
		return os.Open(exports[path])
	})
	return c, nil
}

// ours is the module's path.
const ours = "github.com/valkey-glide/go"

// check returns what is wrong with a block of Go: a file, declarations, or statements.
// Three dots in one character stand for what was left out.
func (c *checker) check(b block) error {
	text := strings.ReplaceAll(b.text, "…", `panic("left out")`)
	line := fmt.Sprintf("//line %s:%d\n", b.place, b.line)
	if isFile(text) {
		return c.compile(line + text)
	}
	if _, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+text, 0); err == nil {
		return c.compileIn(b.with, line+text)
	}
	imports, rest := splitImports(text)
	functions, rest := b.splitFunctions(rest)
	return c.compileIn(b.with, imports+statements(line+rest)+functions)
}

// splitFunctions returns the functions and types that stand between statements, and the
// statements in their lines. Types are declared outside of functions because they may
// have methods.
func (b block) splitFunctions(text string) (functions, rest string) {
	lines := strings.Split(text, "\n")
	for i := 0; i < len(lines); i++ {
		if !strings.HasPrefix(lines[i], "func ") && !strings.HasPrefix(lines[i], "type ") {
			continue
		}
		for end := i + 1; end <= len(lines); end++ {
			declaration := strings.Join(lines[i:end], "\n")
			if _, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+declaration, 0); err == nil {
				functions += fmt.Sprintf("//line %s:%d\n%s\n", b.place, b.line+i, declaration)
				clear(lines[i:end])
				break
			}
		}
	}
	return functions, strings.Join(lines, "\n")
}

// splitImports returns the imports at the beginning of statements, and the statements in
// their lines.
func splitImports(text string) (imports, rest string) {
	const clause = "package p\n"
	file, err := parser.ParseFile(token.NewFileSet(), "", clause+text, parser.ImportsOnly)
	if file == nil || err != nil || len(file.Decls) == 0 {
		return "", text
	}
	end := int(file.Decls[len(file.Decls)-1].End()) - 1 - len(clause)
	return text[:end] + "\n", strings.Repeat("\n", strings.Count(text[:end], "\n")) + text[end:]
}

// isFile reports whether Go code is a whole file.
func isFile(text string) bool {
	for strings.HasPrefix(text, "//") {
		_, text, _ = strings.Cut(text, "\n")
	}
	return strings.HasPrefix(strings.TrimSpace(text), "package ")
}

// statements returns a function with a body in a second block, which may declare what
// the function's signature declares.
func statements(text string) string {
	return "func _() (err error) {\n{\n" + text + "\n}\nreturn err\n}\n"
}

// checkCell returns what is wrong with code in a table: an expression, a type or
// statements.
func (c *checker) checkCell(b block, code string) error {
	whole := strings.ReplaceAll(code, "…", `panic("left out")`)
	forms := []string{whole}
	if expression, err := parser.ParseExpr(whole); err == nil {
		forms = []string{"_ = " + whole, "var _ " + whole}
		if _, ok := expression.(*ast.CallExpr); ok {
			forms = append([]string{whole}, forms...)
		}
	}
	var first error
	for _, form := range forms {
		err := c.compileIn(b.with, statements(fmt.Sprintf("//line %s:%d\n%s", b.place, b.line, form)))
		if err == nil {
			return nil
		}
		first = cmp.Or(first, fmt.Errorf("`%s`: %w", code, err))
	}
	return first
}

// declarations are those of Go code, by name.
type declarations struct{ imports, others map[string]string }

// add adds those of Go code. They replace those with the same names.
func (d declarations) add(code string) error {
	source := "package p\n" + code
	file, err := parser.ParseFile(token.NewFileSet(), "", source, 0)
	if err != nil {
		return err
	}
	for _, spec := range file.Imports {
		target, _ := strconv.Unquote(spec.Path.Value)
		name := path.Base(target)
		if spec.Name != nil {
			name = spec.Name.Name
		}
		d.imports[name] = target
	}
	text := func(n ast.Node) string { return source[n.Pos()-1 : n.End()-1] }
	for _, declaration := range file.Decls {
		switch declared := declaration.(type) {
		case *ast.FuncDecl:
			name := declared.Name.Name
			if declared.Recv != nil {
				name = text(declared.Recv) + name
			}
			d.others[name] = text(declared)
		case *ast.GenDecl:
			for _, spec := range declared.Specs {
				switch s := spec.(type) {
				case *ast.ValueSpec:
					for _, name := range s.Names {
						d.others[name.Name] = declared.Tok.String() + " " + name.Name + source[s.Names[len(s.Names)-1].End()-1:s.End()-1]
					}
				case *ast.TypeSpec:
					d.others[s.Name.Name] = "type " + text(s)
				}
			}
		}
	}
	return nil
}

// compileIn returns what is wrong with declarations that may use the packages, the
// preamble and what their document declares.
func (c *checker) compileIn(with []string, code string) error {
	around := declarations{maps.Clone(c.imports), map[string]string{}}
	for _, declared := range append([]string{preamble}, with...) {
		if err := around.add(declared); err != nil {
			return fmt.Errorf("with: %w", err)
		}
	}
	own := declarations{map[string]string{}, map[string]string{}}
	if err := own.add(code); err != nil {
		return err
	}
	source := "package p\n"
	for name, target := range around.imports {
		if own.imports[name] == "" && own.others[name] == "" {
			source += fmt.Sprintf("import %s %q\n", name, target)
		}
	}
	source += code + "\n"
	for name, text := range around.others {
		if own.imports[name] == "" && own.others[name] == "" {
			source += text + "\n"
		}
	}
	return c.compile(source)
}

// compile returns what is wrong with a file. Unused variables and imports are allowed:
// examples do not use everything that they show.
func (c *checker) compile(source string) error {
	fset := token.NewFileSet()
	file, err := parser.ParseFile(fset, "", source, parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	var wrong []error
	config := types.Config{Importer: c.packages, GoVersion: "go1.26", Error: func(err error) {
		var e types.Error
		if errors.As(err, &e) && !e.Soft {
			wrong = append(wrong, err)
		}
	}}
	_, _ = config.Check("p", fset, []*ast.File{file}, nil)
	return errors.Join(wrong...)
}
