package abi

import "unsafe"

// Library is the loaded library.
type Library struct {
	library
	info Info
}

// Info returns where the library comes from, and its versions.
func (l *Library) Info() Info { return l.info }

// StartEngine starts an engine that rings the descriptor, an eventfd or the
// writing end of a pipe, when there is something to take.
func (l *Library) StartEngine(descriptor uintptr) (Engine, Status) {
	var engine Engine
	status := l.engineStart(descriptor, &engine)
	return engine, status
}

// Connect begins to connect a client. Its ticket is completed when connecting
// has succeeded or failed; close the client in either case.
func (l *Library) Connect(engine Engine, request []byte, ticket uint64) (client uint64, status Status) {
	status = l.connect(engine, request, ticket, &client)
	return client, status
}

// Submit submits requests. Without any it makes sure that someone drives.
func (l *Library) Submit(engine Engine, client uint64, submission []byte) Status {
	return l.submit(engine, client, submission)
}

// Drive submits requests and drives the event loop until something is
// completed or the drive is interrupted, at most for the budget unless that is
// 0, without sleeping for as long as spin. Both are in microseconds. Replies
// report whether the ticket own is completed.
func (l *Library) Drive(engine Engine, client uint64, submission []byte, budget, spin uint32, own uint64, replies *Replies) Status {
	return l.drive(engine, client, submission, budget, spin, own, replies)
}

// Interrupt ends the drive that is under way, or else the next one.
func (l *Library) Interrupt(engine Engine) { _ = l.interrupt(engine) }

// Take takes the completions that there are, if any.
func (l *Library) Take(engine Engine, replies *Replies) Status {
	return l.take(engine, replies)
}

// Release frees replies. Their bytes must not be read any more.
func (l *Library) Release(engine Engine, owner unsafe.Pointer) {
	// It can only refuse an owner that was not handed out.
	_ = l.release(engine, owner)
}

// Owner names the replies' memory for Release.
func (r *Replies) Owner() unsafe.Pointer { return r.owner }

// Close closes a client.
func (l *Library) Close(engine Engine, client uint64) Status { return l.close(engine, client) }

// Answer answers a question of the library. It is Closed if no one waits for
// the answer any more.
func (l *Library) Answer(engine Engine, question uint64, answer []byte) Status {
	return l.answer(engine, question, answer)
}

// SetLogLevel sets which records of the library's log become entries.
func (l *Library) SetLogLevel(level LogLevel) { _ = l.logLevel(uint32(level)) }

// DropScan drops the state of a scan of a cluster.
func (l *Library) DropScan(engine Engine, name uint64) { _ = l.dropScan(engine, name) }

// BeginSession begins a session of a client on a dedicated connection.
func (l *Library) BeginSession(engine Engine, client, name uint64) Status {
	return l.beginSession(engine, client, name)
}

// OpenMailbox opens a mailbox of a client in addition to its own.
func (l *Library) OpenMailbox(engine Engine, client, name uint64) Status {
	return l.openMailbox(engine, client, name)
}

// CloseMailbox closes a mailbox that OpenMailbox has opened.
func (l *Library) CloseMailbox(engine Engine, client, name uint64) Status {
	return l.closeMailbox(engine, client, name)
}

// End ends a session by its name, or a request by its ticket: one that runs on
// a dedicated connection or waits for a permit.
func (l *Library) End(engine Engine, client, name uint64) Status { return l.end(engine, client, name) }

// Stats returns the statistics of a client, each at the place that a Stat names. They
// are zero if the client is closed.
func (l *Library) Stats(engine Engine, client uint64) (values [StatCount]uint64) {
	_ = l.stats(engine, client, &values[0], uintptr(len(values)))
	return values
}

// Node hands out the address of the node that completions of a client name by a
// number.
func (l *Library) Node(engine Engine, client uint64, number uint32, replies *Replies) Status {
	return l.node(engine, client, number, replies)
}

// Count returns how many there are of what a counter names.
func (l *Library) Count(engine Engine, counter Counter) int64 {
	return l.count(engine, uint32(counter))
}
