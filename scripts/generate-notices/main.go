// Generate-notices writes the licences of all crates that the library contains,
// as their authors ask those to do who distribute it. It fails if a licence is
// incompatible with Apache-2.0.
//
//	go run ./scripts/generate-notices -out THIRD_PARTY_NOTICES
//	go run ./scripts/generate-notices -check
package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// crate is a crate with its licence, as an SPDX expression.
type crate struct{ name, version, licence, folder string }

func main() {
	log.SetFlags(0)
	log.SetPrefix("generate-notices: ")
	target := flag.String("target", "", "the Rust target; the default is this machine's")
	out := flag.String("out", "", "the file to write; the default is standard output")
	check := flag.Bool("check", false, "only check that all licences are compatible")
	flag.Parse()
	crates, err := linkedCrates(*target)
	if err == nil {
		err = checkLicences(crates)
	}
	if err != nil {
		log.Fatal(err)
	}
	if *check {
		return
	}
	text, err := notices(crates)
	if err != nil {
		log.Fatal(err)
	}
	if *out == "" {
		_, err = os.Stdout.Write(text)
	} else {
		err = os.WriteFile(*out, text, 0o644)
	}
	if err != nil {
		log.Fatal(err)
	}
}

// linkedCrates returns the crates that become part of the library: those that
// only build or test it are left out.
func linkedCrates(target string) ([]crate, error) {
	args := []string{"tree", "--locked", "--package", "glide_ffi", "--edges", "normal", "--prefix", "none", "--format", "{p}|{l}"}
	if target != "" {
		args = append(args, "--target", target)
	}
	tree, err := cargo(args...)
	if err != nil {
		return nil, err
	}
	folders, err := crateFolders()
	if err != nil {
		return nil, err
	}
	var crates []crate
	for _, line := range strings.Split(string(tree), "\n") {
		// As in: bytes v1.10.0 (proc-macro)|MIT (*)
		id, licence, _ := strings.Cut(line, "|")
		words := strings.Fields(id)
		if len(words) < 2 || words[0] == "glide_ffi" {
			continue
		}
		version := strings.TrimPrefix(words[1], "v")
		licence = strings.TrimSpace(strings.TrimSuffix(licence, "(*)"))
		folder, ok := folders[words[0]+" "+version]
		if !ok {
			return nil, fmt.Errorf("no source of %s %s", words[0], version)
		}
		crates = append(crates, crate{words[0], version, licence, folder})
	}
	slices.SortFunc(crates, func(a, b crate) int { return strings.Compare(a.name+" "+a.version, b.name+" "+b.version) })
	crates = slices.Compact(crates)
	if len(crates) == 0 {
		return nil, fmt.Errorf("cargo tree lists no crates")
	}
	return crates, nil
}

// crateFolders returns the folders of crates' sources by name and version.
func crateFolders() (map[string]string, error) {
	text, err := cargo("metadata", "--locked", "--format-version", "1")
	if err != nil {
		return nil, err
	}
	var metadata struct {
		Packages []struct {
			Name, Version string
			ManifestPath  string `json:"manifest_path"`
		}
	}
	if err := json.Unmarshal(text, &metadata); err != nil {
		return nil, err
	}
	folders := map[string]string{}
	for _, p := range metadata.Packages {
		folders[p.Name+" "+p.Version] = filepath.Dir(p.ManifestPath)
	}
	return folders, nil
}

func cargo(args ...string) ([]byte, error) {
	command := exec.Command("cargo", args...)
	command.Stderr = os.Stderr
	text, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("cargo %s: %w", args[0], err)
	}
	return text, nil
}

// notices returns the texts of all licences, each once, with the crates that
// it is the licence of.
func notices(crates []crate) ([]byte, error) {
	users := map[string][]string{}
	var texts []string
	for _, c := range crates {
		files, err := licenceFiles(c.folder)
		if err != nil {
			return nil, err
		}
		for _, text := range files {
			if users[text] == nil {
				texts = append(texts, text)
			}
			users[text] = append(users[text], c.name+" "+c.version)
		}
	}
	var out bytes.Buffer
	out.WriteString("The library contains these crates. The texts of their licences follow.\n\n")
	for _, c := range crates {
		fmt.Fprintf(&out, "%s %s: %s\n", c.name, c.version, c.licence)
	}
	for _, text := range texts {
		fmt.Fprintf(&out, "\n%s\n%s:\n\n%s\n", strings.Repeat("-", 80), strings.Join(slices.Compact(users[text]), ", "), text)
	}
	return out.Bytes(), nil
}

var licenceName = regexp.MustCompile(`(?i)^(un)?(licen[cs]e|copying|copyright|notice)([-_.].*)?$`)

// licenceFiles returns the texts of the licences in a crate's folder. C code in
// a crate is a few folders below with its own.
func licenceFiles(folder string) ([]string, error) {
	var texts []string
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		relative, _ := filepath.Rel(folder, path)
		if entry.IsDir() && strings.Count(relative, string(filepath.Separator)) >= 3 {
			return filepath.SkipDir
		}
		if entry.IsDir() || !licenceName.MatchString(entry.Name()) || slices.Contains([]string{".rs", ".go", ".py"}, filepath.Ext(path)) {
			return nil
		}
		text, err := os.ReadFile(path)
		texts = append(texts, strings.TrimSpace(strings.ReplaceAll(string(text), "\r\n", "\n")))
		return err
	})
	return texts, err
}
