package main

// A step goes from one participant to another, or stays with one.
type step struct {
	from, to int
	text     string
}

// command draws the path of a command.
func command() *drawing {
	participants := [][]string{
		{"caller", "a goroutine"},
		{"glide", "Go: methods, results"},
		{"library", "Rust: groups, routes, retries"},
		{"connection", "glide-core: RESP"},
		{"server", "Valkey or Redis"},
	}
	steps := []step{
		{0, 1, "Get(ctx, key)"},
		{1, 1, "writes the request as protobuf"},
		{1, 2, "submit, and drive the event loop"},
		{2, 2, "finds the node; joins what goes there"},
		{2, 3, "all requests, as one pipeline"},
		{3, 4, "one write"},
		{4, 3, "one read"},
		{3, 2, "replies, parsed"},
		{2, 2, "follows redirects; sends again"},
		{2, 1, "the replies of all callers"},
		{1, 1, "wakes other callers; reads the reply"},
		{1, 0, "Optional[string]"},
	}
	const gap, left, top, rowHeight = 222.0, 100.0, 48.0, 34.0
	bottom := top + 44 + rowHeight*float64(len(steps)) + 22
	d := &drawing{width: left*2 + gap*float64(len(participants)-1), height: bottom + 40, title: "The path of a command"}
	at := func(participant int) float64 { return left + gap*float64(participant) }
	for i, lines := range participants {
		d.line("axis", at(i), top+44, at(i), bottom)
		d.box(at(i)-90, top, 180, 44, lines...)
	}
	for i, s := range steps {
		y := top + 44 + rowHeight*float64(i+1)
		switch {
		case s.from == s.to:
			d.box(at(s.from)-4, y-14, 8, 20)
			d.text(at(s.from)+10, y, "small", s.text)
		case s.from < s.to:
			d.line("arrow", at(s.from), y, at(s.to), y)
			d.text((at(s.from)+at(s.to))/2, y-6, "small middle", s.text)
		default:
			d.line("arrow back", at(s.from), y, at(s.to), y)
			d.text((at(s.from)+at(s.to))/2, y-6, "small middle", s.text)
		}
	}
	d.text(16, bottom+22, "small", "The caller's own thread does all of it, so that no thread is woken. Callers that come meanwhile leave their requests, and are woken with their replies.")
	return d
}
