package main

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
)

//go:embed *.tmpl
var templates embed.FS

// platform is a system for which a library is built. Its name is that of a
// folder and of a package.
type platform struct {
	Name string
	// Target is the name of the platform in Rust.
	Target string
	// Constraint is when a program contains this library.
	Constraint string
	// File is the library's file.
	File string
}

var platforms = []platform{
	{"linux_amd64_gnu", "x86_64-unknown-linux-gnu", "linux && amd64 && !android && !musl", "libglide_ffi.so"},
	{"linux_arm64_gnu", "aarch64-unknown-linux-gnu", "linux && arm64 && !android && !musl", "libglide_ffi.so"},
	{"linux_amd64_musl", "x86_64-unknown-linux-musl", "linux && amd64 && !android && musl", "libglide_ffi.so"},
	{"linux_arm64_musl", "aarch64-unknown-linux-musl", "linux && arm64 && !android && musl", "libglide_ffi.so"},
	{"darwin_amd64", "x86_64-apple-darwin", "darwin && amd64 && !ios", "libglide_ffi.dylib"},
	{"darwin_arm64", "aarch64-apple-darwin", "darwin && arm64 && !ios", "libglide_ffi.dylib"},
}

// platformModule is the module of a platform in one version.
type platformModule struct {
	platform
	Path, Version string
	SHA256        string
	versions
	// sums are its lines in go.sum.
	sums []string
}

func (m platformModule) ABI() string    { return m.abi }
func (m platformModule) Folder() string { return "lib/" + m.Name }

// requirement returns the edit of a go.mod that requires the module.
func (m platformModule) requirement() string { return "-require=" + m.Path + "@" + m.Version }

// platformModules makes the modules of the platforms that have a library, and
// returns all modules and the tags of the new ones.
func (r repository) platformModules(libraries string, v versions) (modules []platformModule, made []string, err error) {
	if err := checkNames(libraries); err != nil {
		return nil, nil, err
	}
	var files []string
	for _, p := range platforms {
		m := platformModule{platform: p, Version: "v" + v.library, versions: v}
		m.Path = fmt.Sprintf("%s/%s/v%s", v.path, m.Folder(), v.abi)
		tag := m.Folder() + "/" + m.Version
		library := filepath.Join(libraries, p.Name, p.File)
		if _, err := r.git("rev-parse", "--verify", "--quiet", "refs/tags/"+tag); err == nil {
			_, err = r.git("checkout", "--quiet", tag, "--", m.Folder())
			if err != nil {
				return nil, nil, err
			}
		} else if _, err := os.Stat(library); err == nil {
			if err := r.writePlatform(&m, library); err != nil {
				return nil, nil, fmt.Errorf("%s: %w", p.Name, err)
			}
			made = append(made, tag)
		} else {
			continue
		}
		m.sums, err = moduleSums(filepath.Join(r.root, m.Folder()), m.Path, m.Version)
		if err != nil {
			return nil, nil, err
		}
		modules, files = append(modules, m), append(files, m.Folder())
	}
	if len(modules) == 0 {
		return nil, nil, fmt.Errorf("no platform has a library in %s", libraries)
	}
	if len(made) == 0 {
		return modules, nil, nil
	}
	return modules, made, r.commit("Add the library "+v.library+" for "+strings.Join(files, ", "), made...)
}

// checkNames returns an error for a folder that is not named for a platform.
func checkNames(libraries string) error {
	entries, err := os.ReadDir(libraries)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if !slices.ContainsFunc(platforms, func(p platform) bool { return p.Name == entry.Name() }) {
			return fmt.Errorf("%s/%s is no platform", libraries, entry.Name())
		}
	}
	return nil
}

// writePlatform writes the files of a platform's module.
func (r repository) writePlatform(m *platformModule, library string) error {
	folder := filepath.Join(r.root, m.Folder())
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	content, err := os.ReadFile(library)
	if err != nil {
		return err
	}
	digest := sha256.Sum256(content)
	m.SHA256 = hex.EncodeToString(digest[:])
	licence, err := os.ReadFile(filepath.Join(r.root, "LICENSE"))
	if err != nil {
		return err
	}
	for name, text := range map[string][]byte{
		m.File: content, "LICENSE": licence,
		"go.mod": fmt.Appendf(nil, "module %s\n\ngo %s\n", m.Path, goVersion),
	} {
		if err := os.WriteFile(filepath.Join(folder, name), text, 0o644); err != nil {
			return err
		}
	}
	if err := writeTemplate(filepath.Join(folder, "library.go"), "library.go.tmpl", m); err != nil {
		return err
	}
	// The notices are those of the clone, whose Cargo.lock the library is from.
	notices, err := filepath.Abs(filepath.Join(folder, "THIRD_PARTY_NOTICES"))
	if err != nil {
		return err
	}
	command := exec.Command("go", "run", "./scripts/generate-notices", "-target", m.Target, "-out", notices)
	command.Dir, command.Stderr = r.root, os.Stderr
	return command.Run()
}

// goVersion is what the modules of the platforms need: go:embed.
const goVersion = "1.16"

func writeTemplate(path, name string, data any) error {
	parsed, err := template.ParseFS(templates, name)
	if err != nil {
		return err
	}
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	if err := parsed.Execute(file, data); err != nil {
		return err
	}
	return file.Close()
}

// mainModule makes the main module import those of the platforms.
func (r repository) mainModule(v versions, modules []platformModule) error {
	sums, err := os.ReadFile(filepath.Join(r.root, "go.sum"))
	if err != nil {
		return err
	}
	lines := strings.Split(strings.TrimSpace(string(sums)), "\n")
	var edits []string
	for _, m := range modules {
		file := filepath.Join(r.root, "glide", "internal", "abi", "platform_"+m.Name+"_import.go")
		if err := writeTemplate(file, "import.go.tmpl", m); err != nil {
			return err
		}
		edits = append(edits, m.requirement())
		lines = append(lines, m.sums...)
	}
	if err := r.editModule(".", edits...); err != nil {
		return err
	}
	slices.Sort(lines)
	return os.WriteFile(filepath.Join(r.root, "go.sum"), []byte(strings.Join(lines, "\n")+"\n"), 0o644)
}
