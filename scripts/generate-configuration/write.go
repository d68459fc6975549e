package main

import (
	"fmt"
	"go/ast"
	"go/doc"
	"slices"
	"strings"
)

const head = `<!-- Written by scripts/generate-configuration from the comments in glide/config*.go and glide/pubsub*.go. Do not edit. -->

# Configuration

A client is made with a ` + "`Config`" + ` (one server, with or without replicas) or a ` + "`ClusterConfig`" + `. The zero value of each field is its default. A
value that is not allowed is an ` + "`ErrConfiguration`" + ` that names the field. ` + "`Open`, `ParseURL` and `ParseClusterURL`" + ` read configurations from URLs;
their comments list the parameters.

`

// write returns the document.
func write(types map[string]*doc.Type) (string, error) {
	var out strings.Builder
	out.WriteString(head)
	common := fieldsOf(types["Config"])
	cluster := onlyIn(fieldsOf(types["ClusterConfig"]), common)
	for _, group := range []struct {
		title, intro string
		fields       []field
	}{
		{"Config", "Fields that are for standalone servers only say so; all others are those of `ClusterConfig` too.", standalone(common, fieldsOf(types["ClusterConfig"]))},
		{"ClusterConfig", "What `ClusterConfig` has in addition, or differently.", cluster},
	} {
		for _, f := range group.fields {
			if factsOf(f).value == "" && types[f.uses] == nil {
				return "", fmt.Errorf("%s.%s does not say what its default is", group.title, f.title())
			}
		}
		writeType(&out, group.title, group.intro, group.fields)
	}
	described := append(slices.Concat(common, cluster), field{uses: "SubscriptionConfig"}) // the one that is given later
	for _, name := range used(types, described) {
		t := types[name]
		comment := markdown(paragraphs(t.Doc))
		if fields := fieldsOf(t); fields != nil {
			writeType(&out, name, comment, fields)
			continue
		}
		fmt.Fprintf(&out, "## %s\n\n%s\n\n| value | what it means |\n|---|---|\n", name, comment)
		for _, values := range t.Consts {
			for _, spec := range values.Decl.Specs {
				value := spec.(*ast.ValueSpec)
				fmt.Fprintf(&out, "| `%s` | %s |\n", value.Names[0], cell(value.Doc.Text()))
			}
		}
		out.WriteString("\n")
	}
	return strings.TrimRight(out.String(), "\n") + "\n", nil
}

// standalone marks the fields that clusters do not have.
func standalone(fields, ofCluster []field) []field {
	marked := slices.Clone(fields)
	for i, f := range marked {
		if !slices.ContainsFunc(ofCluster, func(other field) bool { return other.title() == f.title() }) {
			marked[i].comment += " For standalone servers only."
		}
	}
	return marked
}

// onlyIn returns the fields that others do not have, or with another comment.
func onlyIn(fields, others []field) (only []field) {
	for _, f := range fields {
		same := func(other field) bool {
			return other.title() == f.title() &&
				strings.ReplaceAll(other.comment, "[Client.", "[ClusterClient.") == strings.ReplaceAll(f.comment, "[Client.", "[ClusterClient.")
		}
		if !slices.ContainsFunc(others, same) {
			only = append(only, f)
		}
	}
	return only
}

// used returns the types that fields have, in the order of their first use.
func used(types map[string]*doc.Type, fields []field) (names []string) {
	for i := 0; i < len(fields); i++ {
		name := fields[i].uses
		t := types[name]
		if t == nil || slices.Contains(names, name) || !isConfiguration(t) {
			continue
		}
		names = append(names, name)
		fields = append(fields, fieldsOf(t)...)
	}
	return names
}

// isConfiguration reports whether a type is described here: a struct or named values,
// and not an interface.
func isConfiguration(t *doc.Type) bool {
	switch t.Decl.Specs[0].(*ast.TypeSpec).Type.(type) {
	case *ast.StructType, *ast.Ident:
		return true
	default:
		return false
	}
}

func writeType(out *strings.Builder, name, intro string, fields []field) {
	fmt.Fprintf(out, "## %s\n\n%s\n\n", name, intro)
	hasVersions := slices.ContainsFunc(fields, func(f field) bool { return factsOf(f).versions != "" })
	columns := []string{"field", "type", "default"}
	if hasVersions {
		columns = append(columns, "servers")
	}
	row(out, columns)
	out.WriteString(strings.Repeat("|---", len(columns)) + "|\n")
	for _, f := range fields {
		facts := factsOf(f)
		cells := []string{code(f.names), "`" + f.typ + "`", cell(facts.value)}
		if hasVersions {
			cells = append(cells, cell(facts.versions))
		}
		row(out, cells)
	}
	out.WriteString("\n")
	for _, f := range fields {
		text := markdown(f.comment)
		for _, name := range f.names {
			text = strings.Replace(text, name, "**"+name+"**", 1)
		}
		fmt.Fprintf(out, "- %s\n", strings.ReplaceAll(text, "\n\n", "\n\n  "))
	}
	out.WriteString("\n")
}

func row(out *strings.Builder, cells []string) {
	fmt.Fprintf(out, "| %s |\n", strings.Join(cells, " | "))
}

func code(names []string) string { return "`" + strings.Join(names, "`, `") + "`" }

// cell returns a text as it stands in a table.
func cell(text string) string {
	return strings.ReplaceAll(markdown(oneLine(text)), "|", `\|`)
}
