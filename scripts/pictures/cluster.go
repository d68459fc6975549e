package main

// planes draws the control plane and the data plane of a cluster client.
func planes() *drawing {
	d := &drawing{width: 900, height: 520, title: "A cluster client: data plane and control plane"}
	d.box(14, 78, 166, 60, "callers", "any number of goroutines")

	// The data plane, above.
	d.path("band", "M200 44 H876 V250 H200 Z")
	d.text(212, 62, "small", "data plane: what calls wait for")
	d.box(230, 84, 170, 60, "group for each node", "requests that go together")
	d.box(450, 76, 170, 40, "shared connection", "one to each node")
	d.box(450, 132, 170, 40, "dedicated connections", "blocking, WATCH")
	d.box(450, 188, 170, 40, "subscriptions", "one to nodes with channels")
	for i, name := range []string{"slots 0 to 5460", "slots 5461 to 10922", "slots 10923 to 16383"} {
		y := 76 + 56*float64(i)
		d.box(676, y, 188, 40, "primary", name)
		for from := range 3 {
			d.line("axis", 620, 96+56*float64(from), 676, y+20)
		}
	}
	d.line("arrow", 180, 108, 230, 108)
	d.line("arrow", 400, 108, 450, 98)
	d.line("arrow", 400, 120, 450, 148)

	// The control plane, below.
	d.path("band", "M200 282 H876 V490 H200 Z")
	d.text(864, 300, "small end", "control plane: no call waits for it")
	d.box(230, 316, 170, 60, "slot map", "slot to primary and replicas")
	d.box(450, 316, 170, 60, "topology", "asks several nodes at once,", "takes what most agree on")
	d.box(676, 316, 188, 60, "CLUSTER SLOTS", "every minute, and when", "something suggests a change")
	d.box(230, 412, 170, 56, "outages", "lost and restored servers")
	d.box(450, 412, 170, 56, "connecting", "credentials, translation of", "addresses, TLS, pauses")
	d.box(676, 412, 188, 56, "heartbeat", "PING on silent connections")
	d.line("arrow", 450, 346, 400, 346)
	d.line("arrow", 676, 346, 620, 346)
	d.line("arrow", 450, 440, 400, 440)
	d.line("arrow", 770, 412, 770, 376)
	d.line("arrow", 340, 412, 470, 376)

	// Between the two.
	d.line("arrow", 290, 316, 290, 144)
	d.text(298, 270, "small", "where a slot is")
	d.line("arrow back", 500, 228, 500, 316)
	d.text(508, 270, "small", "MOVED, outages")
	d.path("arrow", "M620 440 L648 440 L648 208 L620 208")
	d.text(656, 270, "small", "new connections")
	return d
}
