// Release makes the commits and tags of a release in a clone of this
// repository, from compiled libraries:
//
//	go run ./scripts/release -libraries DIRECTORY -out CLONE
//
// DIRECTORY has a folder for each platform, such as linux_amd64_gnu, with the
// library. CLONE is where the clone is made. Pushing its tags releases:
//
//   - lib/<platform>/v7.0.0: the module of the platform, which embeds the
//     library. Its version is that of ffi/Cargo.toml, and its major version the
//     ABI version. A tag that exists is used again, so that a release without a
//     new library makes no new modules.
//   - v0.1.0: this module with the files that import those of the platforms.
//     Its version is that of glide/library.go.
//   - glide/glideotel/v0.1.0 and the like: the modules for other libraries, which
//     depend on that version of this module.
//
// None of these commits is on a branch: the repository's branches have no
// compiled code.
package main

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("release: ")
	libraries := flag.String("libraries", "", "folder with a folder for each platform")
	out := flag.String("out", "", "the clone to make; it must not exist")
	try := flag.Bool("try", false, "for tests: release the work tree, whether it is committed and in the changelog or not")
	flag.Parse()
	if *libraries == "" || *out == "" || flag.NArg() > 0 {
		flag.Usage()
		os.Exit(2)
	}
	tags, err := release(*libraries, *out, *try)
	if err != nil {
		log.Fatal(err)
	}
	for _, tag := range tags {
		fmt.Println(tag)
	}
}

// release makes a release in a clone and returns the new tags, each after those
// that it depends on.
func release(libraries, out string, try bool) (tags []string, err error) {
	r, err := clone(".", out, try)
	if err != nil {
		return nil, err
	}
	v, err := readVersions(out)
	if err != nil {
		return nil, err
	}
	if err := v.checkChangelog(out); err != nil && !try {
		return nil, err
	}
	start, err := r.git("rev-parse", "HEAD")
	if err != nil {
		return nil, err
	}
	modules, made, err := r.platformModules(libraries, v)
	if err != nil {
		return nil, err
	}
	// The commit of the main module does not contain those of the platforms.
	if _, err := r.git("checkout", "--quiet", "--detach", start); err != nil {
		return nil, err
	}
	if err := r.mainModule(v, modules); err != nil {
		return nil, err
	}
	tag := "v" + v.module
	if err := r.commit("Release "+tag, tag); err != nil {
		return nil, err
	}
	tags, err = r.integrationModules(v, modules)
	return append(append(made, tag), tags...), err
}

// versions are those of a release.
type versions struct {
	// path is the main module's path, and module its version.
	path, module string
	// library is the library's version, and abi that of its interface.
	library, abi string
}

// readVersions reads the versions where they are set.
func readVersions(root string) (v versions, err error) {
	for _, source := range []struct {
		file, pattern string
		value         *string
	}{
		{"go.mod", `(?m)^module (\S+)$`, &v.path},
		{"glide/library.go", `(?m)^const Version = "(\d+\.\d+\.\d+)"$`, &v.module},
		{"ffi/Cargo.toml", `(?m)^version = "(\d+\.\d+\.\d+)"$`, &v.library},
		{"glide/internal/abi/glide.h", `(?m)^#define GLIDE_ABI_VERSION (\d+)$`, &v.abi},
	} {
		text, err := os.ReadFile(filepath.Join(root, source.file))
		if err != nil {
			return v, err
		}
		match := regexp.MustCompile(source.pattern).FindSubmatch(text)
		if match == nil {
			return v, fmt.Errorf("%s has no line %s", source.file, source.pattern)
		}
		*source.value = string(match[1])
	}
	if !strings.HasPrefix(v.library, v.abi+".") {
		return v, fmt.Errorf("the library's version %s does not begin with the ABI version %s", v.library, v.abi)
	}
	return v, nil
}

// checkChangelog returns an error if the changelog does not describe the
// release.
func (v versions) checkChangelog(root string) error {
	text, err := os.ReadFile(filepath.Join(root, "CHANGELOG.md"))
	if err != nil {
		return err
	}
	if heading := "\n## " + v.module; !strings.Contains(string(text), heading+"\n") && !strings.Contains(string(text), heading+" ") {
		return fmt.Errorf("CHANGELOG.md has no heading %q", strings.TrimSpace(heading))
	}
	return nil
}
