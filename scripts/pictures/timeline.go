package main

import (
	"fmt"
	"strings"
	"time"

	"github.com/valkey-glide/go/internal/failover"
)

// timelineOf draws a failover that was measured on a machine.
func timelineOf(t *failover.Timeline, machine string) *drawing {
	const left, top, width, height = 70.0, 84.0, 760.0, 240.0
	d := &drawing{width: left + width + 90, height: top + height + 128, title: "A primary of a cluster is killed under load"}
	most := 1
	for _, counts := range [][]int{t.OfKilled, t.OfOthers} {
		for _, count := range counts[:len(counts)-1] { // the last is not a whole one
			most = max(most, count)
		}
	}
	x := func(at time.Duration) float64 { return left + width*at.Seconds()/t.Ended.Seconds() }
	y := func(count int) float64 { return top + height - height*float64(count)/float64(most) }
	curve := func(class string, counts []int) {
		var points []string
		for i, count := range counts[:len(counts)-1] {
			points = append(points, fmt.Sprintf("%.1f %.1f", x(time.Duration(i)*failover.Bucket+failover.Bucket/2), y(count)))
		}
		d.path(class, "M"+strings.Join(points, " L"))
	}
	d.line("axis", left, top+height, left+width, top+height)
	d.line("axis", left, top, left, top+height)
	for second := range int(t.Ended.Seconds()) + 1 {
		at := time.Duration(second) * time.Second
		d.line("axis", x(at), top+height, x(at), top+height+5)
		d.text(x(at), top+height+20, "small middle", fmt.Sprint(second, " s"))
	}
	perSecond := int(time.Second / failover.Bucket)
	d.text(left-6, top+5, "small end", fmt.Sprintf("%dk/s", most*perSecond/1000))
	d.text(left-6, top+height, "small end", "0")
	curve("second", t.OfOthers)
	curve("first", t.OfKilled)
	for _, mark := range []struct {
		at   time.Duration
		text string
		y    float64
	}{
		{t.Killed, "primary killed", top - 6},
		{t.Followed, fmt.Sprintf("the client follows: %.2f s later", (t.Followed - t.Killed).Seconds()), top - 6},
	} {
		d.line("mark", x(mark.at), top, x(mark.at), top+height)
		d.text(x(mark.at), mark.y, "small middle alarm", mark.text)
	}
	d.line("first", left, 52, left+24, 52)
	d.text(left+30, 56, "small", "calls on keys of the killed primary")
	d.line("second", left+280, 52, left+304, 52)
	d.text(left+310, 56, "small", "calls on other keys")
	milliseconds := func(d time.Duration) int64 { return d.Milliseconds() }
	for i, line := range []string{
		fmt.Sprintf("%d callers; %d calls succeeded, %d failed, of at most %d writes in flight; writes that ran twice: %d; acknowledged writes lost: %d.",
			failover.Callers, t.Succeeded, t.Failed, failover.Callers/2, t.Twice, t.Lost),
		fmt.Sprintf("Calls on its keys succeeded again %d ms after it was killed. The slowest call took %d ms on its keys, %d ms on others.",
			milliseconds(t.Resumed-t.Killed), milliseconds(t.SlowestOfKilled), milliseconds(t.SlowestOfOthers)),
		fmt.Sprintf("The cluster's own share is cluster-node-timeout (%v) and the election. Until then the other nodes refuse calls, too; they are sent again.", t.NodeTimeout),
		fmt.Sprintf("%s, three primaries with a replica each, on the machine of the client: %s.", t.Server, machine),
	} {
		d.text(16, top+height+50+18*float64(i), "small", line)
	}
	return d
}
