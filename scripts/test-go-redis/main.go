// Test-go-redis runs the test suite of go-redis on a client of package glide.
//
// It copies go-redis, as glide/glidegoredis requires it, to a temporary directory,
// and adds a file by which its tests dial what glidegoredis offers. Nothing of it is
// kept. Which tests fail is compared with failing.txt, which has a reason for each:
// one that fails and is not listed is an error, and so is a listed one that passes.
//
// Usage:
//
//	go run ./scripts/test-go-redis [-mode standalone,cluster] [-files regexp] [-focus text] [-race]
package main

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/valkey-glide/go/glide/glidetest"
)

//go:embed inject.txt
var injected []byte

//go:embed failing.txt
var failing string

var (
	modes   = flag.String("mode", "standalone,cluster", "what the tests run on: standalone, cluster, or server for go-redis's own connections")
	files   = flag.String("files", defaultFiles, "the files of tests, a regular expression")
	focus   = flag.String("focus", "", "only tests whose names match, a regular expression")
	version = flag.String("version", "7.2", "the version of Redis whose commands the server has")
	race    = flag.Bool("race", false, "run the tests with the race detector")
	verbose = flag.Bool("v", false, "print what the tests print")
)

// defaultFiles are the files whose tests are about commands and not about pools,
// clusters of go-redis or sentinels.
const defaultFiles = `/(commands|iterator|pipeline|pubsub|tx)_test\.go`

// passingMin is the part of the tests of commands that has to pass.
const passingMin = 0.95

func main() {
	flag.Parse()
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "test-go-redis:", err)
		os.Exit(1)
	}
}

func run() error {
	folder, err := os.MkdirTemp("", "go-redis-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(folder)
	if err := copySuite(folder); err != nil {
		return err
	}
	program := filepath.Join(folder, "suite.test")
	if err := command(folder, nil, "go", "test", "-c", "-race="+strconv.FormatBool(*race), "-o", program, ".").run(*verbose); err != nil {
		return err
	}
	var wrong error
	for mode := range strings.SplitSeq(*modes, ",") {
		wrong = errors.Join(wrong, runMode(folder, program, mode))
	}
	return wrong
}

// copySuite copies go-redis, and changes what its tests connect to.
func copySuite(folder string) error {
	const module = "github.com/redis/go-redis/v9"
	root, err := os.Getwd()
	if err != nil {
		return err
	}
	bridge := filepath.Join(root, "glide", "glidegoredis")
	found, err := command(bridge, nil, "go", "list", "-m", "-f", "{{.Dir}}", module).output()
	if err != nil {
		return err
	}
	if err := os.CopyFS(folder, os.DirFS(strings.TrimSpace(string(found)))); err != nil {
		return err
	}
	// Files of the module cache cannot be written.
	err = filepath.WalkDir(folder, func(path string, entry os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		return os.Chmod(path, 0o700)
	})
	if err != nil {
		return err
	}
	if err := change(filepath.Join(folder, "main_test.go")); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(folder, "glide_test.go"), injected, 0o600); err != nil {
		return err
	}
	const glide = "github.com/valkey-glide/go"
	edit := []string{"mod", "edit",
		"-require=" + glide + "@v0.0.0", "-replace=" + glide + "=" + root,
		"-require=" + glide + "/glide/glidegoredis@v0.0.0", "-replace=" + glide + "/glide/glidegoredis=" + bridge,
	}
	if err := command(folder, nil, "go", edit...).run(*verbose); err != nil {
		return err
	}
	return command(folder, nil, "go", "mod", "tidy").run(*verbose)
}

// change takes out of a file what connects to many servers, and renames the function
// that says how tests connect.
func change(path string) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	for _, block := range []string{"BeforeSuite", "AfterSuite"} {
		begin := bytes.Index(text, []byte("var _ = "+block+"(func() {"))
		if begin < 0 {
			return fmt.Errorf("%s has no %s", path, block)
		}
		end := begin + bytes.Index(text[begin:], []byte("\n})\n"))
		text = slices.Delete(text, begin, end+len("\n})\n"))
	}
	const function = "func redisOptions() "
	if !bytes.Contains(text, []byte(function)) {
		return fmt.Errorf("%s does not say how tests connect", path)
	}
	text = bytes.Replace(text, []byte(function), []byte("func serverOptions() "), 1)
	// What is not used any more is no error.
	text = append(text, "\nvar _ = []any{os.Getenv, logging.Disable, strconv.Atoi}\n"...)
	return os.WriteFile(path, text, 0o600)
}

// runMode runs the tests on servers of a kind and compares what fails.
func runMode(folder, program, mode string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Minute)
	defer cancel()
	server, closeServer, err := start(ctx, mode)
	if err != nil {
		return err
	}
	defer closeServer()
	report := filepath.Join(folder, mode+".json")
	environment := []string{
		"GLIDE_MODE=" + mode, "GLIDE_HOST=" + server.Host(), "GLIDE_PORT=" + strconv.Itoa(server.Port()),
		"REDIS_VERSION=" + *version, "RE_CLUSTER=false", "GORACE=log_path=" + races(folder, mode),
	}
	arguments := []string{
		"-test.run=^TestGinkgoSuite$", "-test.timeout=10m", "-ginkgo.no-color", "-ginkgo.focus-file=" + *files, "-ginkgo.json-report=" + report,
	}
	if *focus != "" {
		arguments = append(arguments, "-ginkgo.focus="+*focus)
	}
	begun := time.Now()
	failed := command(folder, environment, program, arguments...).run(*verbose)
	results, err := read(report)
	if err != nil {
		return errors.Join(failed, err)
	}
	return errors.Join(compare(mode, results, time.Since(begun)), readRaces(folder, mode))
}

// races returns how the files begin to which the race detector writes.
func races(folder, mode string) string { return filepath.Join(folder, mode+".race") }

// readRaces returns what the race detector has found as an error.
func readRaces(folder, mode string) error {
	files, err := filepath.Glob(races(folder, mode) + ".*")
	for _, file := range files {
		text, failure := os.ReadFile(file)
		err = errors.Join(err, failure, fmt.Errorf("%s: %s", mode, text))
	}
	return err
}

// start starts a server, or a cluster of which it returns a node.
func start(ctx context.Context, mode string) (server *glidetest.Server, close func(), err error) {
	options := []glidetest.Option{glidetest.WithConfig("enable-debug-command", "yes")}
	if mode == "cluster" {
		cluster, err := glidetest.StartServerCluster(ctx, options...)
		if err != nil {
			return nil, nil, err
		}
		return cluster.Nodes()[0], func() { _ = cluster.Close() }, nil
	}
	server, err = glidetest.StartServer(ctx, options...)
	if err != nil {
		return nil, nil, err
	}
	return server, func() { _ = server.Close() }, nil
}

// A result is what became of a test.
type result struct {
	name, file, why string
	passed, skipped bool
}

// read reads the results of tests from a report.
func read(path string) ([]result, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var reports []struct {
		SpecReports []struct {
			ContainerHierarchyTexts []string
			LeafNodeType            string
			LeafNodeText            string
			LeafNodeLocation        struct{ FileName string }
			State                   string
			Failure                 struct {
				Message  string
				Location struct{ LineNumber int }
			}
		}
	}
	if err := json.Unmarshal(data, &reports); err != nil {
		return nil, err
	}
	var results []result
	for _, report := range reports {
		for _, spec := range report.SpecReports {
			if spec.LeafNodeType != "It" {
				if spec.State != "passed" {
					return nil, fmt.Errorf("%s: %s", spec.LeafNodeType, spec.Failure.Message)
				}
				continue
			}
			results = append(results, result{
				name: strings.Join(append(spec.ContainerHierarchyTexts, spec.LeafNodeText), " "), file: filepath.Base(spec.LeafNodeLocation.FileName),
				why:    fmt.Sprintf("line %d: %s", spec.Failure.Location.LineNumber, strings.Join(strings.Fields(spec.Failure.Message), " ")),
				passed: spec.State == "passed", skipped: spec.State == "skipped" || spec.State == "pending",
			})
		}
	}
	return results, nil
}

// compare prints how many tests passed, and fails if that is not as it is listed.
func compare(mode string, results []result, took time.Duration) error {
	listed := expected(mode)
	var wrong []string
	passed, run, refused, found := 0, 0, 0, map[string]bool{}
	for _, r := range results {
		if r.skipped {
			continue
		}
		found[r.name] = true
		entry, isListed := listed[r.name]
		if isListed && strings.HasPrefix(entry.reason, ofServers) {
			refused++
		} else {
			run++
		}
		switch {
		case r.passed && isListed && !entry.mayPass:
			wrong = append(wrong, fmt.Sprintf("passes, but is listed: %s", r.name))
		case r.passed:
			passed++
		case !isListed:
			wrong = append(wrong, fmt.Sprintf("fails: %s (%s)\n\t%s", r.name, r.file, r.why))
		case entry.mayPass:
			fmt.Printf("%s: fails, as it may: %s\n", mode, r.name)
		}
	}
	for name := range listed {
		if !found[name] && *focus == "" && *files == defaultFiles {
			wrong = append(wrong, fmt.Sprintf("is listed, but was not run: %s", name))
		}
	}
	fmt.Printf("%s: %d of %d tests passed in %.0f s (%.1f %%), and %d do what servers refuse\n",
		mode, passed, run, took.Seconds(), 100*float64(passed)/float64(max(run, 1)), refused)
	if mode == "server" {
		for _, line := range wrong {
			fmt.Println(line)
		}
		return nil
	}
	if *focus == "" && float64(passed) < passingMin*float64(run) {
		wrong = append(wrong, fmt.Sprintf("less than %.0f %% pass", 100*passingMin))
	}
	if len(wrong) > 0 {
		slices.Sort(wrong)
		return fmt.Errorf("%s:\n%s", mode, strings.Join(wrong, "\n"))
	}
	return nil
}

// ofServers begins the reasons of tests that no client could pass.
const ofServers = "not in a cluster"

// A listed is a test that is expected to fail.
type listed struct {
	reason  string
	mayPass bool
}

var listedLine = regexp.MustCompile(`^(\w+)(\??): (.+?) -- (.+)$`)

// expected returns the tests that are listed as failing in a mode.
func expected(mode string) map[string]listed {
	tests := map[string]listed{}
	for line := range strings.Lines(failing) {
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		parts := listedLine.FindStringSubmatch(line)
		if parts == nil {
			fmt.Fprintf(os.Stderr, "failing.txt: not \"mode: test -- reason\": %s\n", line)
			os.Exit(1)
		}
		if parts[1] == mode || parts[1] == "all" && mode != "server" {
			tests[parts[3]] = listed{parts[4], parts[2] != ""}
		}
	}
	return tests
}

// A process is one that is run.
type process struct{ *exec.Cmd }

func command(folder string, environment []string, name string, arguments ...string) process {
	cmd := exec.Command(name, arguments...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), "GOFLAGS=-mod=mod")
	cmd.Env = append(cmd.Env, environment...)
	return process{cmd}
}

// run runs it, and shows what it prints if it fails or all of it is asked for.
func (p process) run(isShown bool) error {
	if isShown {
		p.Stdout, p.Stderr = os.Stdout, os.Stderr
		return p.Run()
	}
	output, err := p.CombinedOutput()
	if err != nil {
		return fmt.Errorf("%s: %w\n%s", strings.Join(p.Args[:min(2, len(p.Args))], " "), err, tail(output))
	}
	return nil
}

func (p process) output() ([]byte, error) {
	p.Stderr = os.Stderr
	return p.Output()
}

func tail(output []byte) []byte {
	const most = 4000
	return output[max(0, len(output)-most):]
}
