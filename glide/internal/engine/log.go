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

// logQueueLength is how many log records may wait for the logger.
const logQueueLength = 1024

// logging is held while the logger is changed.
var logging sync.Mutex

// SetLogger sends the library's log to a logger, as far as it is enabled
// there; nil ends that.
func SetLogger(logger *slog.Logger) error {
	e, err := first()
	if err != nil {
		return err
	}
	var next *logSink
	if logger != nil {
		next = newLogSink(logger)
	}
	level := next.level() // asks the program's handler, which may call anything
	logging.Lock()
	defer logging.Unlock()
	before := e.logs.Swap(next)
	if before != nil {
		close(before.ended)
	}
	if (before == nil) != (next == nil) {
		// The wakeup pipe announces log records, even without clients.
		if next != nil {
			e.open()
		} else {
			e.close()
		}
	}
	e.library.SetLogLevel(level)
	return nil
}

// Logger returns the logger that the library's log goes to; nil is none.
func Logger() *slog.Logger {
	e, err := first()
	if err != nil {
		return nil
	}
	if sink := e.logs.Load(); sink != nil {
		return sink.logger
	}
	return nil
}

// log hands a record on, or drops it if there is no logger or too much waits
// for it. It never waits.
func (e *Engine) log(body []byte) {
	if sink := e.logs.Load(); sink != nil {
		target, message, level := wire.Texts(body)
		sink.add(logRecord{logLevels[min(int(level), len(logLevels)-1)], target, message})
	}
}

// logRecord is a record of the library's log.
type logRecord struct {
	level           slog.Level
	target, message string
}

// logSink passes log records to a logger, one after the other, on its own
// goroutine. No call waits for a log handler, no matter what it does.
type logSink struct {
	logger  *slog.Logger
	records chan logRecord
	// dropped is the number of records that were dropped and not yet told of.
	dropped atomic.Int64
	// ended is closed when another logger takes its place, or none.
	ended chan struct{}
}

func newLogSink(logger *slog.Logger) *logSink {
	s := &logSink{
		logger:  logger,
		records: make(chan logRecord, logQueueLength),
		ended:   make(chan struct{}),
	}
	go s.run()
	return s
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

func (s *logSink) add(record logRecord) {
	select {
	case s.records <- record:
	default:
		s.dropped.Add(1)
	}
}

// run hands records over until the sink is ended, and those that wait then.
func (s *logSink) run() {
	for {
		select {
		case record := <-s.records:
			s.handle(record)
		case <-s.ended:
			for {
				select {
				case record := <-s.records:
					s.handle(record)
				default:
					return
				}
			}
		}
	}
}

// handle hands a record over, after telling of those that were dropped.
func (s *logSink) handle(record logRecord) {
	if dropped := s.dropped.Swap(0); dropped > 0 {
		s.write(logRecord{slog.LevelWarn, "glide", fmt.Sprintf("%d log records were dropped: the log handler is too slow", dropped)})
	}
	s.write(record)
}

// write calls the handler. A record whose handler panics is lost, and nothing
// else.
func (s *logSink) write(record logRecord) {
	defer func() { _ = recover() }()
	s.logger.Log(context.Background(), record.level, record.message, "target", record.target)
}
