package docs_test

import (
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// A repository is what commands in documents may name.
type repository struct{ targets []string }

var target = regexp.MustCompile(`(?m)^([a-z][a-z0-9-]*):`)

func readRepository() (r repository, err error) {
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	for _, match := range target.FindAllStringSubmatch(string(makefile), -1) {
		r.targets = append(r.targets, match[1])
	}
	return r, err
}

// isShell reports whether a block is of commands.
func isShell(b block) bool {
	return slices.Contains([]string{"sh", "bash", "shell", "console", "indented"}, b.language)
}

// missing returns what commands name that does not exist. They begin at the root of the
// repository.
func (r repository) missing(commands string) (problems []string) {
	directory := ""
	for line := range strings.Lines(commands) {
		line, _, _ = strings.Cut(strings.TrimPrefix(strings.TrimSpace(line), "$ "), " #")
		for command := range strings.SplitSeq(strings.ReplaceAll(line, "&&", ";"), ";") {
			words := strings.Fields(command)
			for len(words) > 0 && assignment.MatchString(words[0]) {
				words = words[1:]
			}
			if len(words) == 0 {
				continue
			}
			if words[0] == "cd" && len(words) == 2 {
				directory = path.Join(directory, words[1])
				if !exists(directory) {
					problems = append(problems, "no such directory: "+directory)
				}
				continue
			}
			problems = append(problems, r.missingOf(directory, words)...)
		}
	}
	return problems
}

var (
	assignment = regexp.MustCompile(`^[A-Z_]+=`)
	makeTarget = regexp.MustCompile(`^[a-z][a-z0-9-]*$`)
)

// missingOf returns what one command names that does not exist.
func (r repository) missingOf(directory string, words []string) (problems []string) {
	for i, word := range words {
		word = strings.Trim(word, `"'()$`)
		switch {
		case words[0] == "make" && i > 0 && makeTarget.MatchString(word) && !slices.Contains(r.targets, word):
			problems = append(problems, "no such target of make: "+word)
		case strings.HasPrefix(word, ours+"/"):
			name, _, _ := strings.Cut(strings.TrimPrefix(word, ours+"/"), "@")
			if !isPackage(name) {
				problems = append(problems, "no such package: "+word)
			}
		case strings.HasPrefix(word, "./"), strings.HasPrefix(word, "scripts/"):
			name := path.Join(directory, strings.TrimSuffix(word, "/..."))
			if !exists(name) {
				problems = append(problems, "no such file: "+name)
			}
		}
	}
	return problems
}

func exists(name string) bool {
	_, err := os.Stat(filepath.Join(root, name))
	return err == nil
}

// isPackage reports whether a directory has Go code.
func isPackage(name string) bool {
	files, err := filepath.Glob(filepath.Join(root, strings.TrimSuffix(name, "/..."), "*.go"))
	return err == nil && len(files) > 0
}
