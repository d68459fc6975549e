package harness

import (
	"context"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// InAProcess runs a test in a separate process, with these variables: the
// library may read its environment only once, and what is counted must be the
// test's alone. It reports whether this is that process; the other one has
// nothing more to do.
func InAProcess(t *testing.T, environment ...string) bool {
	t.Helper()
	const variable = "GLIDE_TEST_PROCESS"
	if os.Getenv(variable) == t.Name() {
		return true
	}
	process := exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v", "-test.count=1", "-test.timeout=2m")
	process.Env = append(append(os.Environ(), variable+"="+t.Name()), environment...)
	output, err := process.CombinedOutput()
	t.Logf("%s", output)
	require.NoError(t, err)
	require.Contains(t, string(output), "--- PASS: "+t.Name())
	return false
}

// Again runs tests of this binary in a separate process.
func Again(t *testing.T, run string, environment ...string) (output string, err error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	command := exec.CommandContext(ctx, os.Args[0], "-test.run", run, "-test.v", "-test.count=1")
	command.Env = append(os.Environ(), environment...)
	text, err := command.CombinedOutput()
	return string(text), err
}
