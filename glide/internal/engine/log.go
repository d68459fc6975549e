package engine

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"

	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// levelTrace is below slog's own levels.
const levelTrace = slog.LevelDebug - 4

// logLevels are the levels of the library's log.
var logLevels = [...]slog.Level{
	abi.LogLevelError:       slog.LevelError,
	abi.LogLevelWarning:     slog.LevelWarn,
	abi.LogLevelInformation: slog.LevelInfo,
	abi.LogLevelDebugging:   slog.LevelDebug,
	abi.LogLevelTracing:     levelTrace,
}

// logging has the loggers. Its lock is held while they are changed.
var logging struct {
	sync.Mutex
	// levels are the least severe levels of all loggers, those of clients included.
	levels map[*logSink]abi.LogLevel
	// global has the log of the process.
	global atomic.Pointer[logSink]
}

// SetLogger sends the library's log to a logger, as far as it is enabled there and
// does not go to the logger of a client; nil ends that.
func SetLogger(logger *slog.Logger) error {
	e, err := first()
	if err != nil {
		return err
	}
	next := newLogSink(logger)
	level := next.level() // asks the program's handler, which may call anything
	logging.Lock()
	defer logging.Unlock()
	e.exchange(logging.global.Swap(next), next, level)
	return nil
}

// exchange puts one logger in the place of another; either may be nil. The lock is
// held.
func (e *Engine) exchange(before, next *logSink, level abi.LogLevel) {
	had := len(logging.levels) > 0
	if before != nil {
		before.end()
		delete(logging.levels, before)
	}
	if next != nil {
		if logging.levels == nil {
			logging.levels = map[*logSink]abi.LogLevel{}
		}
		logging.levels[next] = level
	}
	if has := len(logging.levels) > 0; has != had {
		// The wakeup pipe announces log records, even without clients.
		if has {
			e.open()
		} else {
			e.close()
		}
	}
	least := abi.LogLevelOff
	for _, level := range logging.levels {
		least = max(least, level)
	}
	e.library.SetLogLevel(least)
}

// Logger returns the logger that the library's log goes to; nil is none.
func Logger() *slog.Logger {
	if sink := logging.global.Load(); sink != nil {
		return sink.logger
	}
	return nil
}

// log hands a record on, to the logger of its client if that has one. It drops the
// record if there is no logger or too much waits for it.
func (e *Engine) log(entry wire.Entry) {
	sink := logging.global.Load()
	if observer := observerOf(entry.Ticket); observer != nil && observer.logs != nil {
		sink = observer.logs
	}
	if sink != nil {
		target, message, level := wire.Texts(entry.Body)
		sink.add(logRecord{logLevels[min(int(level), len(logLevels)-1)], target, message})
	}
}

// logRecord is a record of the library's log.
type logRecord struct {
	level           slog.Level
	target, message string
}

// logSink passes log records to a logger.
type logSink struct {
	*sink[logRecord]
	logger *slog.Logger
}

// newLogSink returns a sink for a logger, or nil for none.
func newLogSink(logger *slog.Logger) *logSink {
	if logger == nil {
		return nil
	}
	write := func(r logRecord) {
		logger.Log(context.Background(), r.level, r.message, "target", r.target)
	}
	lost := func(count int64) logRecord {
		return logRecord{slog.LevelWarn, "glide", fmt.Sprintf("%d log records were dropped: the log handler is too slow", count)}
	}
	return &logSink{newSink(write, lost), logger}
}

// level returns the least severe level that the logger enables.
func (s *logSink) level() abi.LogLevel {
	if s != nil {
		for level := abi.LogLevelTracing; level > abi.LogLevelOff; level-- {
			if s.logger.Enabled(context.Background(), logLevels[level]) {
				return level
			}
		}
	}
	return abi.LogLevelOff
}
