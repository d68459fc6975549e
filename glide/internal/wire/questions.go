package wire

import (
	"encoding/binary"
	"time"

	"github.com/valkey-glide/go/glide/internal/abi"
)

// Question is a question of the library.
type Question struct {
	Number uint64
	About  abi.Question
	// Time is how long the answer is waited for.
	Time time.Duration
	// Host and Port are the address that the question is about, if it is.
	Host string
	Port int
}

// ReadQuestion reads the body of an entry that is a question. It reports false if it is none.
func ReadQuestion(body []byte) (q Question, ok bool) {
	r := Reader{data: body}
	number, err := r.take(8)
	if err != nil {
		return q, false
	}
	about, err := r.take(1)
	if err != nil {
		return q, false
	}
	milliseconds, err := r.number()
	if err != nil {
		return q, false
	}
	q.Number, q.About, q.Time = binary.LittleEndian.Uint64(number), abi.Question(about[0]), time.Duration(milliseconds)*time.Millisecond
	if q.About != abi.QuestionAddress {
		return q, true
	}
	if q.Port, err = r.number(); err != nil {
		return q, false
	}
	host, err := r.text()
	q.Host = string(host)
	return q, err == nil
}
