package glide

import (
	"strconv"

	"github.com/valkey-glide/go/glide/internal/decode"
	"github.com/valkey-glide/go/glide/internal/wire"
)

// IncrExOption is an option of [Client.IncrEx] and [Client.IncrExByFloat]: it
// limits the result, [LowerBound], [UpperBound] or [Saturate], or sets or
// removes the expiry of the key, [ExpireIn], [ExpireAt], [IfExpiryAbsent] or
// [Persist].
type IncrExOption interface {
	option
	incrExOption()
}

func (Expiry) incrExOption()  {}
func (persist) incrExOption() {}

type incrExOption struct{ argument }

func (incrExOption) incrExOption() {}

// LowerBound (LBOUND) is the smallest result. If it would be smaller, the value
// stays as it is, unless [Saturate] is given.
func LowerBound[N int | int64 | float64](bound N) IncrExOption {
	return incrExOption{textArgument("LowerBound", "LBOUND", numberText(bound))}
}

// UpperBound (UBOUND) is the largest result. If it would be larger, the value
// stays as it is, unless [Saturate] is given.
func UpperBound[N int | int64 | float64](bound N) IncrExOption {
	return incrExOption{textArgument("UpperBound", "UBOUND", numberText(bound))}
}

func numberText[N int | int64 | float64](number N) string {
	if float, ok := any(number).(float64); ok {
		return strconv.FormatFloat(float, 'g', -1, 64)
	}
	return strconv.FormatInt(int64(number), 10)
}

// incrExFlag is the option SATURATE or ENX.
type incrExFlag string

const (
	// Saturate (SATURATE) makes a result that would be out of bounds the bound.
	Saturate incrExFlag = "SATURATE"
	// IfExpiryAbsent (ENX) sets the expiry only if the key has none. The value
	// is incremented in any case.
	IfExpiryAbsent incrExFlag = "ENX"
)

func (f incrExFlag) appendTo(to *wire.Request) { to.String(string(f)) }
func (f incrExFlag) conflictKey() string       { return string(f) }
func (incrExFlag) incrExOption()               {}

// Increment is the result of IncrEx: the value after it was incremented, and by
// how much. By is 0 if the result would have been out of bounds, and smaller
// than requested if [Saturate] limited the result to a bound.
type Increment[N int64 | float64] struct{ Value, By N }

// readIncrement reads a value and an increment.
func readIncrement[N int64 | float64](number func(*wire.Reader) (N, error)) func(*wire.Reader) (Increment[N], error) {
	return func(r *wire.Reader) (done Increment[N], err error) {
		err = decode.Tuple(r, decode.To(&done.Value, number), decode.To(&done.By, number))
		return done, err
	}
}

var (
	readIntIncrement   = readIncrement(decode.Int)
	readFloatIncrement = readIncrement(decode.Float)
)

// IncrEx increments the integer stored at key by increment (BYINT), within
// bounds, and sets its expiry if an option says so; otherwise the expiry stays
// as it is. A key that does not exist counts as 0. Since Redis 8.8.
//
// https://redis.io/docs/latest/commands/increx/
func incrEx(key string, increment int64, options ...IncrExOption) command[Increment[int64]] {
	cmd := named("INCREX").Key(key).Arg("BYINT").Integer(increment)
	return newCommand(appendOptions(cmd, options), readIntIncrement)
}

// IncrExByFloat increments the number stored at key by increment (BYFLOAT).
// Otherwise it is like [Client.IncrEx]. Since Redis 8.8.
//
// https://redis.io/docs/latest/commands/increx/
func incrExByFloat(key string, increment float64, options ...IncrExOption) command[Increment[float64]] {
	cmd := named("INCREX").Key(key).Arg("BYFLOAT").NotNaN(increment, "an increment")
	return newCommand(appendOptions(cmd, options), readFloatIncrement)
}
