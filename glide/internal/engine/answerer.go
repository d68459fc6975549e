package engine

import (
	"context"
	"sync/atomic"

	"github.com/valkey-glide/go/glide/internal/wire"
)

// Answer answers a question of the library with a marshalled pb.Answer. It may
// take its time, which its context bounds, and must not panic. It may end its
// goroutine.
type Answer func(ctx context.Context, question wire.Question) []byte

// Refuse gives the answer that there is none, and why.
type Refuse func(why string) []byte

// Answerer answers the questions that the library asks when it makes a client's
// connections. Each is answered on a goroutine of its own, so that an answer
// that takes long keeps nobody from driving.
type Answerer struct {
	engine  *Engine
	name    uint64
	answer  Answer
	refuse  Refuse
	running atomic.Int64
	ended   context.Context
	end     context.CancelFunc
}

// runningLimit is how many questions of a client may be unanswered. Nobody waits
// for more of them than it makes connections at once; the others are calls of
// functions that do not return.
const runningLimit = 1000

// answererNames counts the answerers; 0 is none.
var answererNames atomic.Uint64

// NewAnswerer gives a answerer for the questions of a client, and its name for the
// request that connects the client. It is to be closed.
func (e *Engine) NewAnswerer(answer Answer, refuse Refuse) (answerer *Answerer, name uint64) {
	p := &Answerer{engine: e, name: answererNames.Add(1), answer: answer, refuse: refuse}
	p.ended, p.end = context.WithCancel(context.Background())
	e.answerers.Store(p.name, p)
	return p, p.name
}

// Close ends the contexts of answers that are being looked for. There are no
// more questions.
func (p *Answerer) Close() {
	if p == nil {
		return
	}
	p.engine.answerers.Delete(p.name)
	p.end()
}

// asked has a question answered. Its entry is read before this returns.
func (e *Engine) asked(entry wire.Entry) {
	answerer, known := e.answerers.Load(entry.Ticket)
	question, ok := wire.ReadQuestion(entry.Body)
	if !known || !ok {
		return // nobody waits: its client is closed
	}
	p := answerer.(*Answerer)
	if p.running.Add(1) > runningLimit {
		p.running.Add(-1)
		e.library.Answer(e.handle, question.Number, p.refuse("too many calls of the function have not returned"))
		return
	}
	go p.run(question)
}

func (p *Answerer) run(question wire.Question) {
	defer p.running.Add(-1)
	ctx, cancel := context.WithTimeout(p.ended, question.Time)
	defer cancel()
	var answer []byte
	defer func() {
		if answer == nil {
			answer = p.refuse("the function ended its goroutine")
		}
		// It does not matter if nobody waits any more.
		p.engine.library.Answer(p.engine.handle, question.Number, answer)
		// There may be a password in it.
		clear(answer)
	}()
	answer = p.answer(ctx, question)
}
