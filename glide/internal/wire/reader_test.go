package wire

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/valkey-glide/go/glide/internal/abi"
)

// The replies of these tests are written by hand, in the form that
// ffi/include/glide.h describes.

func number(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n)) }

func join(parts ...[]byte) (all []byte) {
	for _, p := range parts {
		all = append(all, p...)
	}
	return all
}

func tag(k abi.Tag) []byte { return []byte{byte(k)} }

func text(k abi.Tag, s string) []byte { return join(tag(k), number(len(s)), []byte(s)) }

func integer(i int64) []byte {
	return binary.LittleEndian.AppendUint64(tag(abi.TagInteger), uint64(i))
}

func double(f float64) []byte {
	return binary.LittleEndian.AppendUint64(tag(abi.TagDouble), math.Float64bits(f))
}

func sequence(k abi.Tag, items ...[]byte) []byte {
	n := len(items)
	if k == abi.TagMap {
		n /= 2
	}
	return join(tag(k), number(n), join(items...))
}

func serverError(code, message string) []byte {
	return join(tag(abi.TagError), number(len(code)), []byte(code), number(len(message)), []byte(message))
}

type sharedBytes [][]byte

func (s sharedBytes) Shared() int           { return len(s) }
func (s sharedBytes) SharedAt(i int) []byte { return s[i] }

func TestAnyGivesGosOwnTypes(t *testing.T) {
	shared := sharedBytes{[]byte("long")}
	for name, c := range map[string]struct {
		reply []byte
		want  any
	}{
		"nil":          {tag(abi.TagNil), nil},
		"OK":           {tag(abi.TagOK), "OK"},
		"false":        {tag(abi.TagFalse), false},
		"true":         {tag(abi.TagTrue), true},
		"integer":      {integer(math.MinInt64), int64(math.MinInt64)},
		"double":       {double(1.5), 1.5},
		"infinite":     {double(math.Inf(1)), math.Inf(1)},
		"string":       {text(abi.TagString, "a\x00\r\n\xff"), "a\x00\r\n\xff"},
		"empty":        {text(abi.TagString, ""), ""},
		"shared":       {join(tag(abi.TagShared), number(0)), "long"},
		"big number":   {text(abi.TagBigNumber, "123456789012345678901234567890"), "123456789012345678901234567890"},
		"array":        {sequence(abi.TagArray, integer(1), tag(abi.TagNil), text(abi.TagString, "x")), []any{int64(1), nil, "x"}},
		"empty array":  {sequence(abi.TagArray), []any{}},
		"set":          {sequence(abi.TagSet, integer(1)), []any{int64(1)}},
		"map":          {sequence(abi.TagMap, text(abi.TagString, "k"), integer(1)), map[string]any{"k": int64(1)}},
		"integer keys": {sequence(abi.TagMap, integer(7), tag(abi.TagTrue)), map[string]any{"7": true}},
		"nil key":      {sequence(abi.TagMap, text(abi.TagString, "a"), integer(1), tag(abi.TagNil), integer(2)), []any{[]any{"a", int64(1)}, []any{nil, int64(2)}}},
		"same keys":    {sequence(abi.TagMap, text(abi.TagString, "a"), integer(1), text(abi.TagString, "a"), integer(2)), []any{[]any{"a", int64(1)}, []any{"a", int64(2)}}},
		"error inside": {sequence(abi.TagArray, serverError("ERR", "no")), []any{&ServerError{"ERR", "no"}}},
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(c.reply, shared)
			got, err := r.Any()
			require.NoError(t, err)
			require.Equal(t, c.want, got)
			require.Empty(t, r.Rest())

			r = NewReader(c.reply, shared)
			require.NoError(t, r.Skip())
			require.Empty(t, r.Rest())
		})
	}
}

func TestErrorInPlaceOfAValueIsAnError(t *testing.T) {
	for name, read := range map[string]func(*Reader) error{
		"OK":     (*Reader).OK,
		"string": func(r *Reader) error { _, err := r.String(); return err },
		"int":    func(r *Reader) error { _, err := r.Int(); return err },
		"float":  func(r *Reader) error { _, err := r.Float(); return err },
		"bool":   func(r *Reader) error { _, err := r.Bool(); return err },
		"array":  func(r *Reader) error { _, err := r.Array(); return err },
		"map":    func(r *Reader) error { _, err := r.Map(); return err },
		"any":    func(r *Reader) error { _, err := r.Any(); return err },
	} {
		t.Run(name, func(t *testing.T) {
			r := NewReader(serverError("WRONGTYPE", "not this"), nil)
			require.Equal(t, &ServerError{"WRONGTYPE", "not this"}, read(&r))
		})
	}
}

func TestAnotherTypeIsAnErrorThatNamesBoth(t *testing.T) {
	r := NewReader(sequence(abi.TagArray, integer(1)), nil)
	_, err := r.String()
	require.Equal(t, &TypeError{"a string", abi.TagArray}, err)
	require.EqualError(t, err, "unexpected reply: array where a string was expected")

	r = NewReader(text(abi.TagString, "abc"), nil)
	_, err = r.Int()
	require.Equal(t, &TypeError{"an integer", abi.TagString}, err)
	s, err := r.String()
	require.NoError(t, err, "a value of another type was consumed")
	require.Equal(t, "abc", s)
}

func TestNumbersMayComeAsText(t *testing.T) {
	r := NewReader(join(text(abi.TagString, "-7"), text(abi.TagString, "inf"), text(abi.TagString, "1e3"), integer(5)), nil)
	i, err := r.Int()
	require.NoError(t, err)
	require.Equal(t, int64(-7), i)
	for _, want := range []float64{math.Inf(1), 1000, 5} {
		f, err := r.Float()
		require.NoError(t, err)
		require.Equal(t, want, f)
	}
}

func TestArrayOfPairsIsAMapUnderRESP2(t *testing.T) {
	r := NewReader(sequence(abi.TagArray, text(abi.TagString, "k"), text(abi.TagString, "v")), nil)
	n, err := r.Map()
	require.NoError(t, err)
	require.Equal(t, 1, n)

	r = NewReader(sequence(abi.TagArray, integer(1)), nil)
	_, err = r.Map()
	require.Equal(t, &TypeError{"a map", abi.TagArray}, err)
}

func TestWhatIsGivenDoesNotReferToTheBuffer(t *testing.T) {
	buffer := text(abi.TagString, "abc")
	r := NewReader(buffer, nil)
	b, err := r.Bytes()
	require.NoError(t, err)
	copy(buffer[5:], "xyz")
	require.Equal(t, "abc", string(b))
}

func TestCountThatCannotBeAllocatesNothing(t *testing.T) {
	for _, k := range []abi.Tag{abi.TagArray, abi.TagSet, abi.TagMap, abi.TagPush} {
		r := NewReader(join(tag(k), number(math.MaxUint32)), nil)
		_, err := r.Any()
		require.ErrorIs(t, err, errMalformed)
	}
}

func FuzzReader(f *testing.F) {
	f.Add(sequence(abi.TagMap, text(abi.TagString, "k"), sequence(abi.TagArray, integer(1), tag(abi.TagNil), double(1))))
	f.Add(serverError("ERR", "x"))
	f.Add(join(tag(abi.TagShared), number(1)))
	f.Add(failed(abi.OutcomeConnectionLost, "x"))
	f.Fuzz(func(t *testing.T, data []byte) {
		shared := sharedBytes{[]byte("shared")}
		reads := []func(*Reader) error{
			(*Reader).OK, (*Reader).Skip,
			func(r *Reader) error { _, err := r.Any(); return err },
			func(r *Reader) error { _, err := r.Bytes(); return err },
			func(r *Reader) error { _, err := r.Int(); return err },
			func(r *Reader) error { _, err := r.Float(); return err },
			func(r *Reader) error { _, err := r.Bool(); return err },
			func(r *Reader) error { _, err := r.Array(); return err },
			func(r *Reader) error { _, err := r.Map(); return err },
		}
		for _, read := range reads {
			r := NewReader(data, shared)
			for read(&r) == nil && len(r.Rest()) > 0 {
			}
		}
		// What can be read can be skipped, and is as long.
		read, skipped := NewReader(data, shared), NewReader(data, shared)
		_, readErr := read.Any()
		skippedErr := skipped.Skip()
		if readErr == nil && (skippedErr != nil || len(read.Rest()) != len(skipped.Rest())) {
			t.Fatalf("Any: %v, Skip: %v", readErr, skippedErr)
		}
		// What can be skipped can be kept, and is the same.
		keeping := NewReader(data, shared)
		kept, keptErr := keeping.Keep(1)
		if (keptErr == nil) != (skippedErr == nil) {
			t.Fatalf("Keep: %v, Skip: %v", keptErr, skippedErr)
		}
		if keptErr == nil {
			again, original := kept.At(0), NewReader(data, shared)
			a, aErr := again.Any()
			b, bErr := original.Any()
			if (aErr == nil) != (bErr == nil) || fmt.Sprint(a) != fmt.Sprint(b) {
				t.Fatalf("kept: %v, %v; original: %v, %v", a, aErr, b, bErr)
			}
		}
		for rest, ok := data, true; ok; {
			var entry Entry
			if entry, rest, ok = NextEntry(rest); ok {
				Texts(entry.Body)
			}
		}
	})
}

func TestKeptValuesOutliveTheirBuffer(t *testing.T) {
	shared := sharedBytes{[]byte("large"), []byte("other")}
	data := join(text(abi.TagString, "a"), join(tag(abi.TagShared), number(0)), serverError("ERR", "x"), sequence(abi.TagArray, tag(abi.TagNil), integer(7)), tag(abi.TagOK))
	r := NewReader(data, shared)
	kept, err := r.Keep(4)
	require.NoError(t, err)
	require.Equal(t, 4, kept.Len())
	require.Equal(t, []byte{byte(abi.TagOK)}, r.Rest())
	clear(data)
	clear(shared[0])

	for range 2 {
		readers := []Reader{kept.At(0), kept.At(1), kept.At(2), kept.At(3)}
		a, err := readers[0].String()
		require.NoError(t, err)
		require.Equal(t, "a", a)
		large, err := readers[1].String()
		require.NoError(t, err)
		require.Equal(t, "large", large)
		require.EqualError(t, readers[2].OK(), "ERR x")
		array, err := readers[3].Any()
		require.NoError(t, err)
		require.Equal(t, []any{nil, int64(7)}, array)
	}
	bytes := kept.At(1)
	changed, err := bytes.Bytes()
	require.NoError(t, err)
	clear(changed)
	again := kept.At(1)
	unchanged, err := again.String()
	require.NoError(t, err)
	require.Equal(t, "large", unchanged)
}

// failed is a command of a batch that no server has answered.
func failed(outcome abi.Outcome, message string) []byte {
	return join([]byte{byte(abi.TagFailure), byte(outcome), 1}, number(4), []byte("CODE"), number(len(message)), []byte(message))
}

func TestAFailureStandsInThePlaceOfAReply(t *testing.T) {
	data := join(failed(abi.OutcomeConnectionLost, "gone"), text(abi.TagString, "a"))
	for _, read := range []func(*Reader) error{
		(*Reader).OK,
		func(r *Reader) error { _, err := r.Any(); return err },
		func(r *Reader) error { _, err := r.String(); return err },
	} {
		r := NewReader(data, nil)
		require.Equal(t, &Failure{abi.OutcomeConnectionLost, "CODE", "gone", true}, read(&r))
		a, err := r.String()
		require.NoError(t, err)
		require.Equal(t, "a", a)
	}
	r := NewReader(data, nil)
	require.NoError(t, r.Skip())
	a, err := r.String()
	require.NoError(t, err)
	require.Equal(t, "a", a)
	for length := range len(data) - 6 {
		r := NewReader(data[:length], nil)
		require.Error(t, r.OK())
	}
}
