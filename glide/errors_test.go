package glide

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/engine"
)

func TestACallThatRanOutOfTimeIsATimeoutAndItsCause(t *testing.T) {
	busy := operationError("GET", &engine.Failure{
		Outcome: abi.OutcomeServerError, Code: "CLUSTERDOWN", Message: "Hash slot not served", TimedOut: true,
	})
	require.ErrorIs(t, busy, ErrTimeout)
	require.NotErrorIs(t, busy, context.DeadlineExceeded)
	var server *ServerError
	require.True(t, errors.As(busy, &server))
	require.Equal(t, "CLUSTERDOWN", server.Code)
	require.False(t, SafeToRetry(busy))
	require.EqualError(t, busy, "glide: GET: no reply in time: CLUSTERDOWN Hash slot not served")

	gone := operationError("SET", &engine.Failure{
		Outcome: abi.OutcomeUnreachable, Message: "10.0.0.1:6379: Connection refused", TimedOut: true, Deadline: true,
	})
	require.ErrorIs(t, gone, ErrUnreachable)
	require.ErrorIs(t, gone, ErrTimeout)
	require.ErrorIs(t, gone, context.DeadlineExceeded)
	require.True(t, SafeToRetry(gone))
	require.EqualError(t, gone, "glide: SET: the server cannot be reached: 10.0.0.1:6379: Connection refused")

	lost := operationError("SET", &engine.Failure{Outcome: abi.OutcomeConnectionLost, Message: "10.0.0.1:6379"})
	require.ErrorIs(t, lost, ErrConnectionLost)
	require.NotErrorIs(t, lost, ErrTimeout)
	require.False(t, SafeToRetry(lost))
}
