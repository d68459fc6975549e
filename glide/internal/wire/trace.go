package wire

import "encoding/binary"

// Trace is what a completion says of how its request went.
type Trace struct {
	// Node is the number of the node that answered; 0 if it is not known or there
	// were several.
	Node uint32
	// Resends is how often the request was sent again.
	Resends uint16
}

// CutTrace splits the trace off the body of a completion that has one.
func CutTrace(body []byte) ([]byte, Trace) {
	const size = 6
	at := len(body) - size
	if at < 0 {
		return body, Trace{} // it cannot come from our library
	}
	return body[:at:at], Trace{binary.LittleEndian.Uint32(body[at:]), binary.LittleEndian.Uint16(body[at+4:])}
}

// ReadNode reads the address of a node. One that is malformed is empty: it cannot come
// from our library.
func ReadNode(body []byte) (host string, port int) {
	r := Reader{data: body}
	if n, err := r.Array(); err != nil || n != 2 {
		return "", 0
	}
	host, err := r.String()
	if err != nil {
		return "", 0
	}
	number, err := r.Int()
	if err != nil {
		return "", 0
	}
	return host, int(number)
}
