// Check-english rejects comments in words that readers of other projects would
// have to learn first. It searches the comments of Go, Rust, protobuf and shell
// files, and of the Makefile, for the idioms in idioms.txt, and fails if the
// comments of a folder hold more of them than limits.txt allows.
//
//	go run ./scripts/check-english           # check
//	go run ./scripts/check-english -all      # print every idiom with a replacement
//	go run ./scripts/check-english -write    # lower the limits to what is left
package main

import (
	"bufio"
	"bytes"
	_ "embed"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
)

//go:embed idioms.txt
var idiomsText string

const limitsFile = "scripts/check-english/limits.txt"

// An idiom is an expression that comments avoid.
type idiom struct {
	expression  *regexp.Regexp
	replacement string
}

// A hit is a comment line with an idiom.
type hit struct {
	file        string
	line        int
	text, words string
	replacement string
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("check-english: ")
	all := flag.Bool("all", false, "print every idiom")
	write := flag.Bool("write", false, "lower the limits to what is left")
	flag.Parse()
	idioms, err := parseIdioms(idiomsText)
	if err != nil {
		log.Fatal(err)
	}
	limits, err := readLimits()
	if err != nil {
		log.Fatal(err)
	}
	files, err := trackedFiles()
	if err != nil {
		log.Fatal(err)
	}
	hits, lines, err := search(files, idioms)
	if err != nil {
		log.Fatal(err)
	}
	if *write {
		if err := writeLimits(limits, hits); err != nil {
			log.Fatal(err)
		}
		return
	}
	if *all {
		printHits(hits)
	}
	if !check(limits, hits) {
		os.Exit(1)
	}
	fmt.Printf("check-english: ok: %d of %d comment lines hold an idiom, which is within the limits; -all prints them\n", len(hits), lines)
}

func parseIdioms(text string) ([]idiom, error) {
	var idioms []idiom
	for line := range strings.Lines(text) {
		line = strings.TrimSuffix(line, "\n")
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		expression, replacement, found := strings.Cut(line, "\t")
		if !found {
			return nil, fmt.Errorf("no replacement for %q", line)
		}
		compiled, err := regexp.Compile(`(?i)\b(?:` + expression + `)\b`)
		if err != nil {
			return nil, err
		}
		idioms = append(idioms, idiom{compiled, replacement})
	}
	return idioms, nil
}

// trackedFiles returns the files whose comments are checked, without generated
// ones.
func trackedFiles() ([]string, error) {
	out, err := exec.Command("git", "ls-files", "*.go", "*.rs", "*.proto", "scripts/*", "Makefile").Output()
	if err != nil {
		return nil, fmt.Errorf("git ls-files: %w", err)
	}
	files := strings.Fields(string(out))
	return slices.DeleteFunc(files, func(file string) bool {
		base := path.Base(file)
		return strings.HasPrefix(base, "generated_") || strings.HasSuffix(base, ".pb.go") ||
			strings.HasSuffix(base, ".txt") || strings.HasSuffix(base, ".tmpl")
	}), nil
}

// slashes and hash match the lines of a comment.
var (
	slashes = regexp.MustCompile(`^\s*//+!?\s?(.*)`)
	hash    = regexp.MustCompile(`^\s*#\s?([^!\[].*)`)
)

// search returns the comment lines that hold an idiom, and the number of all.
func search(files []string, idioms []idiom) (hits []hit, lines int, err error) {
	for _, file := range files {
		text, err := os.ReadFile(file)
		if os.IsNotExist(err) {
			continue // Deleted, but not committed.
		}
		if err != nil {
			return nil, 0, err
		}
		if bytes.Contains(text[:min(len(text), 200)], []byte("Code generated")) {
			continue
		}
		comment := hash
		if slices.Contains([]string{".go", ".rs", ".proto"}, path.Ext(file)) {
			comment = slashes
		}
		scanner := bufio.NewScanner(bytes.NewReader(text))
		scanner.Buffer(nil, 1<<20)
		for number := 1; scanner.Scan(); number++ {
			match := comment.FindStringSubmatch(scanner.Text())
			if match == nil {
				continue
			}
			lines++
			for _, idiom := range idioms {
				if words := idiom.expression.FindString(match[1]); words != "" {
					hits = append(hits, hit{file, number, match[1], words, idiom.replacement})
					break
				}
			}
		}
		if err := scanner.Err(); err != nil {
			return nil, 0, fmt.Errorf("%s: %w", file, err)
		}
	}
	return hits, lines, nil
}

func readLimits() (map[string]int, error) {
	text, err := os.ReadFile(limitsFile)
	if err != nil {
		return nil, err
	}
	limits := map[string]int{}
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if len(fields) == 0 || strings.HasPrefix(line, "#") {
			continue
		}
		if len(fields) != 2 {
			return nil, fmt.Errorf("%s: not a folder and a number: %s", limitsFile, line)
		}
		if limits[fields[0]], err = strconv.Atoi(fields[1]); err != nil {
			return nil, fmt.Errorf("%s: %w", limitsFile, err)
		}
	}
	return limits, nil
}

// unit returns what a file is counted for: its folder, or for a test all tests
// of the module, because tests move between folders.
func unit(file string) string {
	if strings.HasSuffix(file, "_test.go") {
		top, _, _ := strings.Cut(file, "/")
		return top + "/**_test.go"
	}
	return path.Dir(file)
}

func countByUnit(hits []hit) map[string]int {
	counts := map[string]int{}
	for _, h := range hits {
		counts[unit(h.file)]++
	}
	return counts
}

// check reports whether every folder is within its limit.
func check(limits map[string]int, hits []hit) bool {
	within := true
	counts := countByUnit(hits)
	for _, name := range sortedKeys(counts) {
		if counts[name] <= limits[name] {
			continue
		}
		within = false
		fmt.Printf("%s: %d comment lines hold an idiom, and %d may:\n", name, counts[name], limits[name])
		printHits(slices.DeleteFunc(slices.Clone(hits), func(h hit) bool { return unit(h.file) != name }))
	}
	return within
}

func printHits(hits []hit) {
	for _, h := range hits {
		fmt.Printf("%s:%d: %q: %s\n\t%s\n", h.file, h.line, h.words, h.replacement, h.text)
	}
}

// writeLimits lowers the limits. The first run, without any, sets them.
func writeLimits(limits map[string]int, hits []hit) error {
	text, err := os.ReadFile(limitsFile)
	if err != nil {
		return err
	}
	var out strings.Builder
	for line := range strings.Lines(string(text)) {
		if strings.HasPrefix(line, "#") {
			out.WriteString(line)
		}
	}
	counts := countByUnit(hits)
	for _, name := range sortedKeys(counts) {
		count := counts[name]
		if len(limits) > 0 {
			count = min(count, limits[name])
		}
		if count > 0 {
			fmt.Fprintf(&out, "%s %d\n", name, count)
		}
	}
	return os.WriteFile(limitsFile, []byte(out.String()), 0o644)
}

func sortedKeys(counts map[string]int) []string {
	var keys []string
	for key := range counts {
		keys = append(keys, key)
	}
	sort.Strings(keys)
	return keys
}
