package glide_test

import (
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"
)

// inAProcess runs a test in a process of its own, with these variables: the
// library may read its environment only once, and what is counted is to be the
// test's alone. It reports whether this is that process; the other one has
// nothing more to do.
func inAProcess(t *testing.T, environment ...string) bool {
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
