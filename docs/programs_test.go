package docs_test

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/glidetest"
)

// A program is one in a document, with the output that the document shows.
type program struct {
	block
	output string
}

// programsOf returns the programs of a document whose output is the next block.
func programsOf(d *document) (programs []program) {
	for i, b := range d.blocks {
		if b.language != "go" || b.skip != "" || !isFile(b.text) || i+1 == len(d.blocks) {
			continue
		}
		if next := d.blocks[i+1]; next.language == "" || next.language == "text" {
			programs = append(programs, program{b, next.text})
		}
	}
	return programs
}

// runPrograms runs programs and compares what they print.
func runPrograms(t *testing.T, programs []program) {
	t.Helper()
	server, cluster := "", ""
	for _, p := range programs {
		if p.isForCluster() && cluster == "" {
			cluster = glidetest.StartCluster(t).Addrs()[0]
		} else if server == "" {
			server = glidetest.Start(t).Addr()
		}
	}
	for i, p := range programs {
		t.Run(p.String(), func(t *testing.T) {
			address := server
			if p.isForCluster() {
				address = cluster
			}
			printed, err := p.run(t.Context(), t.TempDir(), fmt.Sprintf("program%d", i), address)
			require.NoError(t, err)
			require.Equal(t, strings.TrimSpace(p.output), printed)
		})
	}
}

// run returns what the program prints with the server at an address.
func (p program) run(ctx context.Context, directory, name, address string) (printed string, err error) {
	source, ok := p.connectingTo(address)
	if !ok {
		return "", fmt.Errorf("%v: the program must connect to localhost, so that the test can replace that", p)
	}
	binary, err := buildProgram(directory, name, source)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	text, err := exec.CommandContext(ctx, binary).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%v: %w: %s", p, err, text)
	}
	return strings.TrimSpace(string(text)), nil
}

func (p program) isForCluster() bool {
	return strings.Contains(p.text, "NewClusterClient") || strings.Contains(p.text, "valkey-cluster://")
}

var (
	url         = regexp.MustCompile(`://localhost(:\d+)?"`)
	hostAndPort = regexp.MustCompile(`localhost:\d+`)
	hostField   = regexp.MustCompile(`Host: "localhost"(, Port: \d+)?`)
	newAddress  = regexp.MustCompile(`NewAddress\("localhost", \d+\)`)
	noAddresses = regexp.MustCompile(`(glide\.(?:Cluster)?Config)\{\}`)
	config      = regexp.MustCompile(`glide\.(?:Cluster)?Config\{`)
)

// connectingTo returns the program with the address of a server for localhost, and
// whether it connects there. It is made patient, because the machine may be busy.
func (p program) connectingTo(address string) (source string, ok bool) {
	host, port, _ := strings.Cut(address, ":")
	source = url.ReplaceAllString(p.text, "://"+address+`?request_timeout=30s&connection_timeout=10s"`)
	source = hostAndPort.ReplaceAllString(source, address)
	source = hostField.ReplaceAllString(source, fmt.Sprintf(`Host: %q, Port: %s`, host, port))
	source = newAddress.ReplaceAllString(source, fmt.Sprintf(`NewAddress(%q, %s)`, host, port))
	source = noAddresses.ReplaceAllString(source, fmt.Sprintf(`$1{Addresses: []glide.Address{{Host: %q, Port: %s}}}`, host, port))
	if ok = source != p.text; !strings.Contains(source, "RequestTimeout") {
		source = config.ReplaceAllString(source, "${0}RequestTimeout: 30e9, ConnectionTimeout: 10e9, ")
	}
	return source, ok
}

// buildProgram builds a program as if it were in a directory of this module.
func buildProgram(directory, name, source string) (binary string, err error) {
	file, overlayFile := filepath.Join(directory, "main.go"), filepath.Join(directory, "overlay.json")
	here, err := filepath.Abs(filepath.Join(name, "main.go"))
	if err != nil {
		return "", err
	}
	overlay, err := json.Marshal(map[string]any{"Replace": map[string]string{here: file}})
	if err != nil {
		return "", err
	}
	if err := cmp.Or(os.WriteFile(file, []byte(source), 0o600), os.WriteFile(overlayFile, overlay, 0o600)); err != nil {
		return "", err
	}
	binary = filepath.Join(directory, name)
	text, err := exec.Command("go", "build", "-overlay", overlayFile, "-o", binary, "./"+name).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w: %s", err, text)
	}
	return binary, nil
}
