package glide

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func as[T any](t *testing.T, reply any) T {
	t.Helper()
	value, err := convertReply[T]("TEST", reply, nil)
	require.NoError(t, err)
	return value
}

// requireNot requires that a reply is no T, and that the error does not contain the
// reply.
func requireNot[T any](t *testing.T, reply any, detail string) {
	t.Helper()
	_, err := convertReply[T]("TEST", reply, nil)
	require.ErrorIs(t, err, ErrUnexpectedReply)
	require.EqualError(t, err, "glide: TEST: unexpected reply: "+detail)
}

func TestRepliesAreReadAsTheTypeThatIsAskedFor(t *testing.T) {
	require.Equal(t, "text", as[string](t, "text"))
	require.Equal(t, []byte("text"), as[[]byte](t, "text"))
	require.Equal(t, int8(-5), as[int8](t, int64(-5)))
	require.Equal(t, uint16(65535), as[uint16](t, "65535"))
	require.Equal(t, 1.5, as[float64](t, 1.5))
	require.Equal(t, 2.0, as[float64](t, int64(2)))
	require.Equal(t, math.Inf(1), as[float64](t, "inf"))
	require.Equal(t, 3, as[int](t, 3.0))
	require.True(t, as[bool](t, int64(1)))
	require.False(t, as[bool](t, false))
	require.Equal(t, 1500*time.Millisecond, as[time.Duration](t, "1.5s"))
	require.Equal(t, time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC), as[time.Time](t, "2020-01-02T03:04:05Z"))
	require.Equal(t, []int{1, 2}, as[[]int](t, []any{int64(1), "2"}))
	require.Equal(t, [][]string{{"a"}, {}}, as[[][]string](t, []any{[]any{"a"}, []any{}}))
	require.Equal(t, map[string]int{"a": 1}, as[map[string]int](t, map[string]any{"a": int64(1)}))
	require.Equal(t, map[string]string{"a": "b"}, as[map[string]string](t, []any{"a", "b"}))
	require.Equal(t, Some("a"), as[Optional[string]](t, "a"))
	require.Equal(t, None[string](), as[Optional[string]](t, nil))
	require.Equal(t, []Optional[int]{Some(1), None[int]()}, as[[]Optional[int]](t, []any{int64(1), nil}))
	require.Nil(t, as[*string](t, nil))
	require.Equal(t, "a", *as[*string](t, "a"))
	require.Nil(t, as[any](t, nil))
	require.Equal(t, []any{int64(1)}, as[any](t, []any{int64(1)}))
	type point struct{ X, Y float64 }
	require.Equal(t, point{1, 2.5}, as[point](t, []any{"X", "1", "Y", 2.5}))
	require.Equal(t, []point{{1, 2}}, as[[]point](t, []any{map[string]any{"X": int64(1), "Y": "2", "Z": "3"}}))

	requireNot[string](t, nil, "nil where string is wanted")
	requireNot[string](t, int64(1), "int64 where string is wanted")
	requireNot[int8](t, int64(128), "a number that is not in the range of int8")
	requireNot[uint](t, int64(-1), "a number that is not in the range of uint")
	requireNot[int](t, 1.5, "a number that is not in the range of int")
	requireNot[int](t, "secret", "a string where int is wanted")
	requireNot[bool](t, int64(2), "int64 where bool is wanted")
	requireNot[time.Time](t, "secret", "a string where time.Time is wanted")
	requireNot[[]int](t, []any{int64(1), "secret"}, "at 1: a string where int is wanted")
	requireNot[map[string]int](t, []any{"a"}, "[]interface {} where map[string]int is wanted")
	requireNot[map[int]int](t, map[string]any{}, "map[string]interface {} where map[int]int is wanted")
	requireNot[chan int](t, "a", "string where chan int is wanted")
	requireNot[point](t, map[string]any{"X": "secret"}, "X: a string where float64 is wanted")
}

type origin struct {
	ID      int64
	Created time.Time `glide:"created"`
}

type owner struct{ Owner string }

type record struct {
	origin
	*owner
	Name     string           `glide:"name" redis:"other"`
	Old      string           `redis:"old"`
	Note     string           `glide:",omitempty"`
	Data     []byte           `glide:"data"`
	Active   bool             `glide:"active"`
	Ratio    float32          `glide:"ratio"`
	Wait     time.Duration    `glide:"wait"`
	Limit    *int             `glide:"limit"`
	Nickname Optional[string] `glide:"nickname"`
	Secret   string           `glide:"-"`
	hidden   string
}

func TestStructsAreHashes(t *testing.T) {
	limit := 5
	full := record{
		origin: origin{7, time.Date(2020, 1, 2, 3, 4, 5, 6, time.UTC)},
		Name:   "Ada", Old: "tag", Note: "note", Data: []byte{0, 255}, Active: true, Ratio: 0.1, Wait: time.Minute,
		Limit: &limit, Nickname: Some(""),
	}
	fields, err := EncodeHash(&full)
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"ID": "7", "created": "2020-01-02T03:04:05.000000006Z", "name": "Ada", "old": "tag", "Note": "note",
		"data": "\x00\xff", "active": "1", "ratio": "0.1", "wait": "1m0s", "limit": "5", "nickname": "",
	}, fields)
	var read record
	require.NoError(t, DecodeHash(fields, &read))
	require.Equal(t, full, read)

	fields, err = EncodeHash(record{})
	require.NoError(t, err)
	require.Equal(t, map[string]string{
		"ID": "0", "created": "0001-01-01T00:00:00Z", "name": "", "old": "", "data": "", "active": "0", "ratio": "0", "wait": "0s",
	}, fields)

	read = record{Name: "kept", Secret: "kept", hidden: "kept"}
	require.NoError(t, DecodeHash(map[string]string{"old": "set", "unknown": "ignored", "-": "ignored", "Secret": "ignored", "hidden": "ignored"}, &read))
	require.Equal(t, record{Name: "kept", Secret: "kept", hidden: "kept", Old: "set"}, read)
}

func TestWhatIsNoHashIsRefused(t *testing.T) {
	for _, value := range []any{nil, 1, "text", map[string]string{}, (*record)(nil), struct{ C chan int }{}, struct{ S []string }{}} {
		_, err := EncodeHash(value)
		require.ErrorIs(t, err, ErrInvalidArgument, "%T", value)
	}
	for _, into := range []any{nil, record{}, (*record)(nil), new(int)} {
		require.ErrorIs(t, DecodeHash(map[string]string{}, into), ErrInvalidArgument, "%T", into)
	}
	err := DecodeHash(map[string]string{"ID": "secret"}, &record{})
	require.EqualError(t, err, "glide: hash: unexpected reply: ID: a string where int64 is wanted")
	// Reflection cannot make what it is not allowed to see.
	err = DecodeHash(map[string]string{"Owner": "Ada"}, &record{})
	require.ErrorIs(t, err, ErrUnexpectedReply)
	require.ErrorContains(t, err, "unexported")
	known := record{owner: &owner{}}
	require.NoError(t, DecodeHash(map[string]string{"Owner": "Ada"}, &known))
	require.Equal(t, "Ada", known.Owner)
}

func TestAnOptionalIsPrintedAsItsValue(t *testing.T) {
	require.Equal(t, "text", Some("text").String())
	require.Equal(t, "1.5", Some(1.5).String())
	require.Equal(t, "text", Some([]byte("text")).String())
	require.Equal(t, "[text <nil>]", fmt.Sprint([]Optional[string]{Some("text"), None[string]()}))
	require.Equal(t, "<nil>", None[string]().String())
	value, err := Some(1).OrErr(ErrClosed)
	require.NoError(t, err)
	require.Equal(t, 1, value)
	_, err = None[int]().OrErr(ErrClosed)
	require.Equal(t, ErrClosed, err)
}

func TestCodeIsThatOfTheServer(t *testing.T) {
	require.Equal(t, "WRONGTYPE", Code(&ServerError{"GET", "WRONGTYPE", "text"}))
	require.Equal(t, "WRONGPASS", Code(&failure{"GET", "", []error{ErrAuthentication, &ServerError{"GET", "WRONGPASS", ""}}}))
	require.Empty(t, Code(ErrTimeout))
	require.Empty(t, Code(nil))
}
