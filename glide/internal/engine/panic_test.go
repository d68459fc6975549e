package engine

import (
	"bytes"
	"context"
	"log/slog"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/abi"
)

// panicking is set in the process in which the library is to panic.
const panicking = "GLIDE_TEST_PANICKING"

func TestPanicsOfTheLibraryGoToTheLog(t *testing.T) {
	if os.Getenv(panicking) == "" {
		command := exec.Command(os.Args[0], "-test.run", t.Name())
		command.Env = append(os.Environ(), panicking+"=1")
		var output bytes.Buffer
		command.Stderr = &output
		require.NoError(t, command.Run())
		require.Empty(t, output.String(), "on standard error")
		return
	}
	logged := make(chan slog.Record, 10)
	setHandler(t, func(r slog.Record) { logged <- r })
	client := echoClient(t, time.Minute)
	for _, name := range []string{"PANIC", "PANIC_AT_ONCE"} {
		err := echo(context.Background(), client, name)
		var failure *Failure
		require.ErrorAs(t, err, &failure, name)
		require.Equal(t, abi.OutcomeInternal, failure.Outcome)
		record := <-logged
		require.Equal(t, slog.LevelError, record.Level)
		require.Regexp(t, `^the library panicked at .*echo\.rs:\d+:\d+: asked to$`, record.Message)
	}
	// The requests in flight are counted right: the driver comes to its end.
	require.NoError(t, echo(context.Background(), client, "PING"))
}
