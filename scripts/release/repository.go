package main

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// repository is the clone in which a release is made.
type repository struct{ root string }

// clone clones a repository at its HEAD. With worktree, the clone has a commit
// more: what is in the work tree.
func clone(from, to string, worktree bool) (repository, error) {
	source, r := repository{from}, repository{to}
	changed, err := source.git("status", "--porcelain", "--untracked-files=no")
	if err != nil {
		return r, err
	}
	if changed != "" && !worktree {
		return r, fmt.Errorf("there are changes that are not committed:\n%s", changed)
	}
	// What git does not know would be missing.
	unknown, err := source.git("ls-files", "--others", "--exclude-standard")
	if err == nil && unknown != "" {
		err = fmt.Errorf("there are files that are not added:\n%s", unknown)
	}
	if err != nil {
		return r, err
	}
	commit, err := source.git("rev-parse", "HEAD")
	if err == nil && changed != "" {
		// A commit of the work tree that is on no branch.
		commit, err = source.git("stash", "create")
	}
	if err != nil {
		return r, err
	}
	if _, err := source.git("clone", "--quiet", "--shared", "--no-checkout", ".", absolute(to)); err != nil {
		return r, err
	}
	if _, err := r.git("checkout", "--quiet", "--detach", commit); err != nil {
		return r, err
	}
	return r, nil
}

func absolute(path string) string {
	if whole, err := filepath.Abs(path); err == nil {
		return whole
	}
	return path
}

// git runs git and returns what it prints.
func (r repository) git(args ...string) (string, error) {
	command := exec.Command("git", args...)
	command.Dir = r.root
	var problem strings.Builder
	command.Stderr = &problem
	text, err := command.Output()
	if err != nil {
		return "", fmt.Errorf("git %s: %w\n%s", args[0], err, problem.String())
	}
	return strings.TrimSpace(string(text)), nil
}

// editModule edits the go.mod of a folder, as go mod edit does.
func (r repository) editModule(folder string, edits ...string) error {
	command := exec.Command("go", append([]string{"mod", "edit"}, edits...)...)
	command.Dir, command.Stderr = filepath.Join(r.root, folder), os.Stderr
	return command.Run()
}

// commit commits everything in the clone and tags the commit.
func (r repository) commit(message string, tags ...string) error {
	// Libraries are ignored elsewhere.
	if _, err := r.git("add", "--all", "--force", "--", "."); err != nil {
		return err
	}
	if _, err := r.git("-c", "user.name=release", "-c", "user.email=release@localhost", "commit", "--quiet", "--no-verify", "--message", message); err != nil {
		return err
	}
	for _, tag := range tags {
		if _, err := r.git("tag", tag); err != nil {
			return err
		}
	}
	return nil
}

// moduleSums returns the lines of a module in go.sum: the checksums of the
// checksums of its files, and of that of its go.mod.
func moduleSums(folder, path, version string) ([]string, error) {
	var lines []string
	err := filepath.WalkDir(folder, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return err
		}
		relative, err := filepath.Rel(folder, file)
		if err != nil {
			return err
		}
		line, err := checksumLine(file, path+"@"+version+"/"+filepath.ToSlash(relative))
		lines = append(lines, line)
		return err
	})
	if err != nil {
		return nil, err
	}
	goMod, err := checksumLine(filepath.Join(folder, "go.mod"), "go.mod")
	if err != nil {
		return nil, err
	}
	return []string{
		path + " " + version + " " + moduleHash(lines),
		path + " " + version + "/go.mod " + moduleHash([]string{goMod}),
	}, nil
}

func checksumLine(file, name string) (string, error) {
	content, err := os.ReadFile(file)
	return fmt.Sprintf("%x  %s\n", sha256.Sum256(content), name), err
}

// moduleHash is the hash that go.sum calls h1. It is over the lines in the
// order of their files' names.
func moduleHash(lines []string) string {
	slices.SortFunc(lines, func(a, b string) int {
		return strings.Compare(a[2*sha256.Size:], b[2*sha256.Size:])
	})
	digest := sha256.Sum256([]byte(strings.Join(lines, "")))
	return "h1:" + base64.StdEncoding.EncodeToString(digest[:])
}
