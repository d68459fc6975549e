//go:build explore

package engine

// step lets the test decide who goes on.
func step() { onStep() }

// spawn lets the test say when the goroutine goes on.
func spawn(run func()) { onSpawn(run) }

var (
	onStep  = func() {}
	onSpawn = func(run func()) { go run() }
)

// Which P a goroutine runs on is left to chance, so here it is not asked.
func (t *table) near() *idleList { return t.another() }
func (t *table) used(*idleList)  {}
