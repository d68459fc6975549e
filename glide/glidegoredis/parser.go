package glidegoredis

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/valkey-glide/go/glide/internal/wire"
)

// The limits of servers: the words of a request, and the bytes of a word.
const (
	wordsMax = 1 << 20
	wordMax  = 512 << 20
	// lineMax bounds the head of a request or of a word.
	lineMax = 64
)

// A request is a command in the form in which it crosses the boundary.
type request struct {
	*wire.Request
	spec *spec
	// words is the number of its words, its name included.
	words int
}

// protocolError is a request that is not RESP. Servers answer it and close the
// connection.
type protocolError struct{ text string }

func (e *protocolError) Error() string { return "Protocol error: " + e.text }

// A parser reads requests from what is written to a connection, in any pieces in which
// they come. A word goes from there straight into the request that crosses the
// boundary. Only a word that is not there as a whole is kept.
type parser struct {
	// request is the one that is incomplete, if there is one.
	request request
	// missing is the number of its words that are missing.
	missing int
	// word is the size of the word that comes next, or -1 if its head does.
	word int
	// kept is the beginning of what is incomplete.
	kept []byte
}

var errIncomplete = errors.New("incomplete")

// parse appends the requests that are completed by some bytes.
func (p *parser) parse(data []byte, to []request) ([]request, error) {
	if len(p.kept) > 0 {
		// The rest of what is incomplete is appended, and what follows it is
		// parsed where it is.
		for len(p.kept) > 0 && len(data) > 0 {
			n := min(len(data), p.lacks())
			p.kept = append(p.kept, data[:n]...)
			data = data[n:]
			used, all, err := p.step(p.kept, to)
			if to = all; err != nil && err != errIncomplete {
				return to, err
			}
			if used > 0 {
				p.kept = p.kept[:copy(p.kept, p.kept[used:])]
			}
		}
		if len(p.kept) > 0 {
			return to, nil
		}
		if cap(p.kept) > retained {
			p.kept = nil
		}
	}
	for len(data) > 0 {
		used, all, err := p.step(data, to)
		to = all
		if err == errIncomplete {
			if need := p.word + 2; p.isInWord() && cap(p.kept) < need {
				p.kept = make([]byte, 0, need)
			}
			p.kept = append(p.kept, data...)
			return to, nil
		}
		if err != nil {
			return to, err
		}
		data = data[used:]
	}
	return to, nil
}

// retained is the largest memory that a connection keeps for what comes next.
const retained = 64 << 10

// isInWord reports whether a word comes next, and not a head.
func (p *parser) isInWord() bool { return p.missing > 0 && p.word >= 0 }

// lacks returns how many bytes to append to what is kept: the rest of the word, or
// one byte of a head, whose size is not known.
func (p *parser) lacks() int {
	if p.isInWord() {
		return p.word + 2 - len(p.kept)
	}
	return 1
}

// step reads a head or a word, and returns how many bytes that were.
func (p *parser) step(data []byte, to []request) (int, []request, error) {
	if p.missing == 0 {
		n, used, err := p.head(data, '*', wordsMax, "invalid multibulk length")
		if err == nil && n > 0 {
			p.missing, p.word = n, -1
			p.request = request{words: n}
		}
		return used, to, err
	}
	if p.word < 0 {
		n, used, err := p.head(data, '$', wordMax, "invalid bulk length")
		if err == nil && n < 0 {
			err = &protocolError{"invalid bulk length"}
		}
		if err == nil {
			p.word = n
		}
		return used, to, err
	}
	if len(data) < p.word+2 {
		return 0, to, errIncomplete
	}
	p.add(data[:p.word])
	used := p.word + 2
	p.word = -1
	if p.missing--; p.missing == 0 {
		to = append(to, p.request)
		p.request = request{}
	}
	return used, to, nil
}

// add appends a word to the request; the first is its name.
func (p *parser) add(word []byte) {
	if p.request.Request != nil {
		p.request.Bytes(word)
		return
	}
	p.request.spec = specOf(word)
	name := p.request.spec.name
	if name == "" {
		name = string(word)
	}
	p.request.Request = wire.NewRawRequest(name)
}

// head reads a line with a number.
func (p *parser) head(data []byte, kind byte, most int, invalid string) (n, used int, err error) {
	if data[0] != kind {
		return 0, 0, &protocolError{fmt.Sprintf("expected '%c'", kind)}
	}
	end := bytes.IndexByte(data, '\n')
	if end < 0 {
		if len(data) > lineMax {
			return 0, 0, &protocolError{invalid}
		}
		return 0, 0, errIncomplete
	}
	line := bytes.TrimSuffix(data[1:end], []byte{'\r'})
	n, ok := number(line)
	if !ok || n > most {
		return 0, 0, &protocolError{invalid}
	}
	return n, end + 1, nil
}

// number reads a decimal number that is not large.
func number(text []byte) (n int, ok bool) {
	isNegative := len(text) > 0 && text[0] == '-'
	if isNegative {
		text = text[1:]
	}
	if len(text) == 0 || len(text) > 10 {
		return 0, false
	}
	for _, digit := range text {
		if digit < '0' || digit > '9' {
			return 0, false
		}
		n = 10*n + int(digit-'0')
	}
	if isNegative {
		n = -n
	}
	return n, true
}

// release drops the request that is incomplete.
func (p *parser) release() {
	if p.request.Request != nil {
		p.request.Release()
	}
	*p = parser{}
}
