// Ratelimiter limits how often something may be done, however many processes do
// it: a burst at once, then one for each interval. The decision is a script, so that
// it is one round trip and no other caller comes between. It is the generic cell rate
// algorithm (GCRA): the key holds one time, and expires when it has no meaning any more.
//
// Commands: EVALSHA (and EVAL, the first time), with TIME, GET and SET in the script.
//
//	go run ./ratelimiter
//
// It connects to VALKEY_URL: by default valkey://localhost:6379, for a cluster valkey-cluster://host:7000.
//
// Output:
//
//	request 1: allowed
//	request 2: allowed
//	request 3: allowed
//	request 4: refused, again in 20m0s
//	another user: allowed
package main

import (
	"cmp"
	"context"
	"fmt"
	"log"
	"os"
	"strconv"
	"time"

	"github.com/valkey-glide/go/glide"
)

// decide returns 0 if a request is allowed, and otherwise in how many milliseconds
// it will be. The key holds the time until which all that was allowed lasts.
var decide = glide.NewScript(`
	local time = redis.call('TIME')
	local now = time[1] * 1000 + math.floor(time[2] / 1000)
	local interval, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
	local busy = math.max(tonumber(redis.call('GET', KEYS[1]) or now), now)
	local wait = busy + interval - interval * burst - now
	if wait > 0 then
		return wait
	end
	local ends = string.format('%.0f', busy + interval)
	redis.call('SET', KEYS[1], ends, 'PXAT', ends)
	return 0`)

// Limiter allows Burst requests at once, and one for each Interval in the long run.
type Limiter struct {
	Client   glide.ScriptingCommands
	Prefix   string
	Interval time.Duration
	Burst    int
}

// Allow returns 0 if a request of someone is allowed, and otherwise after what time
// it will be. The caller decides what an error means: to refuse is safe for what is
// behind the limit, to allow keeps the program available.
func (l Limiter) Allow(ctx context.Context, who string) (time.Duration, error) {
	wait, err := glide.RunScriptAs[int64](ctx, l.Client, decide, []string{l.Prefix + who},
		strconv.FormatInt(l.Interval.Milliseconds(), 10), strconv.Itoa(l.Burst))
	return time.Duration(wait) * time.Millisecond, err
}

func main() {
	if err := run(context.Background()); err != nil {
		log.Fatal(err)
	}
}

func run(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	client, err := glide.Open(ctx, cmp.Or(os.Getenv("VALKEY_URL"), "valkey://localhost:6379"))
	if err != nil {
		return err
	}
	defer client.Close()

	const prefix = "example:ratelimiter:"
	limiter := Limiter{Client: client, Prefix: prefix, Interval: 20 * time.Minute, Burst: 3}
	for request := range 4 {
		wait, err := limiter.Allow(ctx, "ann")
		if err != nil {
			return err
		}
		if wait > 0 {
			fmt.Printf("request %d: refused, again in %s\n", request+1, wait.Round(time.Minute))
			continue
		}
		fmt.Printf("request %d: allowed\n", request+1)
	}
	wait, err := limiter.Allow(ctx, "bob")
	if err != nil {
		return err
	}
	if wait == 0 {
		fmt.Println("another user: allowed")
	}
	_, err = client.Del(ctx, prefix+"ann", prefix+"bob")
	return err
}
