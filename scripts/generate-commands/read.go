package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"go/types"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strings"

	"github.com/valkey-glide/go/scripts/internal/generator"
)

// A definition is what is generated from: the methods of one command.
type definition struct {
	// Name is the method's, Function the definition's.
	Name, Function string
	// Group is the first word of the name of its file, after cmd_.
	Group string
	// Doc is the comment without its slashes.
	Doc []string
	// TypeParameters are as they are declared, TypeArguments as they are
	// passed on, each in brackets if there are any.
	TypeParameters, TypeArguments string
	// Parameters are as they are declared, Arguments as they are passed on.
	Parameters, Arguments string
	// Result is the type of the reply; struct{} for none.
	Result string
	// QualifiedParameters and QualifiedResult are those for other packages.
	QualifiedParameters, QualifiedResult string
	// HasKeys: some of its words are keys.
	HasKeys bool
	// Reasons are those of the directives, by their names.
	Reasons  map[string]string
	position token.Position
	// declared are the parameters of the function.
	declared *ast.FieldList
	// imports are the paths of the packages that the signature names, and
	// parameterImports of those among its parameters.
	imports, parameterImports []string
}

// OnNodes reports whether it makes sense on several nodes of a cluster at once.
func (d definition) OnNodes() bool {
	return !d.HasKeys && d.Reasons["standalone"] == "" && d.Reasons["one"] == "" && d.Reasons["dedicated"] == ""
}

// OnEveryFace reports whether all clients and batches have it, or their faces.
func (d definition) OnEveryFace() bool {
	return d.Reasons["standalone"] == "" && d.Reasons["server"] == "" && d.Reasons["dedicated"] == ""
}

// OnServerFace reports whether it is one of a server's commands besides.
func (d definition) OnServerFace() bool {
	return d.Reasons["server"] != "" && d.Reasons["direct"] == ""
}

// Home is the client whose method has the definition's comment.
func (d definition) Home() string {
	if d.Reasons["dedicated"] != "" {
		return "DedicatedClient"
	}
	return "Client"
}

// Receivers are the types that have the method, the first with the comment.
func (d definition) Receivers() []string {
	switch {
	case d.Reasons["dedicated"] != "":
		return []string{"*DedicatedClient"}
	case d.Reasons["standalone"] != "":
		return []string{"*Client", "*DedicatedClient"}
	case d.Reasons["server"] != "":
		return []string{"serverCommands"}
	}
	return []string{"commands"}
}

// Returns is what a method returns.
func (d definition) Returns() string {
	if d.Result == "struct{}" {
		return "error"
	}
	return "(" + d.Result + ", error)"
}

// QualifiedReturns is what a method returns, for other packages.
func (d definition) QualifiedReturns() string {
	if d.Result == "struct{}" {
		return "error"
	}
	return "(" + d.QualifiedResult + ", error)"
}

// definitions are all that a package has, by name.
type definitions struct {
	Package string
	All     []definition
}

// Imports are the packages that the signatures name, but for context and those
// that are imported anyway.
func (d definitions) Imports() []string {
	return d.gather(func(definition definition) []string { return definition.imports })
}

// ParameterImports are those that the parameters name.
func (d definitions) ParameterImports() []string {
	return d.gather(func(definition definition) []string { return definition.parameterImports })
}

// with are those definitions for which a condition holds.
func (d definitions) with(holds func(definition) bool) definitions {
	some := definitions{Package: d.Package}
	for _, definition := range d.All {
		if holds(definition) {
			some.All = append(some.All, definition)
		}
	}
	return some
}

func (d definitions) gather(imports func(definition) []string) []string {
	var paths []string
	for _, definition := range d.All {
		paths = append(paths, imports(definition)...)
	}
	slices.Sort(paths)
	return slices.DeleteFunc(slices.Compact(paths), func(path string) bool {
		// What a definition returns is not what its method does.
		return strings.HasSuffix(path, "/go/glide") || strings.HasSuffix(path, "/go/glide/internal/command")
	})
}

// directives are those there are.
var directives = []string{"direct", "unpipelined", "server", "one", "standalone", "dedicated"}

// exclusive are directives that contradict each other.
var exclusive = [][2]string{{"direct", "unpipelined"}, {"standalone", "server"}, {"standalone", "one"}, {"standalone", "dedicated"}, {"server", "dedicated"}}

// A reader reads the definitions of a package. Everything that is not in a known
// form is an error with its position.
type reader struct {
	files     *token.FileSet
	found     definitions
	keyed     keyed
	receivers receivers
	options   options
}

// at is the error for what is wrong with a node.
func (r *reader) at(node ast.Node, format string, args ...any) error {
	return fmt.Errorf("%s: %s", r.files.Position(node.Pos()), fmt.Sprintf(format, args...))
}

// read reads the definitions in a folder. The package in the folder commands
// says which methods of a command append keys.
func read(folder, commands string) (definitions, error) {
	found, _, err := readAll(folder, commands)
	return found, err
}

// readAll also returns the types with methods that are not generated.
func readAll(folder, commands string) (definitions, receivers, error) {
	r := &reader{files: token.NewFileSet(), keyed: keyed{}, receivers: receivers{}, options: newOptions()}
	found, err := r.readFolder(folder, commands)
	return found, r.receivers, err
}

func (r *reader) readFolder(folder, commands string) (definitions, error) {
	if err := r.keyed.readMethods(r.files, commands); err != nil {
		return r.found, err
	}
	paths, err := generator.Files(folder, "*.go")
	if err != nil {
		return r.found, err
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") || strings.HasPrefix(filepath.Base(path), "generated_") {
			continue
		}
		if err := r.readFile(path); err != nil {
			return r.found, err
		}
	}
	if err := r.options.check(r.found.All); err != nil {
		return r.found, err
	}
	for i := range r.found.All {
		d := &r.found.All[i]
		r.options.explain(d)
		if d.HasKeys, err = r.keyed.has(d.Function); err != nil {
			return r.found, fmt.Errorf("%s: %s: %w", d.position, d.Function, err)
		}
	}
	sort.Slice(r.found.All, func(i, j int) bool { return r.found.All[i].Name < r.found.All[j].Name })
	for i := range r.found.All[min(1, len(r.found.All)):] {
		if r.found.All[i].Name == r.found.All[i+1].Name {
			return r.found, fmt.Errorf("%s: %s is defined at %s, too", r.found.All[i+1].position, r.found.All[i].Name, r.found.All[i].position)
		}
	}
	return r.found, nil
}

func (r *reader) readFile(path string) error {
	file, err := parser.ParseFile(r.files, path, nil, parser.ParseComments)
	if err != nil {
		return err
	}
	r.found.Package = file.Name.Name
	if err := r.readReceivers(file); err != nil {
		return err
	}
	r.options.read(r.files, file)
	known := map[*ast.Comment]bool{}
	for _, declaration := range file.Decls {
		function, ok := declaration.(*ast.FuncDecl)
		if !ok {
			continue
		}
		r.keyed.look(function)
		result, err := r.commandResult(function)
		if err != nil {
			return err
		}
		if result == nil {
			continue
		}
		isDefinition, err := r.named(function)
		if err != nil {
			return err
		}
		if !isDefinition {
			continue
		}
		for _, line := range function.Doc.List {
			known[line] = true
		}
		definition, err := r.define(file, function, result)
		if err != nil {
			return err
		}
		r.found.All = append(r.found.All, definition)
	}
	for _, group := range file.Comments {
		for _, line := range group.List {
			// That of a configuration's field has no reason.
			if strings.HasPrefix(line.Text, "//glide:") && !known[line] && line.Text != "//glide:standalone" {
				return r.at(line, "the directive is not that of a definition")
			}
		}
	}
	return nil
}

var groupFile = regexp.MustCompile(`^(?:cmd_)?([a-z]+)(?:_[a-z_]+)?\.go$`)

// groupOf returns the group of a file of definitions: sortedsets of
// cmd_sortedsets_range.go.
func (r *reader) groupOf(node ast.Node) (string, error) {
	match := groupFile.FindStringSubmatch(filepath.Base(r.files.Position(node.Pos()).Filename))
	if match == nil {
		return "", r.at(node, "the name of the file names no group")
	}
	return match[1], nil
}

// commandResult returns the T of a function that returns a command[T], or a
// command.Command[T].
func (r *reader) commandResult(function *ast.FuncDecl) (ast.Expr, error) {
	results := function.Type.Results
	if results == nil {
		return nil, nil
	}
	for i, field := range results.List {
		index, ok := field.Type.(*ast.IndexExpr)
		if !ok {
			continue
		}
		only := function.Recv == nil && i == 0 && len(results.List) == 1
		switch of := index.X.(type) {
		case *ast.SelectorExpr:
			if of.Sel.Name != "Command" || function.Recv != nil {
				continue
			}
			if source(r.files, of) != "command.Command" {
				return nil, r.at(field, "%s returns a %s: it must return a command", function.Name, source(r.files, index))
			}
			if only {
				return index.Index, nil
			}
		case *ast.Ident:
			if of.Name == "command" && only {
				return index.Index, nil
			}
		}
	}
	return nil, nil
}

// named reports whether a function is a definition: then its comment begins with
// the name of the method. That of a function that definitions share begins with
// the function's own name.
func (r *reader) named(function *ast.FuncDecl) (bool, error) {
	name, _, _ := strings.Cut(strings.TrimSpace(function.Doc.Text()), " ")
	switch {
	case name == function.Name.Name && !ast.IsExported(name):
		return false, nil
	case token.IsIdentifier(name) && ast.IsExported(name):
		return true, nil
	case function.Doc == nil && takesCommand(function):
		return false, nil
	}
	return false, r.at(function, "the comment of %s begins neither with the name of a method nor with its own", function.Name)
}

// takesCommand reports whether a function is one that definitions share, which
// needs no comment: it gets a command, or what reads its reply.
func takesCommand(function *ast.FuncDecl) bool {
	takes := false
	ast.Inspect(function.Type.Params, func(node ast.Node) bool {
		name, ok := node.(*ast.Ident)
		takes = takes || ok && (name.Name == "command" || name.Name == "Reader")
		return true
	})
	return takes
}

func (r *reader) define(file *ast.File, function *ast.FuncDecl, result ast.Expr) (definition, error) {
	name, _, _ := strings.Cut(function.Doc.Text(), " ")
	d := definition{
		Name:     name,
		Function: function.Name.Name,
		Result:   source(r.files, result),
		Reasons:  map[string]string{},
		position: r.files.Position(function.Pos()),
		declared: function.Type.Params,
	}
	var err error
	if d.Group, err = r.groupOf(function); err != nil {
		return d, err
	}
	if err := r.readDoc(&d, function); err != nil {
		return d, err
	}
	if err := r.readParameters(&d, file, function, result); err != nil {
		return d, err
	}
	if d.imports, err = r.imports(file, function.Type); err != nil {
		return d, err
	}
	d.parameterImports, err = r.imports(file, function.Type.Params)
	return d, err
}

// readDoc reads a definition's comment and directives.
func (r *reader) readDoc(d *definition, function *ast.FuncDecl) error {
	for _, line := range function.Doc.List {
		directive, ok := strings.CutPrefix(line.Text, "//glide:")
		if !ok {
			d.Doc = append(d.Doc, strings.TrimPrefix(line.Text, "//"))
			continue
		}
		what, reason, _ := strings.Cut(directive, " ")
		if !slices.Contains(directives, what) || reason == "" {
			return r.at(line, "the directive %s is not one of %v with a reason", what, directives)
		}
		if d.Reasons[what] != "" {
			return r.at(line, "the directive %s is given twice", what)
		}
		d.Reasons[what] = reason
	}
	for _, pair := range exclusive {
		if d.Reasons[pair[0]] != "" && d.Reasons[pair[1]] != "" {
			return r.at(function, "%s: the directives %s and %s exclude each other", d.Name, pair[0], pair[1])
		}
	}
	for len(d.Doc) > 0 && d.Doc[len(d.Doc)-1] == "" {
		d.Doc = d.Doc[:len(d.Doc)-1]
	}
	if !strings.HasPrefix(d.Doc[len(d.Doc)-1], " https://") {
		return r.at(function, "the comment of %s does not end with a link", d.Name)
	}
	return nil
}

// reserved returns the names that generated methods and functions have for their
// own parameters.
func reserved(pkg string) []string {
	if pkg == "glide" {
		return []string{"_", "b", "c", "ctx", "f", "n"}
	}
	return []string{"_", "b", "batch", "ctx", "on"}
}

// readParameters reads a definition's parameters, and its type parameters.
func (r *reader) readParameters(d *definition, file *ast.File, function *ast.FuncDecl, result ast.Expr) error {
	types := map[string]bool{}
	if list := function.Type.TypeParams; list != nil {
		var declared, names []string
		for _, field := range list.List {
			for _, name := range field.Names {
				types[name.Name] = true
				names = append(names, name.Name)
				declared = append(declared, name.Name+" "+source(r.files, field.Type))
			}
		}
		d.TypeParameters, d.TypeArguments = "["+strings.Join(declared, ", ")+"]", "["+strings.Join(names, ", ")+"]"
		if file.Name.Name == "glide" {
			return r.at(list, "%s: methods have no type parameters", d.Name)
		}
	}
	var parameters, qualifiedParameters, arguments []string
	for _, field := range function.Type.Params.List {
		var names []string
		for _, name := range field.Names {
			if slices.Contains(reserved(file.Name.Name), name.Name) {
				return r.at(name, "%s: a parameter cannot be called %s", d.Name, name.Name)
			}
			names = append(names, name.Name)
		}
		if len(names) == 0 {
			return r.at(field, "%s: a parameter without a name", d.Name)
		}
		kind := source(r.files, field.Type)
		outside, err := r.qualified(file.Name.Name, field.Type, types)
		if err != nil {
			return err
		}
		parameters = append(parameters, strings.Join(names, ", ")+" "+kind)
		qualifiedParameters = append(qualifiedParameters, strings.Join(names, ", ")+" "+outside)
		if _, variadic := field.Type.(*ast.Ellipsis); variadic {
			names[0] += "..."
		}
		arguments = append(arguments, names...)
	}
	var err error
	d.Parameters, d.Arguments = strings.Join(parameters, ", "), strings.Join(arguments, ", ")
	d.QualifiedParameters = strings.Join(qualifiedParameters, ", ")
	d.QualifiedResult, err = r.qualified(file.Name.Name, result, types)
	return err
}

// source returns an expression as it is written.
func source(files *token.FileSet, node ast.Node) string {
	var text bytes.Buffer
	// Writing to memory does not fail.
	_ = printer.Fprint(&text, files, node)
	return text.String()
}

// qualified returns a type as it is written in another package. typeParameters
// are the names of the definition's.
func (r *reader) qualified(pkg string, node ast.Expr, typeParameters map[string]bool) (text string, err error) {
	var changed []*ast.Ident
	ast.Inspect(node, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.SelectorExpr:
			return false
		case *ast.Ident:
			switch {
			case typeParameters[node.Name]:
			case node.IsExported():
				node.Name = pkg + "." + node.Name
				changed = append(changed, node)
			case types.Universe.Lookup(node.Name) == nil:
				err = r.at(node, "the type %s cannot be named in other packages", node.Name)
			}
		}
		return true
	})
	text = source(r.files, node)
	for _, identifier := range changed {
		identifier.Name = strings.TrimPrefix(identifier.Name, pkg+".")
	}
	return text, err
}

// imports returns the paths of the packages that a signature names.
func (r *reader) imports(file *ast.File, signature ast.Node) (paths []string, err error) {
	ast.Inspect(signature, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		name, found := source(r.files, selector.X), false
		for _, spec := range file.Imports {
			path := strings.Trim(spec.Path.Value, `"`)
			if spec.Name == nil && filepath.Base(path) == name {
				paths, found = append(paths, path), true
			}
		}
		if !found {
			err = r.at(selector, "no import of a package %s by its own name", name)
		}
		return false
	})
	return paths, err
}
