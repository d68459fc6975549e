package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"
	"time"
)

// environment is what a reader needs to know to repeat a run.
type environment struct {
	Go       string            `json:"go"`
	OS       string            `json:"os"`
	Arch     string            `json:"arch"`
	CPUs     int               `json:"cpus"`
	Server   string            `json:"server"`
	Versions map[string]string `json:"versions"` // of the other clients' modules
	Rounds   int               `json:"rounds"`
	WarmUp   time.Duration     `json:"warm_up_ns"`
	Duration time.Duration     `json:"duration_ns"`
	Set      string            `json:"set,omitempty"` // of cases
}

// compared are the modules whose version says which client was measured; ours
// is the checkout's.
var compared = []string{
	"github.com/valkey-io/valkey-glide/go/v2",
	"github.com/redis/go-redis/v9",
	"github.com/valkey-io/valkey-go",
	"github.com/redis/rueidis",
}

func thisEnvironment(o options, server *deployment) environment {
	e := environment{
		Go: runtime.Version(), OS: runtime.GOOS, Arch: runtime.GOARCH, CPUs: runtime.GOMAXPROCS(0),
		Server: server.String(), Versions: map[string]string{},
		Rounds: o.rounds, WarmUp: o.times.WarmUp, Duration: o.times.Duration, Set: o.set,
	}
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return e
	}
	for _, dependency := range build.Deps {
		for _, path := range compared {
			if dependency.Path == path {
				e.Versions[path] = dependency.Version
			}
		}
	}
	return e
}

func (e environment) String() string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s, %s/%s, %d CPUs; %s\nmedian of %d rounds, each %v after %v of warm-up",
		e.Go, e.OS, e.Arch, e.CPUs, e.Server, e.Rounds, e.Duration, e.WarmUp)
	for _, path := range compared {
		if version := e.Versions[path]; version != "" {
			fmt.Fprintf(&text, "\n%s %s", path, version)
		}
	}
	return text.String()
}
