package wire

import (
	"encoding/binary"

	"github.com/valkey-glide/go/glide/internal/abi"
)

// Event is an event of a client.
type Event struct {
	Kind abi.Event
	// Number is what the kind says.
	Number uint64
	// Host and Port are the address of the server that the event is about, and
	// FormerHost and FormerPort of the one in whose place it is.
	Host       string
	Port       int
	FormerHost string
	FormerPort int
	// Cause is why it has happened.
	Cause string
}

// ReadEvent reads the body of an entry that is an event. It reports false if it is
// none.
func ReadEvent(body []byte) (event Event, ok bool) {
	const head = 9
	if len(body) < head {
		return Event{}, false
	}
	event = Event{Kind: abi.Event(body[0]), Number: binary.LittleEndian.Uint64(body[1:])}
	r := Reader{data: body[head:]}
	var err error
	for _, address := range []struct {
		port *int
		host *string
	}{{&event.Port, &event.Host}, {&event.FormerPort, &event.FormerHost}} {
		if *address.port, err = r.number(); err != nil {
			return Event{}, false
		}
		if *address.host, err = r.ownText(); err != nil {
			return Event{}, false
		}
	}
	event.Cause, err = r.ownText()
	return event, err == nil
}

// ownText reads a text as a copy.
func (r *Reader) ownText() (string, error) {
	text, err := r.text()
	return string(text), err
}
