package main

import (
	"regexp"
	"strings"
)

// notCode matches what is skipped: comments, strings and characters.
var notCode = regexp.MustCompile(`(?s)//[^\n]*|/\*.*?\*/|\bb?c?r#+".*?"#+|"(?:\\.|[^"\\])*"|'(?:\\.[^']*|[^'\\])'`)

// withoutText returns source code without its comments, strings and characters.
func withoutText(source string) string {
	return notCode.ReplaceAllString(source, " ")
}

var testOnly = regexp.MustCompile(`#\[cfg\(test\)\]`)

// withoutTests returns source code without the items and statements that are
// compiled for tests only.
func withoutTests(source string) string {
	var kept strings.Builder
	for {
		at := testOnly.FindStringIndex(source)
		if at == nil {
			kept.WriteString(source)
			return kept.String()
		}
		kept.WriteString(source[:at[0]])
		source = source[at[1]:]
		source = source[itemEnd(source):]
	}
}

// itemEnd returns where an item ends that begins here: at its semicolon, or at the
// end of its block.
func itemEnd(source string) int {
	depth := 0
	for i, c := range source {
		switch c {
		case '{', '(', '[':
			depth++
		case '}', ')', ']':
			depth--
			if depth == 0 && c == '}' {
				return i + 1
			}
		case ';':
			if depth == 0 {
				return i + 1
			}
		}
	}
	return len(source)
}

var (
	use  = regexp.MustCompile(`\buse\s+([^;]+);`)
	path = regexp.MustCompile(`\b[a-z_]\w*(?:\s*::\s*\w+)+`)
)

// paths returns all paths in source code: those of its imports, and those that are
// written out.
func paths(source string) [][]string {
	var all [][]string
	for _, match := range use.FindAllStringSubmatch(source, -1) {
		all = append(all, expand(nil, match[1])...)
	}
	for _, match := range path.FindAllString(use.ReplaceAllString(source, ";"), -1) {
		all = append(all, segments(match))
	}
	return all
}

// expand returns the paths of an import, which may be nested.
func expand(prefix []string, tree string) [][]string {
	var all [][]string
	for _, part := range splitList(tree) {
		head, nested, isNested := strings.Cut(part, "{")
		here := append(append([]string(nil), prefix...), segments(head)...)
		if !isNested {
			all = append(all, here)
			continue
		}
		all = append(all, expand(here, strings.TrimSuffix(strings.TrimSpace(nested), "}"))...)
	}
	return all
}

// splitList splits at the commas that are not within braces.
func splitList(list string) []string {
	var parts []string
	depth, start := 0, 0
	for i, c := range list {
		switch {
		case c == '{':
			depth++
		case c == '}':
			depth--
		case c == ',' && depth == 0:
			parts = append(parts, list[start:i])
			start = i + 1
		}
	}
	if strings.TrimSpace(list[start:]) != "" {
		parts = append(parts, list[start:])
	}
	return parts
}

// segments returns the names of a path, without what it is renamed to.
func segments(path string) []string {
	path, _, _ = strings.Cut(path, " as ")
	var names []string
	for name := range strings.SplitSeq(path, "::") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}
