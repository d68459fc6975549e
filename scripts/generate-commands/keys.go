package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"

	"github.com/valkey-glide/go/scripts/internal/generator"
)

// A command that has keys makes no sense on several nodes at once. Whether it
// appends some is found in the code: of the definition, of the functions and
// methods of its package that it uses, and of the package of Arguments.

// keyed says which functions append keys, and what each uses. A method is there
// as .name, regardless of its receiver.
type keyed map[string]*uses

type uses struct {
	// keys: it appends keys itself.
	keys bool
	// names are the functions and methods that it calls or passes on.
	names []string
	// unknown is something that it calls and that is not known.
	unknown string
}

// optional are methods of Arguments that may append no keys: what they are used
// for makes sense on several nodes anyway.
var optional = []string{".KeysAndArgs"}

// readMethods reads the methods of Arguments.
func (k keyed) readMethods(files *token.FileSet, folder string) error {
	paths, err := generator.Files(folder, "*.go")
	if err != nil {
		return err
	}
	for _, path := range paths {
		file, err := parser.ParseFile(files, path, nil, 0)
		if err != nil {
			return err
		}
		for _, declaration := range file.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok && function.Recv != nil {
				k.look(function)
			}
		}
	}
	return nil
}

// look adds a function.
func (k keyed) look(function *ast.FuncDecl) {
	if function.Body == nil {
		return
	}
	name := function.Name.Name
	if function.Recv != nil {
		name = "." + name
	}
	entry := k[name]
	if entry == nil {
		entry = &uses{}
		k[name] = entry
	}
	own := declared(function)
	ast.Inspect(function.Body, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.SelectorExpr:
			// c.Request.Key
			if of, ok := node.X.(*ast.SelectorExpr); ok && of.Sel.Name == "Request" {
				entry.keys = entry.keys || node.Sel.Name == "Key"
			}
			// O.appendTo of a type parameter O is passed on and called elsewhere.
			if of, ok := node.X.(*ast.Ident); ok && isTypeParameter(function, of.Name) {
				entry.names = append(entry.names, "."+node.Sel.Name)
			}
		case *ast.CallExpr:
			if method, ok := node.Fun.(*ast.SelectorExpr); ok {
				entry.names = append(entry.names, "."+method.Sel.Name)
			}
			if callee := calleeOf(node); callee != "" && !own[callee] {
				entry.names = append(entry.names, callee)
				if types.Universe.Lookup(callee) == nil && entry.unknown == "" {
					entry.unknown = callee
				}
			}
		}
		return true
	})
}

func isTypeParameter(function *ast.FuncDecl, name string) bool {
	if function.Type.TypeParams == nil {
		return false
	}
	return slices.ContainsFunc(function.Type.TypeParams.List, func(field *ast.Field) bool {
		return slices.ContainsFunc(field.Names, func(parameter *ast.Ident) bool { return parameter.Name == name })
	})
}

// calleeOf returns the name of the function that is called, if it has one that is
// not of another package.
func calleeOf(call *ast.CallExpr) string {
	function := call.Fun
	if index, ok := function.(*ast.IndexExpr); ok {
		function = index.X
	}
	if name, ok := function.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// declared returns the names that a function declares: its parameters and
// variables, which it may call.
func declared(function *ast.FuncDecl) map[string]bool {
	names := map[string]bool{}
	ast.Inspect(function, func(node ast.Node) bool {
		switch node := node.(type) {
		case *ast.Field:
			for _, name := range node.Names {
				names[name.Name] = true
			}
		case *ast.AssignStmt:
			for _, left := range node.Lhs {
				if name, ok := left.(*ast.Ident); ok && node.Tok == token.DEFINE {
					names[name.Name] = true
				}
			}
		}
		return true
	})
	return names
}

// has reports whether a function appends keys, or something that it uses.
func (k keyed) has(function string) (bool, error) { return k.search(function, map[string]bool{}) }

func (k keyed) search(name string, seen map[string]bool) (bool, error) {
	entry := k[name]
	if seen[name] || entry == nil || slices.Contains(optional, name) {
		return false, nil
	}
	seen[name] = true
	if entry.keys {
		return true, nil
	}
	if entry.unknown != "" && k[entry.unknown] == nil && !strings.HasPrefix(name, ".") {
		return false, fmt.Errorf("%s calls %s, which is no function of the package", name, entry.unknown)
	}
	for _, used := range entry.names {
		if found, err := k.search(used, seen); found || err != nil {
			return found, err
		}
	}
	return false, nil
}
