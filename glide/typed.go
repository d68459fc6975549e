package glide

import (
	"context"
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"time"
)

// DoAs sends a command like [Client.Do] and returns its reply as a T:
//
//	count, err := glide.DoAs[int64](ctx, client, "OBJECT", "REFCOUNT", "key")
//
// T may be a string, a []byte, a bool, an integer, a float, a [time.Duration] in
// Go's format ("1.5s"), a type that implements [encoding.TextUnmarshaler], a slice,
// a map with string keys, an [Optional] or a pointer, which are nil for a missing
// value, a struct, which is decoded like a hash (see [DecodeHash]), or any. If T is
// a number or a bool, strings are parsed, and 0 and 1 are false and true. A reply of
// another type is an [ErrUnexpectedReply]; the server has run the command.
func DoAs[T any](ctx context.Context, on Commander, args ...string) (T, error) {
	name := "custom command"
	if len(args) > 0 && args[0] != "" {
		name = args[0]
	}
	var reply any
	var err error
	if own, ok := commandsOf(on); ok {
		reply, err = own.Do(ctx, args...) // of nil, too
	} else {
		reply, err = on.Do(ctx, args...)
	}
	return convertReply[T](name, reply, err)
}

// RunScriptAs runs a script like [Client.RunScript] and returns its result as a T,
// which may be what [DoAs] allows.
func RunScriptAs[T any](ctx context.Context, on ScriptingCommands, script *Script, keys []string, args ...string) (T, error) {
	if own, ok := commandsOf(on); ok {
		on = own // of nil, too
	}
	reply, err := on.RunScript(ctx, script, keys, args...)
	return convertReply[T]("EVALSHA", reply, err)
}

func convertReply[T any](name string, reply any, err error) (value T, _ error) {
	if err != nil {
		return value, err
	}
	if err := convert(reflect.ValueOf(&value).Elem(), reply); err != nil {
		var none T
		return none, &failure{name, err.Error(), []error{ErrUnexpectedReply}}
	}
	return value, nil
}

// optional is what an [Optional] of any type can do.
type optional interface{ fill(reply any) error }

// fill sets the value to a reply, unless that is nil.
func (o *Optional[T]) fill(reply any) error {
	*o = Optional[T]{}
	if reply == nil {
		return nil
	}
	o.present = true
	return convert(reflect.ValueOf(&o.value).Elem(), reply)
}

// convert sets a value to a reply.
func convert(to reflect.Value, reply any) error {
	if optional, ok := to.Addr().Interface().(optional); ok {
		return optional.fill(reply)
	}
	switch to.Kind() {
	case reflect.Interface:
		if to.NumMethod() == 0 {
			if reply != nil {
				to.Set(reflect.ValueOf(reply))
			}
			return nil
		}
	case reflect.Pointer:
		if reply == nil {
			return nil
		}
		to.Set(reflect.New(to.Type().Elem()))
		return convert(to.Elem(), reply)
	}
	switch reply := reply.(type) {
	case string:
		return convertString(to, reply)
	case []byte:
		return convertString(to, string(reply))
	case bool:
		return convertBool(to, reply)
	case int64:
		return convertNumber(to, reply, strconv.FormatInt(reply, 10))
	case float64:
		return convertNumber(to, reply, strconv.FormatFloat(reply, 'g', -1, 64))
	case []any:
		return convertArray(to, reply)
	case map[string]any:
		return convertMap(to, reply)
	}
	return mismatch(to, reply)
}

// mismatch is the error of a reply of the wrong type. It does not contain the
// reply, which may be a secret.
func mismatch(to reflect.Value, reply any) error {
	if reply == nil {
		return fmt.Errorf("nil where %v is wanted", to.Type())
	}
	return fmt.Errorf("%T where %v is wanted", reply, to.Type())
}

var (
	durationType = reflect.TypeFor[time.Duration]()
	bytesType    = reflect.TypeFor[[]byte]()
)

// convertString sets a value to a text.
func convertString(to reflect.Value, text string) (err error) {
	if unmarshaler, ok := to.Addr().Interface().(encoding.TextUnmarshaler); ok {
		if unmarshaler.UnmarshalText([]byte(text)) != nil {
			return unreadable(to)
		}
		return nil
	}
	switch kind := to.Kind(); {
	case to.Type() == durationType:
		var d time.Duration
		d, err = time.ParseDuration(text)
		to.SetInt(int64(d))
	case kind == reflect.String:
		to.SetString(text)
	case to.Type().ConvertibleTo(bytesType) && kind == reflect.Slice:
		to.SetBytes([]byte(text))
	case kind == reflect.Bool:
		var b bool
		b, err = strconv.ParseBool(text)
		to.SetBool(b)
	case to.CanInt():
		var i int64
		i, err = strconv.ParseInt(text, 10, to.Type().Bits())
		to.SetInt(i)
	case to.CanUint():
		var u uint64
		u, err = strconv.ParseUint(text, 10, to.Type().Bits())
		to.SetUint(u)
	case to.CanFloat():
		var f float64
		f, err = strconv.ParseFloat(text, to.Type().Bits())
		to.SetFloat(f)
	default:
		return mismatch(to, text)
	}
	if err != nil {
		return unreadable(to)
	}
	return nil
}

// unreadable is the error of a text that cannot be parsed. It does not contain the
// text, which may be a secret.
func unreadable(to reflect.Value) error { return fmt.Errorf("a string where %v is wanted", to.Type()) }

func convertBool(to reflect.Value, b bool) error {
	if to.Kind() != reflect.Bool {
		return mismatch(to, b)
	}
	to.SetBool(b)
	return nil
}

// convertNumber sets a value to a number that is written so.
func convertNumber(to reflect.Value, number any, text string) error {
	switch {
	case to.Kind() == reflect.Bool && (text == "0" || text == "1"):
		to.SetBool(text == "1")
		return nil
	case to.Type() != durationType && (to.CanInt() || to.CanUint() || to.CanFloat()):
		if convertString(to, text) == nil {
			return nil
		}
		return fmt.Errorf("a number that is not in the range of %v", to.Type())
	}
	return mismatch(to, number)
}

func convertArray(to reflect.Value, items []any) error {
	if to.Kind() == reflect.Map || to.Kind() == reflect.Struct {
		// Without RESP3 a map is an array of keys and values.
		fields := make(map[string]any, len(items)/2)
		for i := 0; i+1 < len(items); i += 2 {
			key, ok := items[i].(string)
			if !ok {
				return mismatch(to, items)
			}
			fields[key] = items[i+1]
		}
		if len(items)%2 != 0 {
			return mismatch(to, items)
		}
		return convertMap(to, fields)
	}
	if to.Kind() != reflect.Slice || to.Type() == bytesType {
		return mismatch(to, items)
	}
	slice := reflect.MakeSlice(to.Type(), len(items), len(items))
	for i, item := range items {
		if err := convert(slice.Index(i), item); err != nil {
			return fmt.Errorf("at %d: %w", i, err)
		}
	}
	to.Set(slice)
	return nil
}

func convertMap(to reflect.Value, fields map[string]any) error {
	if to.Kind() == reflect.Struct {
		return decodeFields(to, func(name string) (any, bool) {
			value, ok := fields[name]
			return value, ok
		})
	}
	if to.Kind() != reflect.Map || to.Type().Key().Kind() != reflect.String {
		return mismatch(to, fields)
	}
	m := reflect.MakeMapWithSize(to.Type(), len(fields))
	for key, field := range fields {
		value := reflect.New(to.Type().Elem()).Elem()
		if err := convert(value, field); err != nil {
			return fmt.Errorf("%q: %w", key, err)
		}
		m.SetMapIndex(reflect.ValueOf(key).Convert(to.Type().Key()), value)
	}
	to.Set(m)
	return nil
}
