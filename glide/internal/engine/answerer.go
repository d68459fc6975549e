package engine

import (
	"context"
	"sync/atomic"

	"github.com/valkey-glide/go/glide/internal/wire"
)

// Answer returns the answer to a question of the library, a marshalled pb.Answer.
// Its context ends when the answer is no longer awaited. It must not panic, but may
// end its goroutine.
type Answer func(ctx context.Context, question wire.Question) []byte

// Refuse returns the answer that says why there is no other.
type Refuse func(why string) []byte

// Answerer answers the questions that the library asks when it makes the
// connections of a client. Each answer has its own goroutine, so that a slow one
// does not delay the driver.
type Answerer struct {
	engine  *Engine
	name    uint64
	answer  Answer
	refuse  Refuse
	running atomic.Int64
	ended   context.Context
	end     context.CancelFunc
}

// runningLimit is how many questions of a client may be unanswered. A client makes
// fewer connections than that at once, so the rest are functions that do not
// return.
const runningLimit = 1000

// answererNames counts the answerers; 0 is none.
var answererNames atomic.Uint64

// NewAnswerer returns an answerer for the questions of a client, and its name for
// the request that connects the client. The caller closes it.
func (e *Engine) NewAnswerer(answer Answer, refuse Refuse) (answerer *Answerer, name uint64) {
	p := &Answerer{engine: e, name: answererNames.Add(1), answer: answer, refuse: refuse}
	p.ended, p.end = context.WithCancel(context.Background())
	e.answerers.Store(p.name, p)
	return p, p.name
}

// Close cancels the contexts of answers that are in progress. No questions follow.
func (p *Answerer) Close() {
	if p == nil {
		return
	}
	p.engine.answerers.Delete(p.name)
	p.end()
}

// asked starts to answer a question. It reads the entry before it returns.
func (e *Engine) asked(entry wire.Entry) {
	answerer, known := e.answerers.Load(entry.Ticket)
	question, ok := wire.ReadQuestion(entry.Body)
	if !known || !ok {
		return // the client is closed
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
		// The status says whether the answer was still awaited. It makes no difference.
		p.engine.library.Answer(p.engine.handle, question.Number, answer)
		// There may be a password in it.
		clear(answer)
	}()
	answer = p.answer(ctx, question)
}
