package main

import (
	"fmt"
	"go/ast"
	"go/token"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// The comment of a method names the options that it accepts, and the comment of
// a type of options names them and the methods that accept them: godoc shows an
// option under its own type, which several commands may share.

// mostOptions is how many options a method's comment lists. It refers to the
// type of more.
const mostOptions = 12

// options are what a package declares about options.
type options struct {
	// types are the exported types of options, by name.
	types map[string]*optionType
	// markers are the names of the methods without parameters, by their
	// receivers, and of the types that each type embeds.
	markers, embedded map[string][]string
	// docs are the comments of types.
	docs map[string]string
	// values are the exported values, and functions that return one.
	values []optionValue
	// byHand are the exported functions and methods that are not generated.
	byHand []*ast.FuncDecl
}

// An optionType is an interface that the options of some commands implement.
type optionType struct {
	position token.Position
	// marker is the method that only its options have; "" if there is none.
	marker string
	// methods are the names of those that accept its options.
	methods []string
	// values are the names of its options, in the order of its comment.
	values []string
}

// An optionValue is a value, or a function that returns one, of a type.
type optionValue struct{ name, kind string }

func newOptions() options {
	return options{map[string]*optionType{}, map[string][]string{}, map[string][]string{}, map[string]string{}, nil, nil}
}

// read adds the declarations of a file.
func (o *options) read(files *token.FileSet, file *ast.File) {
	for _, declaration := range file.Decls {
		switch declaration := declaration.(type) {
		case *ast.FuncDecl:
			o.readFunction(declaration)
		case *ast.GenDecl:
			for _, spec := range declaration.Specs {
				switch spec := spec.(type) {
				case *ast.TypeSpec:
					o.readType(files, spec, declaration.Doc.Text()+spec.Doc.Text())
				case *ast.ValueSpec:
					o.readValues(spec)
				}
			}
		}
	}
}

func (o *options) readType(files *token.FileSet, spec *ast.TypeSpec, doc string) {
	name := spec.Name.Name
	o.docs[name] = doc
	var fields *ast.FieldList
	switch kind := spec.Type.(type) {
	case *ast.StructType:
		fields = kind.Fields
	case *ast.InterfaceType:
		fields = kind.Methods
		if spec.Name.IsExported() && isOption(kind, name) {
			o.types[name] = &optionType{position: files.Position(spec.Pos())}
		}
	default:
		return
	}
	for _, field := range fields.List {
		if embedded, ok := field.Type.(*ast.Ident); ok && len(field.Names) == 0 {
			o.embedded[name] = append(o.embedded[name], embedded.Name)
		}
		if function, ok := field.Type.(*ast.FuncType); ok && len(field.Names) == 1 && isMarker(field.Names[0], function) {
			o.markers[name] = append(o.markers[name], field.Names[0].Name)
			if option := o.types[name]; option != nil {
				option.marker = field.Names[0].Name
			}
		}
	}
}

// isOption reports whether an interface is implemented by options: its name says
// so, or it embeds what all options implement.
func isOption(kind *ast.InterfaceType, name string) bool {
	if strings.HasSuffix(name, "Option") {
		return true
	}
	return slices.ContainsFunc(kind.Methods.List, func(field *ast.Field) bool {
		embedded, ok := field.Type.(*ast.Ident)
		return ok && (embedded.Name == "option" || embedded.Name == "clausal")
	})
}

// isMarker reports whether a method only marks what has it.
func isMarker(name *ast.Ident, kind *ast.FuncType) bool {
	return !name.IsExported() && kind.Params.NumFields() == 0 && kind.Results.NumFields() == 0
}

func (o *options) readFunction(function *ast.FuncDecl) {
	if function.Name.IsExported() {
		o.byHand = append(o.byHand, function)
	}
	switch {
	case function.Recv != nil && isMarker(function.Name, function.Type):
		receiver := typeName(function.Recv.List[0].Type)
		o.markers[receiver] = append(o.markers[receiver], function.Name.Name)
	case function.Recv == nil && function.Name.IsExported() && function.Type.Results.NumFields() == 1:
		o.values = append(o.values, optionValue{function.Name.Name, typeName(function.Type.Results.List[0].Type)})
	}
}

func (o *options) readValues(spec *ast.ValueSpec) {
	for i, name := range spec.Names {
		kind := ""
		if spec.Type != nil {
			kind = typeName(spec.Type)
		} else if i < len(spec.Values) {
			if literal, ok := spec.Values[i].(*ast.CompositeLit); ok {
				kind = typeName(literal.Type)
			}
		}
		if name.IsExported() && kind != "" {
			o.values = append(o.values, optionValue{name.Name, kind})
		}
	}
}

// typeName returns the name of a type, or of the type of a slice's elements. It
// is "" if the type has no name in this package.
func typeName(kind ast.Expr) string {
	switch kind := kind.(type) {
	case *ast.Ident:
		return kind.Name
	case *ast.StarExpr:
		return typeName(kind.X)
	case *ast.ArrayType:
		return typeName(kind.Elt)
	case *ast.Ellipsis:
		return typeName(kind.Elt)
	case *ast.IndexExpr:
		return typeName(kind.X)
	}
	return ""
}

// accept notes that a method has these parameters.
func (o *options) accept(method string, parameters *ast.FieldList) {
	for _, field := range parameters.List {
		if option := o.types[typeName(field.Type)]; option != nil && !slices.Contains(option.methods, method) {
			option.methods = append(option.methods, method)
		}
	}
}

// has reports whether a type has a method that marks options.
func (o *options) has(kind, marker string) bool {
	return slices.Contains(o.markers[kind], marker) ||
		slices.ContainsFunc(o.embedded[kind], func(embedded string) bool { return o.has(embedded, marker) })
}

// check finds the options of each type and the methods that accept them. It
// fails if the comment of a type does not name all of them.
func (o *options) check(all []definition) error {
	for _, d := range all {
		o.accept(d.Name, d.declared)
	}
	for _, function := range o.byHand {
		o.accept(function.Name.Name, function.Type.Params)
	}
	for _, name := range slices.Sorted(maps.Keys(o.types)) {
		option := o.types[name]
		for _, value := range o.values {
			if value.kind == name || option.marker != "" && o.has(value.kind, option.marker) {
				option.values = append(option.values, value.name)
			}
		}
		doc := o.docs[name]
		for _, value := range option.values {
			if !o.names(doc, value) {
				return fmt.Errorf("%s: the comment of %s does not name the option [%s]", option.position, name, value)
			}
		}
		for _, method := range option.methods {
			if !regexp.MustCompile(`\[(\w+\.)?` + method + `\]`).MatchString(doc) {
				return fmt.Errorf("%s: the comment of %s does not name %s, which accepts it", option.position, name, method)
			}
		}
		slices.SortStableFunc(option.values, func(a, b string) int {
			return strings.Index(doc, "["+a+"]") - strings.Index(doc, "["+b+"]")
		})
	}
	return nil
}

var docLink = regexp.MustCompile(`\[(\w+)\]`)

// names reports whether a comment names an option, or a type whose comment does.
func (o *options) names(doc, option string) bool {
	for _, link := range docLink.FindAllStringSubmatch(doc, -1) {
		if link[1] == option || strings.Contains(o.docs[link[1]], "["+option+"]") {
			return true
		}
	}
	return false
}

// sentence returns what the comment of a method says about a parameter with
// options, or "" if the comment names all of them.
func (o *options) sentence(doc, parameter, kind string) string {
	option := o.types[kind]
	if option == nil || !slices.ContainsFunc(option.values, func(value string) bool { return !o.names(doc, value) }) {
		return ""
	}
	if len(option.values) > mostOptions {
		return fmt.Sprintf("[%s] lists the %s.", kind, parameter)
	}
	var links []string
	for _, value := range option.values {
		links = append(links, "["+value+"]")
	}
	last := len(links) - 1
	if last == 0 {
		return fmt.Sprintf("The only %s is %s.", strings.TrimSuffix(parameter, "s"), links[0])
	}
	return fmt.Sprintf("The %s are %s and %s.", parameter, strings.Join(links[:last], ", "), links[last])
}

// wrap breaks a text into lines of a comment, without their slashes.
func wrap(text string) (lines []string) {
	const width = 77
	line := ""
	for _, word := range strings.Fields(text) {
		if line != "" && len(line)+1+len(word) > width {
			lines, line = append(lines, line), ""
		}
		line += " " + word
	}
	return append(lines, line)
}

// explain adds to the comment of a definition the options that it does not name.
func (o *options) explain(d *definition) {
	doc := strings.Join(d.Doc, "\n")
	var added []string
	for _, field := range d.declared.List {
		if _, variadic := field.Type.(*ast.Ellipsis); !variadic {
			continue
		}
		if sentence := o.sentence(doc, field.Names[0].Name, typeName(field.Type)); sentence != "" {
			added = append(added, sentence)
		}
	}
	if len(added) > 0 {
		link := len(d.Doc) - 1
		d.Doc = slices.Concat(d.Doc[:link], wrap(strings.Join(added, " ")), []string{""}, d.Doc[link:])
	}
}
