package main

import (
	"bytes"
	"cmp"
	"fmt"
	"go/ast"
	"go/format"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// What the clients have in common is an interface: Commands has the commands, in
// an interface for each group, and UniversalClient has all. They are generated
// from the definitions and from the methods that are written by hand, so that
// nothing is missing.

const interfacesFile = "generated_interfaces.go"

// A method is an exported method that is not generated.
type method struct {
	name, signature string
	group           string
	imports         []string
}

// A methodSet has the methods of a type by name.
type methodSet map[string]method

// A receiver is a type with methods.
type receiver struct {
	methods methodSet
	// embedded are the types whose methods it also has.
	embedded []string
}

// receivers are the types of a package by name.
type receivers map[string]*receiver

func (r receivers) of(name string) *receiver {
	if r[name] == nil {
		r[name] = &receiver{methods: methodSet{}}
	}
	return r[name]
}

// all returns the methods of a type, with those of embedded types.
func (r receivers) all(name string) methodSet {
	set := methodSet{}
	for _, embedded := range r.of(name).embedded {
		maps.Copy(set, r.all(embedded))
	}
	maps.Copy(set, r.of(name).methods)
	return set
}

// common returns the methods that all of the types have. It fails if types have
// different methods of one name.
func (r receivers) common(names ...string) (methodSet, error) {
	set := r.all(names[0])
	for _, name := range names[1:] {
		others := r.all(name)
		for _, m := range set {
			other, ok := others[m.name]
			if !ok {
				delete(set, m.name)
			} else if plain(other.signature) != plain(m.signature) {
				return nil, fmt.Errorf("%s has the method %s%s, and %s has %s%s", names[0], m.name, m.signature, name, m.name, other.signature)
			}
		}
	}
	return set, nil
}

// plain is a signature without line breaks.
func plain(signature string) string { return strings.Join(strings.Fields(signature), " ") }

// readReceivers adds the types and methods of a file.
func (r *reader) readReceivers(file *ast.File) error {
	for _, declaration := range file.Decls {
		switch declaration := declaration.(type) {
		case *ast.FuncDecl:
			if err := r.readMethod(file, declaration); err != nil {
				return err
			}
		case *ast.GenDecl:
			for _, spec := range declaration.Specs {
				if spec, ok := spec.(*ast.TypeSpec); ok {
					r.readEmbedded(spec)
				}
			}
		}
	}
	return nil
}

func (r *reader) readEmbedded(spec *ast.TypeSpec) {
	structure, ok := spec.Type.(*ast.StructType)
	if !ok {
		return
	}
	for _, field := range structure.Fields.List {
		if name, ok := field.Type.(*ast.Ident); ok && len(field.Names) == 0 {
			to := r.receivers.of(spec.Name.Name)
			to.embedded = append(to.embedded, name.Name)
		}
	}
}

func (r *reader) readMethod(file *ast.File, function *ast.FuncDecl) error {
	if function.Recv == nil || !function.Name.IsExported() {
		return nil
	}
	of := function.Recv.List[0].Type
	if pointer, ok := of.(*ast.StarExpr); ok {
		of = pointer.X
	}
	name, ok := of.(*ast.Ident)
	if !ok {
		return nil
	}
	group, _ := r.groupOf(function)
	// A package that is imported by another name is an error only if the method
	// becomes part of an interface, and then the compiler's.
	imports, _ := r.imports(file, function.Type)
	r.receivers.of(name.Name).methods[function.Name.Name] = method{
		name: function.Name.Name, signature: strings.TrimPrefix(source(r.files, function.Type), "func"), group: group, imports: imports,
	}
	return nil
}

// groupNames are the names of interfaces of groups, and what their comments call
// them. The first letter of another group becomes upper case.
var groupNames = map[string][2]string{
	"acl":         {"ACL", "access control lists"},
	"bitmaps":     {"Bitmap", "bitmaps"},
	"client":      {"Custom", "the user's choice"},
	"cluster":     {"Cluster", "clusters"},
	"clusterscan": {"ClusterScan", "scans of a cluster"},
	"command":     {"CommandInfo", "information about commands"},
	"connection":  {"Connection", "connections"},
	"functions":   {"Function", "functions"},
	"geo":         {"Geo", "geographic positions"},
	"hashes":      {"Hash", "hashes"},
	"hyperloglog": {"HyperLogLog", "HyperLogLogs"},
	"keys":        {"Key", "keys"},
	"latency":     {"Latency", "latency monitoring"},
	"lists":       {"List", "lists"},
	"memory":      {"Memory", "memory"},
	"modules":     {"Module", "modules"},
	"pubsub":      {"PubSub", "messages"},
	"scripting":   {"Scripting", "scripts"},
	"server":      {"Server", "servers"},
	"sets":        {"Set", "sets"},
	"slowlog":     {"SlowLog", "the slow log"},
	"sortedsets":  {"SortedSet", "sorted sets"},
	"vectorsets":  {"VectorSet", "vector sets"},
	"streams":     {"Stream", "streams"},
	"strings":     {"String", "strings"},
}

func groupName(group string) (name, what string) {
	if known, ok := groupNames[group]; ok {
		return known[0] + "Commands", known[1]
	}
	return strings.ToUpper(group[:1]) + group[1:] + "Commands", group
}

const commandsDoc = `
// Commands are the commands that every client has: [*Client], [*ClusterClient],
// [Node] and [*DedicatedClient], and types that wrap one. A function that takes
// Commands runs on all of them.
//
// New versions of this package add methods. A type that implements the interface
// should therefore embed it, or a client, and override methods: wrappers embed
// what they wrap, fakes for tests embed a nil interface, whose other methods
// panic. What embeds the interface implements later versions of it, too.
type Commands interface {
`

const universalDoc = `
// UniversalClient is what [*Client] and [*ClusterClient] have in common: commands,
// batches, optimistic locking, dedicated connections and messages. [Open] returns
// one. Like [Commands] it gets more methods in new versions: embed it.
type UniversalClient interface {
	Commands

`

// generateInterfaces writes the interfaces of what clients have in common.
func generateInterfaces(pkg definitions, types receivers, out string) error {
	commands, err := types.common("Client", "ClusterClient", "Node", "DedicatedClient")
	if err != nil {
		return err
	}
	universal, err := types.common("Client", "ClusterClient")
	if err != nil {
		return err
	}
	groups, own := map[string][]method{}, []method{}
	for _, d := range pkg.All {
		if d.OnEveryFace() {
			m := method{name: d.Name, signature: "(ctx context.Context, " + d.Parameters + ") " + d.Returns(), imports: d.imports}
			groups[d.Group] = append(groups[d.Group], m)
		}
	}
	for _, m := range commands {
		delete(universal, m.name)
		if len(groups[m.group]) == 0 {
			own = append(own, m)
			continue
		}
		groups[m.group] = append(groups[m.group], m)
	}
	var code bytes.Buffer
	paths := []string{"context"}
	write := func(methods []method) {
		slices.SortFunc(methods, func(a, b method) int { return cmp.Compare(a.name, b.name) })
		for _, m := range methods {
			fmt.Fprintf(&code, "\t%s%s\n", m.name, m.signature)
			paths = append(paths, m.imports...)
		}
	}
	code.WriteString(commandsDoc)
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		name, _ := groupName(group)
		fmt.Fprintf(&code, "\t%s\n", name)
	}
	code.WriteString("\n")
	write(own)
	code.WriteString("}\n" + universalDoc)
	write(slices.Collect(maps.Values(universal)))
	code.WriteString("}\n")
	for _, group := range slices.Sorted(maps.Keys(groups)) {
		name, what := groupName(group)
		fmt.Fprintf(&code, "\n// %s are the commands of %s; see [Commands].\ntype %s interface {\n", name, what, name)
		write(groups[group])
		code.WriteString("}\n")
	}
	code.WriteString(assertions)
	return writeInterfaces(filepath.Join(out, interfacesFile), paths, code.Bytes())
}

const assertions = `
var (
	_ UniversalClient = (*Client)(nil)
	_ UniversalClient = (*ClusterClient)(nil)
	_ Commands        = Node{}
	_ Commands        = (*DedicatedClient)(nil)
)
`

func writeInterfaces(path string, imports []string, code []byte) error {
	slices.Sort(imports)
	var head bytes.Buffer
	fmt.Fprintf(&head, "%s\npackage glide\n\nimport (\n", marker)
	for _, name := range slices.Compact(imports) {
		fmt.Fprintf(&head, "\t%q\n", name)
	}
	head.WriteString(")\n")
	formatted, err := format.Source(append(head.Bytes(), code...))
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return os.WriteFile(path, formatted, 0o644)
}
