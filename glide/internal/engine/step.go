//go:build !explore

package engine

// step marks where another thread may come in between, for explore_test.go.
func step() {}

// spawn starts a goroutine.
func spawn(run func()) { go run() }

// near returns the list that this P has used before, and used remembers it.
func (t *table) near() *idleList  { return t.nearest.Get().(*idleList) }
func (t *table) used(l *idleList) { t.nearest.Put(l) }
