package glidegoredis

import (
	"github.com/valkey-glide/go/glide/internal/abi"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// A shape is what is different in the version 2 of a reply that came in version 3,
// apart from its types: maps are arrays of keys and values there, sets are arrays,
// doubles, big numbers and verbatim strings are strings, booleans are integers, and
// there are no attributes. A connection of the client that speaks version 2 has
// replies of that version already, which none of this changes.
type shape uint8

const (
	shapeUsual shape = iota
	// shapeFlat is an array of pairs, such as members and scores, that is one of
	// their items. An array of anything else is left.
	shapeFlat
	// shapeStreams is a map of streams and their entries that is an array of pairs,
	// or a null array.
	shapeStreams
	// shapeNullArray is a null that stands for an array.
	shapeNullArray
	// shapeGeo is an array whose nulls stand for arrays, and whose doubles have all
	// their digits, in version 3 too.
	shapeGeo
)

// shapes are the commands whose replies have a shape other than their types say.
var shapes = map[shape][]string{
	shapeFlat: {
		"HRANDFIELD", "ZDIFF", "ZINTER", "ZPOPMAX", "ZPOPMIN", "ZRANDMEMBER", "ZRANGE", "ZRANGEBYSCORE",
		"ZREVRANGE", "ZREVRANGEBYSCORE", "ZUNION",
	},
	shapeStreams:   {"XREAD", "XREADGROUP"},
	shapeNullArray: {"BLMPOP", "BLPOP", "BRPOP", "BZMPOP", "BZPOPMAX", "BZPOPMIN", "LMPOP", "ZMPOP"},
	shapeGeo:       {"GEOPOS", "GEORADIUS", "GEORADIUSBYMEMBER", "GEORADIUSBYMEMBER_RO", "GEORADIUS_RO", "GEOSEARCH"},
}

// nullArrayFrom are commands whose null stands for an array if they have so many
// words: with a count, or WITHSCORE.
var nullArrayFrom = map[string]int{"LPOP": 3, "RPOP": 3, "ZRANK": 4, "ZREVRANK": 4}

// shaped writes a reply in the shape that it has in version 2.
func (e *encoder) shaped(r *wire.Reader) error {
	shape, kind := e.shape, r.Kind()
	e.shape = shapeUsual
	if shape == shapeGeo {
		e.exact = true
		defer func() { e.exact = false }()
	}
	switch {
	case !e.resp2:
		return e.value(r, 0)
	case kind == abi.TagNil && shape != shapeFlat:
		r.Nil()
		e.nullArray()
		return nil
	case kind == abi.TagArray && shape == shapeFlat:
		return e.flat(r)
	case kind == abi.TagMap && shape == shapeStreams:
		return e.streams(r)
	case kind == abi.TagArray && shape == shapeGeo:
		n, err := r.Array()
		e.head('*', n)
		for range n {
			if r.Kind() == abi.TagNil {
				r.Nil()
				e.nullArray()
			} else if err = e.value(r, 1); err != nil {
				return err
			}
		}
		return err
	default:
		return e.value(r, 0)
	}
}

// flat writes an array of pairs as one of their items. Servers send only pairs, or
// none.
func (e *encoder) flat(r *wire.Reader) error {
	n, err := r.Array()
	if err != nil {
		return err
	}
	if n == 0 || r.Kind() != abi.TagArray {
		e.head('*', n)
		return e.values(r, n, 0, nil)
	}
	e.head('*', 2*n)
	for range n {
		items, err := r.Array()
		if err := e.values(r, items, 0, err); err != nil {
			return err
		}
	}
	return nil
}

// streams writes a map as an array of pairs.
func (e *encoder) streams(r *wire.Reader) error {
	n, err := r.Map()
	e.head('*', n)
	for range n {
		e.head('*', 2)
		if err = e.values(r, 2, 0, err); err != nil {
			return err
		}
	}
	return err
}
