//go:build release

package main

import (
	"context"
	"flag"
	"fmt"
	"io/fs"
	"math/rand"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/glidetest"
)

// These tests do what a new user does: the modules of a release come from a
// proxy, and the module cache is empty. The proxy is made from the tags.

var libraryFile = flag.String("library", "../../target/release/libglide_ffi.so", "the library to release")

const glideModule = "github.com/valkey-glide/go"

// shared is what all tests use: a release, made once.
var shared struct {
	folder, proxy string
	versions      versions
	native        platform
	server        *glidetest.Server
}

func TestMain(m *testing.M) {
	flag.Parse()
	code, err := runAll(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = 1
	}
	os.Exit(code)
}

func runAll(m *testing.M) (code int, err error) {
	shared.folder, err = os.MkdirTemp("", "release-test-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(shared.folder)
	// Tests run from their package's folder, releases from the root's.
	if *libraryFile, err = filepath.Abs(*libraryFile); err != nil {
		return 0, err
	}
	if err := os.Chdir("../.."); err != nil {
		return 0, err
	}
	if err := makeRelease(); err != nil {
		return 0, fmt.Errorf("cannot make a release: %w", err)
	}
	shared.server, err = glidetest.StartServer(context.Background())
	if err != nil {
		return 0, err
	}
	code = m.Run()
	return code, shared.server.Close()
}

// makeRelease makes a release whose libraries for other platforms are random
// bytes, and a proxy that has its modules.
func makeRelease() error {
	libraries, clone := filepath.Join(shared.folder, "libraries"), filepath.Join(shared.folder, "clone")
	for i, p := range platforms {
		folder := filepath.Join(libraries, p.Name)
		if err := os.MkdirAll(folder, 0o755); err != nil {
			return err
		}
		content := make([]byte, 1<<20)
		rand.New(rand.NewSource(int64(i))).Read(content)
		if strings.HasPrefix(p.Name, runtime.GOOS+"_"+runtime.GOARCH) && !strings.HasSuffix(p.Name, "musl") {
			shared.native = p
			var err error
			if content, err = os.ReadFile(*libraryFile); err != nil {
				return err
			}
		}
		if err := os.WriteFile(filepath.Join(folder, p.File), content, 0o755); err != nil {
			return err
		}
	}
	tags, err := release(libraries, clone, true)
	if err != nil {
		return err
	}
	if shared.versions, err = readVersions(clone); err != nil {
		return err
	}
	return makeProxy(clone, tags)
}

// makeProxy lets Go download the modules of all tags from the clone. What it
// has downloaded is what a proxy serves.
func makeProxy(clone string, tags []string) error {
	cache := filepath.Join(shared.folder, "proxy")
	shared.proxy = filepath.Join(cache, "cache", "download")
	args := []string{"mod", "download"}
	for _, tag := range tags {
		path, version := glideModule, tag
		if i := strings.LastIndex(tag, "/"); i >= 0 {
			path, version = glideModule+"/"+tag[:i], tag[i+1:]
			if strings.HasPrefix(tag, "lib/") {
				path += "/v" + shared.versions.abi
			}
		}
		args = append(args, path+"@"+version)
	}
	command := exec.Command("go", args...)
	command.Dir = shared.folder
	command.Env = append(os.Environ(), "GOMODCACHE="+cache, "GOFLAGS=-modcacherw", "GOPROXY=direct", "GONOSUMDB=*", "GOSUMDB=off",
		"GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=url."+clone+".insteadOf", "GIT_CONFIG_VALUE_0=https://"+glideModule)
	if output, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("%w: %s", err, output)
	}
	// A proxy lists versions, a cache does not.
	return filepath.WalkDir(shared.proxy, func(path string, entry fs.DirEntry, err error) error {
		if err == nil && filepath.Ext(path) == ".zip" {
			version := strings.TrimSuffix(filepath.Base(path), ".zip")
			err = os.WriteFile(filepath.Join(filepath.Dir(path), "list"), []byte(version+"\n"), 0o644)
		}
		return err
	})
}

// user is someone with a module and an empty module cache.
type user struct {
	t      *testing.T
	folder string
	env    []string
}

func newUser(t *testing.T, env ...string) *user {
	t.Helper()
	modules, err := exec.Command("go", "env", "GOMODCACHE", "GOCACHE").Output()
	require.NoError(t, err)
	lines := strings.Fields(string(modules))
	u := &user{t: t, folder: filepath.Join(t.TempDir(), "program")}
	require.NoError(t, os.Mkdir(u.folder, 0o755))
	// One module cache for all tests but those that say otherwise: what is in
	// another folder is compiled again.
	cache := filepath.Join(shared.folder, "modules")
	u.env = append([]string{
		"PATH=" + os.Getenv("PATH"), "HOME=" + filepath.Join(shared.folder, "nowhere"), "TMPDIR=" + os.TempDir(),
		// What is compiled already is no part of these tests.
		"GOCACHE=" + lines[1], "GOMODCACHE=" + cache, "GOFLAGS=-modcacherw -trimpath", "GOTOOLCHAIN=local", "GONOSUMDB=*", "GOSUMDB=off",
		"GOPROXY=file://" + shared.proxy + ",file://" + filepath.Join(lines[0], "cache", "download"),
	}, env...)
	program, err := os.ReadFile(filepath.Join("scripts", "release", "testdata", "program.go"))
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(u.folder, "main.go"), program, 0o644))
	return u
}

// onlyGo is a PATH without a C compiler and without Rust.
func onlyGo(t *testing.T) string {
	folder := t.TempDir()
	where, err := exec.LookPath("go")
	require.NoError(t, err)
	where, err = filepath.EvalSymlinks(where)
	require.NoError(t, err)
	require.NoError(t, os.Symlink(where, filepath.Join(folder, "go")))
	return "PATH=" + folder
}

// command runs a command and returns what it prints.
func (u *user) command(name string, args ...string) (string, error) {
	u.t.Helper()
	command := exec.Command(name, args...)
	command.Dir, command.Env = u.folder, u.env
	// The path is looked up with the user's PATH.
	for _, setting := range u.env {
		if path, found := strings.CutPrefix(setting, "PATH="); found && !strings.Contains(name, "/") {
			for _, folder := range filepath.SplitList(path) {
				if file := filepath.Join(folder, name); isFile(file) {
					command.Path, command.Err = file, nil
					break
				}
			}
		}
	}
	output, err := command.CombinedOutput()
	return string(output), err
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && !info.IsDir()
}

func (u *user) run(name string, args ...string) string {
	u.t.Helper()
	output, err := u.command(name, args...)
	require.NoError(u.t, err, output)
	return output
}

// get adds the package to a new module.
func (u *user) get() {
	u.t.Helper()
	u.run("go", "mod", "init", "example.com/program")
	u.run("go", "get", glideModule+"/glide")
}

// requireGreeting requires that the program has read its greeting with a library
// from somewhere.
func (u *user) requireGreeting(library, output string) {
	u.t.Helper()
	require.Regexp(u.t, fmt.Sprintf(`^hello %s %s %s \d+ <nil> <nil> <nil>\n$`, library, shared.versions.abi, strings.ReplaceAll(shared.versions.library, ".", `\.`)), output)
}

func url() string { return "redis://" + shared.server.Addr() }

// downloaded are the platforms whose modules are in the module cache.
func (u *user) downloaded() (names []string) {
	cache := strings.TrimSpace(u.run("go", "env", "GOMODCACHE"))
	zips, err := filepath.Glob(filepath.Join(cache, "cache", "download", filepath.FromSlash(glideModule), "lib", "*", "*", "@v", "*.zip"))
	require.NoError(u.t, err)
	for _, zip := range zips {
		names = append(names, filepath.Base(filepath.Dir(filepath.Dir(filepath.Dir(zip)))))
	}
	return names
}

func TestGoGetIsEnough(t *testing.T) {
	u := newUser(t, onlyGo(t), "GOMODCACHE="+filepath.Join(t.TempDir(), "modules"))
	begun := time.Now()
	u.get()
	got := time.Now()
	u.run("go", "build")
	u.requireGreeting("embedded", u.run("./program", url()))
	program, err := os.Stat(filepath.Join(u.folder, "program"))
	require.NoError(t, err)
	t.Logf("from go get to the first reply: %v, of which go get took %v; the program has %d bytes",
		time.Since(begun).Round(time.Millisecond), got.Sub(begun).Round(time.Millisecond), program.Size())
	// The build with another's go.sum, as on a server.
	again := newUser(t, onlyGo(t), "GOMODCACHE="+filepath.Join(t.TempDir(), "modules"))
	for _, name := range []string{"go.mod", "go.sum"} {
		text, err := os.ReadFile(filepath.Join(u.folder, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(again.folder, name), text, 0o644))
	}
	again.run("go", "build")
	again.requireGreeting("embedded", again.run("./program", url()))
	require.Equal(t, []string{shared.native.Name}, again.downloaded())
}

func TestProgramsWorkHoweverTheyAreBuilt(t *testing.T) {
	u := newUser(t)
	u.get()
	for _, build := range []string{
		"CGO_ENABLED=1 -trimpath", "CGO_ENABLED=0 -trimpath -ldflags=-s",
		"CGO_ENABLED=1 -trimpath=false -buildmode=pie", "CGO_ENABLED=1 -race",
	} {
		t.Run(build, func(t *testing.T) {
			words := strings.Fields(build)
			u.run("env", append([]string{words[0], "go", "build"}, words[1:]...)...)
			u.requireGreeting("embedded", u.run("./program", url()))
		})
	}
}

func TestModulesForOtherLibrariesAreReleased(t *testing.T) {
	for folder, program := range map[string]string{
		"glide/glideotel": `
import (
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glideotel"
)

func use(c *glide.Config) { c.Hooks = append(c.Hooks, glideotel.NewHook()) }
`,
		"glide/glideprometheus": `
import (
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glideprometheus"
)

func use(c *glide.Config) { _ = glideprometheus.NewCollector("use", (*glide.Client)(nil)) }
`,
		"glide/glidegoredis": `
import (
	"context"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/glidegoredis"
)

func use(c *glide.Client) error { return glidegoredis.NewClient(c).Ping(context.Background()).Err() }
`,
	} {
		t.Run(folder, func(t *testing.T) {
			u := newUser(t, onlyGo(t))
			u.run("go", "mod", "init", "example.com/program")
			require.NoError(t, os.WriteFile(filepath.Join(u.folder, "use.go"), []byte("package main\n"+program), 0o644))
			u.run("go", "get", glideModule+"/"+folder)
			require.Equal(t, glideModule+" v"+shared.versions.module+"\n", u.run("go", "list", "-m", glideModule))
			u.run("go", "build")
			u.requireGreeting("embedded", u.run("./program", url()))
		})
	}
}

func TestVendoredModulesAreEnough(t *testing.T) {
	u := newUser(t)
	u.get()
	u.run("go", "mod", "vendor")
	u.run("env", "GOPROXY=off", "GOMODCACHE="+filepath.Join(t.TempDir(), "empty"), "GOFLAGS=-mod=vendor -trimpath", "go", "build")
	u.requireGreeting("embedded", u.run("./program", url()))
}

func TestProgramWithoutEmbeddedLibraryNamesTheCommand(t *testing.T) {
	u := newUser(t)
	u.get()
	u.run("go", "build", "-tags", "glide_nolib")
	output, err := u.command("./program", url())
	require.Error(t, err)
	require.Contains(t, output, "; to build and install it, run: go run "+glideModule+"/cmd/glide-library@v"+shared.versions.module+" install\n")
	// It finds the library in the usual places.
	require.NoError(t, os.Symlink(native(t), filepath.Join(u.folder, shared.native.File)))
	u.requireGreeting(`\S+/`+shared.native.File, u.run("./program", url()))
}

// native is the released library.
func native(t *testing.T) string {
	path, err := filepath.Abs(filepath.Join(shared.folder, "libraries", shared.native.Name, shared.native.File))
	require.NoError(t, err)
	return path
}

func TestProgramsContainTheLibraryOfTheirPlatformOnly(t *testing.T) {
	u := newUser(t)
	u.get()
	for build, want := range map[string]string{
		"GOOS=linux GOARCH=amd64 CGO_ENABLED=1":                             "linux_amd64_gnu",
		"GOOS=linux GOARCH=arm64 CGO_ENABLED=0":                             "linux_arm64_gnu",
		"GOOS=linux GOARCH=amd64 CGO_ENABLED=0 GOFLAGS=-tags=musl":          "linux_amd64_musl",
		"GOOS=linux GOARCH=arm64 CGO_ENABLED=1 GOFLAGS=-tags=musl":          "linux_arm64_musl",
		"GOOS=darwin GOARCH=amd64 CGO_ENABLED=0":                            "darwin_amd64",
		"GOOS=darwin GOARCH=arm64 CGO_ENABLED=0":                            "darwin_arm64",
		"GOOS=darwin GOARCH=arm64 CGO_ENABLED=1 GOFLAGS=-tags=glide_static": "",
		"GOOS=linux GOARCH=amd64 CGO_ENABLED=1 GOFLAGS=-tags=glide_nolib":   "",
		"GOOS=linux GOARCH=riscv64 CGO_ENABLED=0":                           "",
		"GOOS=windows GOARCH=amd64 CGO_ENABLED=0":                           "",
	} {
		var contained []string
		for _, path := range strings.Fields(u.run("env", append(strings.Fields(build), "go", "list", "-deps")...)) {
			if platform, found := strings.CutPrefix(path, glideModule+"/lib/"); found {
				contained = append(contained, platform)
			}
		}
		if want == "" {
			require.Empty(t, contained, build)
		} else {
			require.Equal(t, []string{want + "/v" + shared.versions.abi}, contained, build)
		}
	}
}

// The first client takes little longer than with a file. Both are measured
// several times, alternately, and the fastest counts, so that other load on the
// machine does not matter.
func TestFirstClientIsFast(t *testing.T) {
	u := newUser(t)
	u.get()
	u.run("go", "build")
	fastest := map[string]time.Duration{}
	for range 15 {
		for _, library := range []string{"", native(t)} {
			output := u.run("env", "GLIDE_FFI_LIBRARY="+library, "./program", url())
			var greeting, path, abi, version string
			var took int64
			_, err := fmt.Sscan(output, &greeting, &path, &abi, &version, &took)
			require.NoError(t, err, output)
			if d := time.Duration(took) * time.Microsecond; fastest[library] == 0 || d < fastest[library] {
				fastest[library] = d
			}
		}
	}
	t.Logf("first client: %s embedded, %s with a file", fastest[""], fastest[native(t)])
	require.Less(t, fastest[""]-fastest[native(t)], 30*time.Millisecond)
}

func TestReleaseIsMadeOnceForEachLibrary(t *testing.T) {
	// A second release of the same library, from the first one's repository.
	clone := repository{filepath.Join(shared.folder, "clone")}
	modules, made, err := clone.platformModules(t.TempDir(), shared.versions)
	require.NoError(t, err)
	require.Empty(t, made)
	require.Len(t, modules, len(platforms))
	sums, err := os.ReadFile(filepath.Join(clone.root, "go.sum"))
	require.NoError(t, err)
	for _, m := range modules {
		for _, line := range m.sums {
			require.Contains(t, string(sums), line+"\n")
		}
	}
}

func TestReleaseNeedsCommitsAndAChangelog(t *testing.T) {
	require.NoError(t, versions{module: "1.2.3"}.checkChangelog(changelog(t, "# Changes\n\n## 1.2.3 (2026-01-01)\n")))
	require.NoError(t, versions{module: "1.2.3"}.checkChangelog(changelog(t, "# Changes\n\n## 1.2.3\n")))
	require.Error(t, versions{module: "1.2.3"}.checkChangelog(changelog(t, "# Changes\n\n## 1.2.30\n")))
	require.Error(t, checkNames(shared.folder), "folders that are no platforms")
}

func changelog(t *testing.T, text string) (root string) {
	root = t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(root, "CHANGELOG.md"), []byte(text), 0o644))
	return root
}
