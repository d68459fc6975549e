package moduletest

import (
	"context"
	"errors"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/glide/internal/bridge"
	"github.com/valkey-glide/go/glide/internal/command"
	"github.com/valkey-glide/go/glide/internal/command/commandtest"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// Face is the ways to run and to queue a command: two functions, or a function
// and a method.
type Face struct{ Run, Queue any }

// RequireFaces requires that all faces run and queue the same, and that a table
// of sendings has them all. In makes of a batch what the methods are of.
func RequireFaces(t *testing.T, faces map[string]Face, in any, sendings []commandtest.Sending) {
	t.Helper()
	tested := map[string]bool{}
	for _, row := range sendings {
		tested[row.Definition.Name] = true
		tested[row.Definition.Name+" "+row.Definition.Type] = true
	}
	for name, face := range faces {
		sent, result := requireSame(t, name, face.Run, face.Queue, in)
		if !strings.Contains(result, "interface {}") { // not of a type that the caller says
			sent += " " + result
		}
		require.True(t, tested[sent], "%s sends %s, of which there is no test", name, sent)
	}
}

// requireSame requires that a function runs and another, or a method of what
// in returns for a batch, queues the same command for the same arguments. It
// returns the command's name and the type of its result.
func requireSame(t *testing.T, name string, run, queue, in any) (sent, result string) {
	t.Helper()
	var ran, queued []string
	var types []string
	glideRun, glideQueue := bridge.Glide.Run, bridge.Glide.Queue
	defer func() { bridge.Glide.Run, bridge.Glide.Queue = glideRun, glideQueue }()
	bridge.Glide.Run = func(_ context.Context, _ any, cmd command.Erased, _ func(*wire.Reader) error) error {
		ran, sent = wordsOf(cmd), cmd.Request.Name()
		types = append(types, cmd.Read.TypeName())
		return errRecorded
	}
	bridge.Glide.Queue = func(_ any, cmd command.Erased) {
		queued = wordsOf(cmd)
		types = append(types, cmd.Read.TypeName())
	}

	function := reflect.ValueOf(run)
	arguments := samples(function.Type(), 2)
	results := function.Call(append([]reflect.Value{reflect.ValueOf(context.Background()), reflect.Zero(reflect.TypeFor[glide.Commander]())}, arguments...))
	require.Equal(t, errRecorded, results[len(results)-1].Interface(), name)

	method, batch := reflect.ValueOf(queue), reflect.ValueOf(glide.Batch(glide.NewPipeline()))
	if method.Type().In(0) != reflect.TypeFor[glide.Batch]() {
		batch = reflect.ValueOf(in).Call([]reflect.Value{batch})[0]
	}
	chained := method.Call(append([]reflect.Value{batch}, arguments...))
	require.NotEmpty(t, ran, name)
	require.Equal(t, ran, queued, name)
	require.Equal(t, types[0], types[1], name)
	if len(chained) > 0 {
		require.Equal(t, batch.Interface(), chained[0].Interface(), name)
	}
	return sent, types[0]
}

var errRecorded = errors.New("recorded")

func wordsOf(cmd command.Erased) (words []string) {
	for word := range cmd.Request.Arguments() {
		words = append(words, string(word))
	}
	return words
}

// samples returns arguments for a function, but for its first ones: texts and
// numbers that differ, and nothing for what is variadic.
func samples(function reflect.Type, from int) (arguments []reflect.Value) {
	for i := from; i < function.NumIn(); i++ {
		if function.IsVariadic() && i == function.NumIn()-1 {
			break
		}
		argument := reflect.New(function.In(i)).Elem()
		switch argument.Kind() {
		case reflect.String:
			argument.SetString("$." + string(rune('a'+i)))
		case reflect.Int64, reflect.Int:
			argument.SetInt(int64(i))
		case reflect.Float64:
			argument.SetFloat(float64(i))
		case reflect.Interface:
			if argument.NumMethod() == 0 {
				argument.Set(reflect.ValueOf(i))
			}
		}
		arguments = append(arguments, argument)
	}
	return arguments
}
