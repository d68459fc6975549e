package glide

import (
	"context"
)

func get(key string) command[Optional[string]] {
	return newCommand("GET", readOptionalString).key(key)
}

// Get gives the value of a key; it is nil if the key does not exist. A key
// that holds anything but a string is an error with the code WRONGTYPE.
//
// https://valkey.io/commands/get/
func (c commands) Get(ctx context.Context, key string) (Optional[string], error) {
	return run(ctx, c, get(key))
}

func set(key, value string, options []SetOption) command[struct{}] {
	cmd := newCommand("SET", readOK).key(key).arg(value)
	return appendOptions(cmd, options)
}

// Set sets a key to a value, whatever it held before. Unless an option says
// otherwise the key does not expire.
//
// https://valkey.io/commands/set/
func (c commands) Set(ctx context.Context, key, value string, options ...SetOption) error {
	return runOK(ctx, c, set(key, value, options))
}
