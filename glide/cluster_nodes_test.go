package glide

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/command/commandtest"
	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// failureReply is what a command failed with in the place of its reply.
func failureReply(outcome abi.Outcome, message string) []byte {
	b := commandtest.Error("", message)
	return append([]byte{byte(abi.TagFailure), byte(outcome), 0}, b[1:]...)
}

func TestNodesKeepsTheResultsOfThoseThatAnswer(t *testing.T) {
	data := commandtest.Array(
		commandtest.String("b:2"), failureReply(abi.OutcomeTimeout, "no reply in time"),
		commandtest.String("a:1"), commandtest.Int(7),
		commandtest.String("c:3"), commandtest.Error("ERR", "no"),
		commandtest.String("e:5"), commandtest.Array(commandtest.String("unexpected")),
		commandtest.String("d:4"), commandtest.Int(8),
	)
	results := map[string]int64{}
	r := wire.NewReader(data, nil)
	err := readNodes(&r, "DBSIZE", decode.Int, results)
	require.Empty(t, r.Rest())
	require.Equal(t, map[string]int64{"a:1": 7, "d:4": 8}, results)
	var failed *NodeErrors
	require.ErrorAs(t, err, &failed)
	require.Equal(t, 2, failed.Succeeded)
	require.Len(t, failed.Errors, 3)
	require.ErrorIs(t, failed.Errors["b:2"], ErrTimeout)
	require.Equal(t, "ERR", Code(failed.Errors["c:3"]))
	require.ErrorIs(t, failed.Errors["e:5"], ErrUnexpectedReply)
	require.ErrorIs(t, err, ErrTimeout)
	require.Equal(t, "ERR", Code(err))
	require.Equal(t, failed, operationError("DBSIZE", err))
	require.EqualError(t, err, "glide: DBSIZE: 3 of 5 nodes failed: b:2: no reply in time; c:3: ERR no; e:5: unexpected reply: unexpected reply: array where an integer was expected")
}

func TestNodesAreSafeToRetryIfNoneHasRunTheCommand(t *testing.T) {
	unsent, lost := &failure{"PING", "", []error{ErrUnreachable}}, &failure{"PING", "", []error{ErrConnectionLost}}
	require.True(t, SafeToRetry(&NodeErrors{Errors: map[string]error{"a": unsent, "b": unsent}}))
	require.False(t, SafeToRetry(&NodeErrors{Errors: map[string]error{"a": unsent, "b": lost}}))
	require.False(t, SafeToRetry(&NodeErrors{Errors: map[string]error{"a": unsent}, Succeeded: 1}))
}

func TestTheTextOfManyNodesIsShort(t *testing.T) {
	all := &NodeErrors{Command: "PING", Errors: map[string]error{}}
	for _, address := range []string{"e", "d", "c", "b", "a"} {
		all.Errors[address] = errors.New("no")
	}
	require.EqualError(t, all, "glide: PING: 5 of 5 nodes failed: a: no; b: no; c: no; and 2 more")
}
