package main

import (
	"bytes"
	"fmt"
	"go/ast"
	"go/format"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strings"
)

// The configuration of a cluster client has nearly all fields of a client's.
// Users write both as flat literals and read the documentation of each field at
// its type, so ClusterConfig is generated, with all fields and comments: from
// Config, and from the type clusterConfig, which has the comments that differ and
// the fields that only clusters have. The directive //glide:standalone marks the
// fields of Config that clusters do not have.

const configFile = "generated_config_cluster.go"

// A setting is a field of a configuration.
type setting struct {
	name, kind, tag string
	doc             []string
	standalone      bool
}

// generateConfig writes ClusterConfig.
func generateConfig(source, out string) error {
	files := token.NewFileSet()
	_, shared, err := settings(files, filepath.Join(source, "config.go"), "Config")
	if err != nil {
		return err
	}
	doc, cluster, err := settings(files, filepath.Join(source, "config_cluster.go"), "clusterConfig")
	if err != nil {
		return err
	}
	all, copied, err := merge(shared, cluster)
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Join(source, "config_cluster.go"), err)
	}
	var code bytes.Buffer
	fmt.Fprintf(&code, "%s\npackage glide\n\nimport (\n\t\"context\"\n\t\"log/slog\"\n\t\"reflect\"\n\t\"time\"\n)\n", marker)
	doc[0] = strings.Replace(doc[0], "clusterConfig", "ClusterConfig", 1)
	fmt.Fprintf(&code, "\n%s\ntype ClusterConfig struct {\n", strings.Join(doc, "\n"))
	for i, s := range all {
		if i > 0 {
			code.WriteString("\n")
		}
		fmt.Fprintf(&code, "%s\n\t%s %s %s\n", strings.Join(s.doc, "\n"), s.name, s.kind, s.tag)
	}
	code.WriteString("}\n\n// common returns what a cluster's configuration shares with a server's.\n")
	code.WriteString("func (c *ClusterConfig) common() *Config {\n\treturn &Config{\n")
	for _, name := range copied {
		fmt.Fprintf(&code, "%[1]s: c.%[1]s,\n", name)
	}
	code.WriteString("}\n}\n")
	code.WriteString("\n// cluster returns a server's configuration as a cluster's. It fails if a field is set\n// that clusters do not have.\n")
	code.WriteString("func (c *Config) cluster() (ClusterConfig, error) {\n\tswitch {\n")
	for _, s := range shared {
		if s.standalone {
			fmt.Fprintf(&code, "case !reflect.ValueOf(c.%[1]s).IsZero():\nreturn ClusterConfig{}, configurationError(%[1]q, \"is not for clusters\")\n", s.name)
		}
	}
	code.WriteString("}\n\treturn ClusterConfig{\n")
	for _, name := range copied {
		fmt.Fprintf(&code, "%[1]s: c.%[1]s,\n", name)
	}
	code.WriteString("}, nil\n}\n")
	formatted, err := format.Source(code.Bytes())
	if err != nil {
		return fmt.Errorf("%s: %w", configFile, err)
	}
	return os.WriteFile(filepath.Join(out, configFile), formatted, 0o644)
}

// settings returns the comment and the fields of a struct.
func settings(files *token.FileSet, path, name string) (doc []string, fields []setting, err error) {
	file, err := parser.ParseFile(files, path, nil, parser.ParseComments)
	if err != nil {
		return nil, nil, err
	}
	for _, declaration := range file.Decls {
		types, ok := declaration.(*ast.GenDecl)
		if !ok || types.Tok != token.TYPE || types.Specs[0].(*ast.TypeSpec).Name.Name != name {
			continue
		}
		structure, ok := types.Specs[0].(*ast.TypeSpec).Type.(*ast.StructType)
		if !ok || types.Doc == nil {
			return nil, nil, fmt.Errorf("%s: %s is not a struct with a comment", files.Position(types.Pos()), name)
		}
		for _, line := range types.Doc.List {
			doc = append(doc, line.Text)
		}
		for _, field := range structure.Fields.List {
			s, err := settingOf(files, field)
			if err != nil {
				return nil, nil, fmt.Errorf("%s: %w", files.Position(field.Pos()), err)
			}
			fields = append(fields, s)
		}
		return doc, fields, nil
	}
	return nil, nil, fmt.Errorf("%s: no type %s", path, name)
}

func settingOf(files *token.FileSet, field *ast.Field) (setting, error) {
	if len(field.Names) != 1 {
		return setting{}, fmt.Errorf("not one name in a field")
	}
	s := setting{name: field.Names[0].Name, kind: source(files, field.Type)}
	if field.Tag != nil {
		s.tag = field.Tag.Value
	}
	if field.Doc == nil {
		return s, fmt.Errorf("%s has no comment", s.name)
	}
	for _, line := range field.Doc.List {
		switch {
		case line.Text == "//glide:standalone":
			s.standalone = true
		case strings.HasPrefix(line.Text, "//glide:"):
			return s, fmt.Errorf("%s: unknown directive %s", s.name, line.Text)
		default:
			s.doc = append(s.doc, line.Text)
		}
	}
	if !strings.HasPrefix(s.doc[0], "// "+s.name+" ") {
		return s, fmt.Errorf("the comment of %s does not begin with its name", s.name)
	}
	return s, nil
}

// merge returns the fields of ClusterConfig, and the names of those that Config
// has too.
func merge(shared, cluster []setting) (all []setting, copied []string, err error) {
	own := map[string]setting{}
	for _, s := range cluster {
		own[s.name] = s
	}
	links := strings.NewReplacer("[Config.", "[ClusterConfig.", "[Client.", "[ClusterClient.")
	for _, s := range shared {
		other, differs := own[s.name]
		delete(own, s.name)
		switch {
		case s.standalone && differs:
			return nil, nil, fmt.Errorf("%s is marked as one of standalone servers", s.name)
		case s.standalone:
			continue
		case differs && (other.kind != s.kind || other.tag != s.tag):
			return nil, nil, fmt.Errorf("%s is a %s in Config", s.name, s.kind)
		case differs:
			s.doc = other.doc
		}
		for i := range s.doc {
			s.doc[i] = links.Replace(s.doc[i])
		}
		all, copied = append(all, s), append(copied, s.name)
	}
	for _, s := range cluster {
		if _, added := own[s.name]; added {
			all = append(all, s)
		}
	}
	return all, copied, nil
}
