//go:build !race

package chaos

// underRaceDetector says that memory is used for other things, too.
const underRaceDetector = false
