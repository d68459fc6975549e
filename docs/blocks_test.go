package docs_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
)

// A block is code in a document.
type block struct {
	// place is the document, by its path in the repository, and line the first line of
	// the code.
	place string
	line  int
	// language is what stands after the fence, and "indented" without a fence.
	language string
	text     string
	// with are Go declarations that the document makes for the block, see with.
	with []string
	// skip is why the block is not checked.
	skip string
	// columns are those of a table that have Go code, if it is one of a table.
	columns []int
}

func (b block) String() string { return fmt.Sprintf("%s:%d", b.place, b.line) }

var (
	fence     = regexp.MustCompile("^(\\s*)```(\\w*)")
	directive = regexp.MustCompile(`^\s*<!-- docs: (\w+) ?(.*)$`)
)

// A document is a file in Markdown, in its parts.
type document struct {
	place  string
	blocks []block
	tables []block
	// prose is the rest, in lines; those of blocks are empty.
	prose []string
	// problems are directives that do not exist or are wrong.
	problems []string

	with []string
	next block
}

func readDocument(place, path string) (*document, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return parseDocument(place, string(text)), nil
}

// parseDocument finds the blocks of a document.
func parseDocument(place, text string) *document {
	d := &document{place: place}
	lines := strings.Split(text, "\n")
	d.prose = make([]string, len(lines))
	for i := 0; i < len(lines); {
		switch {
		case directive.MatchString(lines[i]):
			i = d.direct(lines, i)
		case fence.MatchString(lines[i]):
			i = d.fenced(lines, i)
		case strings.HasPrefix(lines[i], "    ") && (i == 0 || lines[i-1] == ""):
			i = d.indented(lines, i)
		case strings.HasPrefix(lines[i], "|") && d.next.columns != nil:
			i = d.table(lines, i)
		default:
			if lines[i] != "" && (d.next.skip != "" || d.next.columns != nil) {
				d.problem(i, "a directive is followed by neither a block nor a table")
				d.next = block{}
			}
			d.prose[i] = lines[i]
			i++
		}
	}
	return d
}

func (d *document) problem(line int, text string) {
	d.problems = append(d.problems, fmt.Sprintf("%s:%d: %s", d.place, line+1, text))
}

func (d *document) add(line int, language string, text []string) {
	b := d.next
	d.next = block{}
	b.place, b.line, b.language = d.place, line+1, language
	b.text, b.with = strings.Join(text, "\n"), d.with
	d.blocks = append(d.blocks, b)
}

// fenced reads a block between fences.
func (d *document) fenced(lines []string, i int) int {
	match := fence.FindStringSubmatch(lines[i])
	start := i + 1
	for i = start; i < len(lines); i++ {
		if strings.TrimSpace(lines[i]) == "```" {
			code := slices.Clone(lines[start:i])
			for j := range code {
				code[j] = strings.TrimPrefix(code[j], match[1]) // as far as the list that the block is in is indented
			}
			d.add(start, match[2], code)
			return i + 1
		}
	}
	d.problem(start-1, "the block has no end")
	return len(lines)
}

// indented reads a block of lines that begin with four spaces.
func (d *document) indented(lines []string, i int) int {
	start := i
	for i < len(lines) && strings.HasPrefix(lines[i], "    ") {
		i++
	}
	d.add(start, "indented", lines[start:i])
	return i
}

// table reads a table.
func (d *document) table(lines []string, i int) int {
	columns, start := d.next.columns, i
	d.next = block{}
	for ; i < len(lines) && strings.HasPrefix(lines[i], "|"); i++ {
		if i < start+2 {
			continue // the head
		}
		d.tables = append(d.tables, block{place: d.place, line: i + 1, text: lines[i], with: d.with, columns: columns})
	}
	return i
}

// direct follows a directive, which is a comment:
//
//	<!-- docs: skip REASON -->   the next block is not checked
//	<!-- docs: go 1 2 -->        the code in these columns of the next table is Go
//	<!-- docs: with              Go declarations for what follows in the document: what a
//	var id string                reader knows from the text, and imports with another
//	-->                          name. A later declaration replaces one of the same name.
func (d *document) direct(lines []string, i int) int {
	match := directive.FindStringSubmatch(lines[i])
	start, rest := i, match[2]
	for !strings.Contains(lines[i], "-->") {
		if i++; i == len(lines) {
			d.problem(start, "the directive has no end")
			return i
		}
		rest += "\n" + lines[i]
	}
	rest, _, _ = strings.Cut(rest, "-->")
	rest = strings.TrimSpace(rest)
	switch match[1] {
	case "skip":
		if d.next.skip = rest; rest == "" {
			d.problem(start, "skip needs a reason")
		}
	case "go":
		for _, column := range strings.Fields(rest) {
			n := 0
			if _, err := fmt.Sscan(column, &n); err != nil || n < 1 {
				d.problem(start, "go needs the numbers of columns")
			}
			d.next.columns = append(d.next.columns, n)
		}
		if d.next.columns == nil {
			d.problem(start, "go needs the numbers of columns")
		}
	case "with":
		// The blocks before keep what they have.
		d.with = append(d.with[:len(d.with):len(d.with)], rest)
	default:
		d.problem(start, "no such directive: "+match[1])
	}
	return i + 1
}

// cells returns the code in the Go columns of a row of a table.
func (b block) cells() (code []string) {
	row := strings.ReplaceAll(strings.Trim(strings.TrimSpace(b.text), "|"), `\|`, "\x00")
	for column, cell := range strings.Split(row, "|") {
		for _, wanted := range b.columns {
			if wanted == column+1 {
				for _, span := range inlineCode.FindAllStringSubmatch(cell, -1) {
					code = append(code, strings.ReplaceAll(span[1], "\x00", "|"))
				}
			}
		}
	}
	return code
}

var inlineCode = regexp.MustCompile("`([^`\n]+)`")
