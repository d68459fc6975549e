package glide

import (
	"strings"
	"time"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// FunctionLibrary describes a library of functions.
type FunctionLibrary struct {
	Name string
	// Engine is the name of the engine that runs its functions, such as
	// LUA.
	Engine string
	// Functions are in no order.
	Functions []Function
	// Code is its source; empty without [WithCode].
	Code string
}

// Function describes a function of a library.
type Function struct {
	Name string
	// Description is the text with which the function was registered; nil
	// without one.
	Description Optional[string]
	// Flags are flags such as no-writes, in no order.
	Flags []string
}

// FunctionListOption is an option of [Client.FunctionList]: it filters
// libraries, [LibrariesMatching], or returns their code, [WithCode].
type FunctionListOption interface {
	option
	functionListOption()
}

// LibrariesMatching (LIBRARYNAME) omits libraries whose names do not match a
// pattern, as described at [Client.Keys].
func LibrariesMatching(pattern string) FunctionListOption {
	return functionListOption{textArgument("LibrariesMatching", "LIBRARYNAME", pattern)}
}

type functionListOption struct{ argument }

func (functionListOption) functionListOption() {}

// withCode is the option WITHCODE.
type withCode string

// WithCode (WITHCODE) also returns the code of libraries.
const WithCode withCode = "WITHCODE"

func (o withCode) appendTo(to *wire.Request) { to.String(string(o)) }
func (withCode) conflictKey() string         { return "WithCode" }
func (withCode) functionListOption()         {}

// FunctionList returns descriptions of the server's libraries, in no order. In
// a cluster any node answers. Since version 7.0.
//
// https://valkey.io/commands/function-list/
func functionList(options ...FunctionListOption) command[[]FunctionLibrary] {
	return newCommand(appendOptions(named("FUNCTION LIST"), options), readLibraries)
}

var (
	readLibraries = decode.Slice(readLibrary)
	readFunctions = decode.Slice(readFunction)
)

var readLibrary = decode.Struct(decode.Fields[FunctionLibrary]{
	"library_name": decode.Field(func(f *FunctionLibrary) *string { return &f.Name }, decode.String),
	"engine":       decode.Field(func(f *FunctionLibrary) *string { return &f.Engine }, decode.String),
	"functions":    decode.Field(func(f *FunctionLibrary) *[]Function { return &f.Functions }, readFunctions),
	"library_code": decode.Field(func(f *FunctionLibrary) *string { return &f.Code }, decode.String),
})

var readFunction = decode.Struct(decode.Fields[Function]{
	"name":        decode.Field(func(f *Function) *string { return &f.Name }, decode.String),
	"description": decode.Field(func(f *Function) *Optional[string] { return &f.Description }, readOptionalString),
	"flags":       decode.Field(func(f *Function) *[]string { return &f.Flags }, decode.Strings),
})

// FunctionStats describes the running function and the engines of a server.
type FunctionStats struct {
	// Running is nil if no function runs.
	Running Optional[RunningFunction]
	// Engines are those that run functions, by name.
	Engines map[string]FunctionEngine
}

// RunningFunction describes a function that is running.
type RunningFunction struct {
	Name string
	// Command is the command that runs it, with its keys and arguments.
	Command []string
	// Duration is the time since it started, to the millisecond.
	Duration time.Duration
}

// FunctionEngine describes the libraries and functions of an engine.
type FunctionEngine struct {
	// Libraries is the number of libraries.
	Libraries int64
	// Functions is the number of functions.
	Functions int64
}

// FunctionStats returns the running function, if any, and the number of
// libraries and functions. Like [Client.FunctionKill] it must be called on
// another client than the one that runs the function. While a script runs it
// returns an error with the code BUSY. With replicas, all servers are asked,
// and a function that runs on any of them is returned. Since version 7.0.
//
// https://valkey.io/commands/function-stats/
//
//glide:server each node runs and has its own
func functionStats() command[FunctionStats] {
	return newCommand(named("FUNCTION STATS"), readFunctionStats)
}

// readFunctionStats reads the reply of a server. The core asks all that it
// knows and returns a map of their replies by address; in a transaction it is
// the one reply.
func readFunctionStats(r *wire.Reader) (stats FunctionStats, err error) {
	err = decode.EachField(r, func(name string) (err error) {
		switch {
		case name == "running_script":
			stats.Running, err = readRunning(r)
		case name == "engines":
			stats.Engines, err = readEngines(r)
		case !strings.Contains(name, ":"): // no address
			err = r.Skip()
		default:
			var one FunctionStats
			one, err = readFunctionStats(r)
			if stats.Engines == nil || stats.Running.IsNil() && !one.Running.IsNil() {
				stats = one
			}
		}
		return err
	})
	return stats, err
}

var (
	readRunning = readOptional(readRunningFunction)
	readEngines = decode.Map(readEngine)
)

var readRunningFunction = decode.Struct(decode.Fields[RunningFunction]{
	"name":        decode.Field(func(f *RunningFunction) *string { return &f.Name }, decode.String),
	"command":     decode.Field(func(f *RunningFunction) *[]string { return &f.Command }, decode.Strings),
	"duration_ms": decode.Field(func(f *RunningFunction) *time.Duration { return &f.Duration }, decode.Milliseconds),
})

var readEngine = decode.Struct(decode.Fields[FunctionEngine]{
	"libraries_count": decode.Field(func(f *FunctionEngine) *int64 { return &f.Libraries }, decode.Int),
	"functions_count": decode.Field(func(f *FunctionEngine) *int64 { return &f.Functions }, decode.Int),
})
