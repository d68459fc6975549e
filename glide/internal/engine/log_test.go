package engine

import (
	"context"
	"encoding/binary"
	"errors"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// handlerFunc is a log handler.
type handlerFunc func(slog.Record)

func (handlerFunc) Enabled(context.Context, slog.Level) bool        { return true }
func (f handlerFunc) Handle(_ context.Context, r slog.Record) error { f(r); return nil }
func (f handlerFunc) WithAttrs([]slog.Attr) slog.Handler            { return f }
func (f handlerFunc) WithGroup(string) slog.Handler                 { return f }

// setHandler makes a handler the one that the log goes to, and returns the
// engine whose log it is.
func setHandler(t *testing.T, handle func(slog.Record)) *Engine {
	t.Helper()
	require.NoError(t, SetLogger(slog.New(handlerFunc(handle))))
	t.Cleanup(func() { require.NoError(t, SetLogger(nil)) })
	e, err := first()
	require.NoError(t, err)
	return e
}

// logEntry returns a log record as the library writes it.
func logEntry(message string) wire.Entry {
	var body []byte
	for _, text := range []string{"glide", message} {
		body = binary.LittleEndian.AppendUint32(body, uint32(len(text)))
		body = append(body, text...)
	}
	return wire.Entry{Body: append(body, 1)}
}

func TestLogHandlerThatWaitsDelaysNobody(t *testing.T) {
	handling, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	var mu sync.Mutex
	var messages []string
	e := setHandler(t, func(r slog.Record) {
		once.Do(func() {
			close(handling)
			<-goOn
		})
		mu.Lock()
		messages = append(messages, r.Message)
		mu.Unlock()
	})
	e.log(logEntry("first"))
	<-handling

	const more = 10
	for range sinkLength + more {
		e.log(logEntry("others")) // does not wait, or the test would not end
	}
	client := echoClient(t, time.Minute)
	for range 100 {
		require.NoError(t, echo(context.Background(), client, "PING"))
	}

	close(goOn)
	handled := func() []string {
		mu.Lock()
		defer mu.Unlock()
		return append([]string(nil), messages...)
	}
	require.Eventually(t, func() bool { return len(handled()) == 1+1+sinkLength }, time.Minute, time.Millisecond)
	require.Equal(t, "first", handled()[0])
	require.Equal(t, "10 log records were dropped: the log handler is too slow", handled()[1])
}

func TestLogHandlerThatPanicsLosesItsRecordAlone(t *testing.T) {
	handled := make(chan string, 2)
	e := setHandler(t, func(r slog.Record) {
		if r.Message == "bad" {
			panic("a mistake of the handler")
		}
		handled <- r.Message
	})
	e.log(logEntry("bad"))
	e.log(logEntry("good"))
	require.Equal(t, "good", <-handled)
}

func TestLogHandlerMayUseClientsAndChangeTheLogger(t *testing.T) {
	client := echoClient(t, time.Minute)
	done := make(chan error, 1)
	e := setHandler(t, func(slog.Record) {
		err := echo(context.Background(), client, "PING")
		done <- errors.Join(err, SetLogger(nil))
	})
	e.log(logEntry("once"))
	require.NoError(t, <-done)
	require.Nil(t, Logger())
}

func TestRecordsThatWaitWhenTheLoggerChangesGoToTheOneBefore(t *testing.T) {
	handling, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	handled := make(chan string, 3)
	e := setHandler(t, func(r slog.Record) {
		once.Do(func() {
			close(handling)
			<-goOn
		})
		handled <- r.Message
	})
	e.log(logEntry("one"))
	<-handling
	e.log(logEntry("two"))
	setHandler(t, func(r slog.Record) { handled <- "to the other: " + r.Message })
	e.log(logEntry("three"))
	require.Equal(t, "to the other: three", <-handled)
	close(goOn)
	require.Equal(t, "one", <-handled)
	require.Equal(t, "two", <-handled)
}
