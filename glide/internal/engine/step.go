//go:build !explore

package engine

// step marks where another thread may come in between, for explore_test.go.
func step() {}

// spawn starts a goroutine.
func spawn(run func()) { go run() }
