package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/parser"
	"go/printer"
	"go/token"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"unicode"
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
	Reasons map[string]string
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
		return []string{"*DedicatedClient", "*DedicatedClusterClient"}
	case d.Reasons["standalone"] != "":
		return []string{"*Client", "*DedicatedClient"}
	case d.Reasons["server"] != "":
		return []string{"serverCommands"}
	}
	return []string{"commands"}
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
	return slices.DeleteFunc(slices.Compact(paths), func(path string) bool { return strings.HasSuffix(path, "/go/glide") })
}

// directives are those there are.
var directives = []string{"direct", "unpipelined", "server", "one", "standalone", "dedicated"}

func read(folder string) (definitions, error) {
	var found definitions
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	if err != nil || len(paths) == 0 {
		return found, fmt.Errorf("no Go files in %s: %w", folder, err)
	}
	var all []definition
	keyed := keyed{}
	files := token.NewFileSet()
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") || strings.HasPrefix(filepath.Base(path), "generated_") {
			continue
		}
		file, err := parser.ParseFile(files, path, nil, parser.ParseComments)
		if err != nil {
			return found, err
		}
		found.Package = file.Name.Name
		for _, declaration := range file.Decls {
			function, ok := declaration.(*ast.FuncDecl)
			if !ok {
				continue
			}
			keyed.look(function)
			result := commandResult(function)
			if result == nil || !named(function) {
				continue
			}
			definition, err := define(files, file, function, result)
			if err != nil {
				return found, fmt.Errorf("%s: %s: %w", files.Position(function.Pos()), function.Name, err)
			}
			definition.Group = groupOf(path)
			all = append(all, definition)
		}
	}
	for i := range all {
		all[i].HasKeys = keyed.has(all[i].Function)
	}
	sort.Slice(all, func(i, j int) bool { return all[i].Name < all[j].Name })
	for i := range all[1:] {
		if all[i].Name == all[i+1].Name {
			return found, fmt.Errorf("two definitions of %s", all[i].Name)
		}
	}
	found.All = all
	return found, nil
}

// groupOf returns the group of a file of definitions: sortedsets of
// cmd_sortedsets_range.go.
func groupOf(path string) string {
	group, _, _ := strings.Cut(strings.TrimPrefix(filepath.Base(path), "cmd_"), "_")
	return strings.TrimSuffix(group, ".go")
}

// commandResult returns the T of a function that returns a command[T].
func commandResult(function *ast.FuncDecl) ast.Expr {
	results := function.Type.Results
	if function.Recv != nil || results == nil || len(results.List) != 1 {
		return nil
	}
	index, ok := results.List[0].Type.(*ast.IndexExpr)
	if !ok {
		return nil
	}
	if name, ok := index.X.(*ast.Ident); !ok || name.Name != "command" {
		return nil
	}
	return index.Index
}

// named reports whether the comment names a method; one that does not is of
// a function that definitions share.
func named(function *ast.FuncDecl) bool {
	return function.Doc != nil && unicode.IsUpper([]rune(function.Doc.Text() + "x")[0])
}

func define(files *token.FileSet, file *ast.File, function *ast.FuncDecl, result ast.Expr) (definition, error) {
	name, _, _ := strings.Cut(function.Doc.Text(), " ")
	d := definition{
		Name:     name,
		Function: function.Name.Name,
		Result:   source(files, result),
		Reasons:  map[string]string{},
	}
	for _, line := range function.Doc.List {
		directive, ok := strings.CutPrefix(line.Text, "//glide:")
		if !ok {
			d.Doc = append(d.Doc, strings.TrimPrefix(line.Text, "//"))
			continue
		}
		what, reason, _ := strings.Cut(directive, " ")
		if !slices.Contains(directives, what) || reason == "" {
			return d, fmt.Errorf("the directive %s is not one of %v with a reason", what, directives)
		}
		d.Reasons[what] = reason
	}
	for len(d.Doc) > 0 && d.Doc[len(d.Doc)-1] == "" {
		d.Doc = d.Doc[:len(d.Doc)-1]
	}
	if !strings.HasPrefix(d.Doc[len(d.Doc)-1], " https://") {
		return d, fmt.Errorf("the comment does not end with a link")
	}

	if list := function.Type.TypeParams; list != nil {
		var declared, names []string
		for _, field := range list.List {
			for _, name := range field.Names {
				names = append(names, name.Name)
				declared = append(declared, name.Name+" "+source(files, field.Type))
			}
		}
		d.TypeParameters, d.TypeArguments = "["+strings.Join(declared, ", ")+"]", "["+strings.Join(names, ", ")+"]"
	}
	var parameters, qualifiedParameters, arguments []string
	for _, field := range function.Type.Params.List {
		kind := source(files, field.Type)
		var names []string
		for _, name := range field.Names {
			names = append(names, name.Name)
		}
		parameters = append(parameters, strings.Join(names, ", ")+" "+kind)
		qualifiedParameters = append(qualifiedParameters, strings.Join(names, ", ")+" "+qualified(files, file.Name.Name, field.Type))
		if strings.HasPrefix(kind, "...") {
			names[0] += "..."
		}
		arguments = append(arguments, names...)
	}
	d.Parameters, d.Arguments = strings.Join(parameters, ", "), strings.Join(arguments, ", ")
	d.QualifiedParameters, d.QualifiedResult = strings.Join(qualifiedParameters, ", "), qualified(files, file.Name.Name, result)
	d.imports, d.parameterImports = imports(file, function.Type), imports(file, function.Type.Params)
	return d, nil
}

// source returns an expression as it is written.
func source(files *token.FileSet, node ast.Node) string {
	var text bytes.Buffer
	// Writing to memory does not fail.
	_ = printer.Fprint(&text, files, node)
	return text.String()
}

// qualified returns a type as it is written in another package.
func qualified(files *token.FileSet, pkg string, node ast.Expr) string {
	var changed []*ast.Ident
	ast.Inspect(node, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.SelectorExpr:
			return false
		case *ast.Ident:
			if node.IsExported() {
				node.Name = pkg + "." + node.Name
				changed = append(changed, node)
			}
		}
		return true
	})
	text := source(files, node)
	for _, identifier := range changed {
		identifier.Name = strings.TrimPrefix(identifier.Name, pkg+".")
	}
	return text
}

// imports returns the paths of the packages that a signature names.
func imports(file *ast.File, signature ast.Node) (paths []string) {
	ast.Inspect(signature, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		for _, spec := range file.Imports {
			if path := strings.Trim(spec.Path.Value, `"`); filepath.Base(path) == source(token.NewFileSet(), selector.X) {
				paths = append(paths, path)
			}
		}
		return false
	})
	return paths
}

// keyed says which functions append keys, and which functions each calls.
type keyed map[string]struct {
	keys  bool
	calls []string
}

// keyMethods are the methods of Command and Request that append keys. What may do
// without keys, KeysAndArgs, is of use on several nodes all the same.
var keyMethods = []string{"Key", "Keys", "CountedKeys", "Pairs"}

func (k keyed) look(function *ast.FuncDecl) {
	if function.Recv != nil || function.Body == nil {
		return
	}
	entry := k[function.Name.Name]
	ast.Inspect(function.Body, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.SelectorExpr:
			entry.keys = entry.keys || slices.Contains(keyMethods, node.Sel.Name)
		case *ast.CallExpr:
			if callee, ok := node.Fun.(*ast.Ident); ok {
				entry.calls = append(entry.calls, callee.Name)
			}
		}
		return true
	})
	k[function.Name.Name] = entry
}

// has reports whether a function appends keys, or one that it calls.
func (k keyed) has(function string) bool { return k.search(function, map[string]bool{}) }

func (k keyed) search(function string, seen map[string]bool) bool {
	if seen[function] {
		return false
	}
	seen[function] = true
	entry := k[function]
	return entry.keys || slices.ContainsFunc(entry.calls, func(callee string) bool { return k.search(callee, seen) })
}
