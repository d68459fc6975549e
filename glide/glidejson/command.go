package glidejson

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/valkey-glide/go/glide/internal/command"
)

// at appends a JSONPath.
func at(cmd command.Arguments, path string) command.Arguments {
	if !strings.HasPrefix(path, "$") {
		cmd = cmd.Refuse("a path that does not begin with $ is a legacy path")
	}
	return cmd.Arg(path)
}

// atLegacy appends a legacy path.
func atLegacy(cmd command.Arguments, path string) command.Arguments {
	if strings.HasPrefix(path, "$") {
		cmd = cmd.Refuse("a path that begins with $ is no legacy path")
	}
	return atAny(cmd, path)
}

// atAny appends a path of either kind.
func atAny(cmd command.Arguments, path string) command.Arguments {
	if path == "" {
		cmd = cmd.Refuse("no path")
	}
	return cmd.Arg(path)
}

// appendValue appends a Go value as JSON.
func appendValue(cmd command.Arguments, value any) command.Arguments {
	text, err := json.Marshal(value)
	if err != nil {
		return cmd.Refuse(unmarshalable(err))
	}
	cmd.Request.Bytes(text)
	return cmd
}

// appendValues appends Go values, of which there must be some.
func appendValues(cmd command.Arguments, values []any) command.Arguments {
	if len(values) == 0 {
		return cmd.Refuse("no values")
	}
	for _, value := range values {
		cmd = appendValue(cmd, value)
	}
	return cmd
}

// unmarshalable says why a value is no JSON, but not what it is.
func unmarshalable(err error) string {
	var kind *json.UnsupportedTypeError
	var value *json.UnsupportedValueError
	switch {
	case errors.As(err, &kind):
		return fmt.Sprintf("JSON has nothing for a %s", kind.Type)
	case errors.As(err, &value):
		return "a value that JSON has nothing for, as NaN, an infinity or a cycle"
	default:
		return "invalid JSON"
	}
}
