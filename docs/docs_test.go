// Package docs_test checks the code in the documents: README.md, those in docs, and
// examples/README.md.
//
//   - Go code is compiled: files, declarations and statements. It may use the packages of
//     packages.go and the variables of preamble without declaring them.
//   - Programs are run with a server or a cluster where the document shows their output,
//     in the next block, without a language or with the language text.
//   - Of commands, the make targets, scripts, directories and packages must exist.
//
// Directives in the documents say more; see document.direct.
package docs_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the repository.
const root = ".."

// documents reads all documents.
func documents(t *testing.T) (all []*document) {
	t.Helper()
	for _, pattern := range []string{"README.md", "CONTRIBUTING.md", "docs/*.md", "examples/*.md", "benchmarks/README.md"} {
		paths, err := filepath.Glob(filepath.Join(root, pattern))
		require.NoError(t, err)
		require.NotEmpty(t, paths, pattern)
		for _, path := range paths {
			place, err := filepath.Rel(root, path)
			require.NoError(t, err)
			document, err := readDocument(filepath.ToSlash(place), path)
			require.NoError(t, err)
			all = append(all, document)
		}
	}
	return all
}

// TestGoCompiles compiles the Go code of all documents.
func TestGoCompiles(t *testing.T) {
	checker, err := newChecker()
	require.NoError(t, err)
	compiled, cells, skipped := 0, 0, 0
	for _, document := range documents(t) {
		for _, problem := range document.problems {
			t.Error(problem)
		}
		for _, block := range document.blocks {
			switch {
			case block.skip != "":
				fmt.Printf("documents: %v is skipped: %s\n", block, block.skip)
				skipped++
			case block.language == "go":
				compiled++
				if err := checker.check(block); err != nil {
					t.Error(err)
				}
			}
		}
		for _, row := range document.tables {
			for _, code := range row.cells() {
				cells++
				if err := checker.checkCell(row, code); err != nil {
					t.Error(err)
				}
			}
		}
	}
	fmt.Printf("documents: %d blocks and %d cells of tables compiled, %d blocks skipped\n", compiled, cells, skipped)
}

// TestCommandsExist looks for what the commands in the documents name.
func TestCommandsExist(t *testing.T) {
	repository, err := readRepository()
	require.NoError(t, err)
	for _, document := range documents(t) {
		for _, block := range document.blocks {
			if block.skip != "" || !isShell(block) {
				continue
			}
			for _, problem := range repository.missing(block.text) {
				t.Errorf("%v: %s", block, problem)
			}
		}
		for i, line := range document.prose {
			for _, span := range inlineCode.FindAllStringSubmatch(line, -1) {
				if !strings.HasPrefix(span[1], "make ") && !strings.HasPrefix(span[1], "go ") {
					continue
				}
				for _, problem := range repository.missing(span[1]) {
					t.Errorf("%s:%d: %s", document.place, i+1, problem)
				}
			}
		}
	}
}

// TestProgramsPrintWhatTheDocumentsShow runs the programs whose output is shown.
func TestProgramsPrintWhatTheDocumentsShow(t *testing.T) {
	var programs []program
	for _, document := range documents(t) {
		programs = append(programs, programsOf(document)...)
	}
	if len(programs) == 0 {
		t.Log("no document shows the output of a program")
		return
	}
	runPrograms(t, programs)
}
