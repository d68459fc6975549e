package main

import (
	"fmt"
	"path"
	"regexp"
	"strings"
)

// A tree is the files of a repository and their folders.
type tree struct {
	paths map[string]bool
	// ends are all paths, and what they end with.
	ends map[string]bool
	all  []string
}

func newTree(files []string) tree {
	t := tree{paths: map[string]bool{".": true}, ends: map[string]bool{}}
	for _, file := range files {
		for p := file; p != "." && !t.paths[p]; p = path.Dir(p) {
			t.paths[p] = true
			t.all = append(t.all, p)
			for end := p; ; {
				t.ends[end] = true
				_, rest, ok := strings.Cut(end, "/")
				if !ok {
					break
				}
				end = rest
			}
		}
	}
	return t
}

var (
	link    = regexp.MustCompile(`\]\(([^()\s]+)\)`)
	quoted  = regexp.MustCompile("`([^`\n]+)`")
	heading = regexp.MustCompile(`(?m)^#+ (.+)$`)
	// sourceFile is a file in a diagram.
	sourceFile = regexp.MustCompile(`[\w./-]+\.(?:rs|go)\b`)
	// pathLike is text that may name a file or a folder.
	pathLike = regexp.MustCompile(`^[\w.<>*{},/-]+$`)
	// extension is that of the files that documents name.
	extension = regexp.MustCompile(`\.(?:c|go|h|json|md|mod|proto|rs|sh|tmpl|toml|tsv|txt)$`)
	notInName = regexp.MustCompile(`[^\w\s-]`)
	// ofCore is what is said to be a file of the core.
	ofCore = regexp.MustCompile("(?:[Ee]ngine crate|`glide-core`),(?:(?: and|[,;])?\\s+`[^`]+`)+")
)

// missing returns what a document names that is not there, each with the line.
func (t tree) missing(file, text string) (missing []string) {
	names := anchors(text)
	text = ofCore.ReplaceAllStringFunc(text, func(of string) string {
		return strings.Repeat("\n", strings.Count(of, "\n"))
	})
	inCode, inDiagram := false, false
	for i, line := range strings.Split(text, "\n") {
		report := func(name string) { missing = append(missing, fmt.Sprintf("%s:%d: %s", file, i+1, name)) }
		if language, ok := strings.CutPrefix(strings.TrimSpace(line), "```"); ok {
			inCode = !inCode
			inDiagram = inCode && language == "mermaid"
			continue
		}
		if inDiagram {
			for _, name := range sourceFile.FindAllString(line, -1) {
				if !t.has(name) {
					report(name)
				}
			}
		}
		if inCode {
			continue
		}
		for _, match := range link.FindAllStringSubmatch(quoted.ReplaceAllString(line, ""), -1) {
			if !t.leads(file, names, match[1]) {
				report(match[1])
			}
		}
		for _, match := range quoted.FindAllStringSubmatch(line, -1) {
			if isPath(match[1]) && !t.has(match[1]) {
				report(match[1])
			}
		}
	}
	return missing
}

// leads reports whether the target of a link exists. Those of other sites are not
// looked at.
func (t tree) leads(file string, anchors map[string]bool, target string) bool {
	if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
		return true
	}
	target, anchor, _ := strings.Cut(target, "#")
	if target == "" {
		return anchors[anchor]
	}
	return t.paths[path.Join(path.Dir(file), target)]
}

// has reports whether every path that a name stands for is there.
func (t tree) has(name string) bool {
	for _, name := range alternatives(strings.TrimSuffix(name, "/")) {
		if t.ends[name] {
			continue
		}
		if !strings.ContainsAny(name, "*<") || !t.matches(name) {
			return false
		}
	}
	return true
}

// matches reports whether a file or folder fits a name with wildcards.
func (t tree) matches(name string) bool {
	pattern := regexp.MustCompile(`<[^<>]*>`).ReplaceAllString(name, "*")
	depth := strings.Count(pattern, "/") + 1
	for _, p := range t.all {
		parts := strings.Split(p, "/")
		if len(parts) < depth {
			continue
		}
		if ok, err := path.Match(pattern, strings.Join(parts[len(parts)-depth:], "/")); ok && err == nil {
			return true
		}
	}
	return false
}

// alternatives returns the names that one with braces stands for.
func alternatives(name string) []string {
	before, rest, ok := strings.Cut(name, "{")
	inside, after, closed := strings.Cut(rest, "}")
	if !ok || !closed {
		return []string{name}
	}
	var all []string
	for _, choice := range strings.Split(inside, ",") {
		all = append(all, alternatives(before+choice+after)...)
	}
	return all
}

// isPath reports whether text in backquotes names a file or a folder of the
// repository. What is built is none, nor is what belongs to a system or to the core.
func isPath(text string) bool {
	text = strings.TrimPrefix(text, "./")
	if !pathLike.MatchString(text) || strings.HasPrefix(text, "/") || strings.HasPrefix(text, "target/") {
		return false
	}
	first, _, hasFolder := strings.Cut(text, "/")
	if extension.MatchString(text) {
		return true
	}
	// A module's path begins with a host.
	return hasFolder && !strings.Contains(first, ".") && strings.ToLower(text) == text
}

// anchors returns the names of a document's headings.
func anchors(text string) map[string]bool {
	names := map[string]bool{}
	for _, match := range heading.FindAllStringSubmatch(text, -1) {
		name := notInName.ReplaceAllString(strings.ToLower(match[1]), "")
		names[strings.ReplaceAll(name, " ", "-")] = true
	}
	return names
}
