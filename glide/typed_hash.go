package glide

import (
	"context"
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"sync"
	"time"
)

// EncodeHash returns the fields of a struct, or of what a pointer to a struct
// points to, as the fields of a hash, for [Client.HSet]:
//
//	type User struct {
//		Name  string `glide:"name"`
//		Email string `glide:"email,omitempty"`
//		Login time.Time
//	}
//	fields, err := glide.EncodeHash(User{Name: "Ada"})
//	_, err = client.HSet(ctx, "user:1", fields)
//
// A field of the struct has the name in its tag glide, or else in its tag redis,
// or else its name in Go. The name "-" leaves it out, as do unexported fields;
// with omitempty it is left out if it has its zero value. Fields of embedded
// structs count as the struct's own. A field is a string, a []byte, a bool (1 or
// 0), a number, a [time.Duration] ("1.5s"), a type that implements
// [encoding.TextMarshaler] such as [time.Time], or a pointer or an [Optional] of
// one of these, which is left out if it is empty. Anything else is an
// [ErrInvalidArgument].
func EncodeHash(value any) (map[string]string, error) {
	v := reflect.ValueOf(value)
	for v.Kind() == reflect.Pointer && !v.IsNil() {
		v = v.Elem()
	}
	if v.Kind() != reflect.Struct {
		return nil, invalid("hash", fmt.Sprintf("%T is not a struct", value))
	}
	// The methods of pointers are found on what can be addressed.
	addressable := reflect.New(v.Type()).Elem()
	addressable.Set(v)
	fields := map[string]string{}
	for _, field := range hashFields(v.Type()) {
		in, err := addressable.FieldByIndexErr(field.index)
		if err != nil || field.omitEmpty && in.IsZero() {
			continue // it is in an embedded pointer that is nil
		}
		text, ok, err := encodeField(in)
		if err != nil {
			return nil, invalid("hash", field.name+": "+err.Error())
		}
		if ok {
			fields[field.name] = text
		}
	}
	return fields, nil
}

// DecodeHash sets the fields of the struct that a pointer points to from the
// fields of a hash, such as [Client.HGetAll] returns. They are matched as in
// [EncodeHash]. Fields of the struct that the hash does not have keep their values,
// and fields of the hash that the struct does not have are ignored. A value that
// the field cannot hold is an [ErrUnexpectedReply] that names the field.
func DecodeHash(fields map[string]string, into any) error {
	v := reflect.ValueOf(into)
	if v.Kind() != reflect.Pointer || v.IsNil() || v.Elem().Kind() != reflect.Struct {
		return invalid("hash", fmt.Sprintf("%T is not a pointer to a struct", into))
	}
	err := decodeFields(v.Elem(), func(name string) (any, bool) {
		value, ok := fields[name]
		return value, ok
	})
	if err != nil {
		return &failure{"hash", err.Error(), []error{ErrUnexpectedReply}}
	}
	return nil
}

// HGetAllAs returns a hash as a struct, which [DecodeHash] sets, or a nil
// Optional if key does not exist.
//
// https://valkey.io/commands/hgetall/
func HGetAllAs[T any](ctx context.Context, on HashCommands, key string) (Optional[T], error) {
	if own, ok := commandsOf(on); ok {
		on = own // of nil, too
	}
	fields, err := on.HGetAll(ctx, key)
	if err != nil || len(fields) == 0 {
		return Optional[T]{}, err
	}
	var value T
	if err := DecodeHash(fields, &value); err != nil {
		return Optional[T]{}, err
	}
	return Some(value), nil
}

// hashField is a field of a struct as the field of a hash.
type hashField struct {
	name      string
	index     []int
	omitEmpty bool
}

// hashFieldsOf are the fields of the types that were used, by their type.
var hashFieldsOf sync.Map

// hashFields returns the fields of a struct. Of several with the same name it has
// the one that Go would select.
func hashFields(t reflect.Type) []hashField {
	if known, ok := hashFieldsOf.Load(t); ok {
		return known.([]hashField)
	}
	var fields []hashField
	at := map[string]int{}
	for _, field := range reflect.VisibleFields(t) {
		tag, tagged := field.Tag.Lookup("glide")
		if !tagged {
			tag, tagged = field.Tag.Lookup("redis")
		}
		name, omitEmpty := trimTag(tag)
		if name == "-" || !field.IsExported() || field.Anonymous && !tagged && isStruct(field.Type) {
			continue
		}
		if name == "" {
			name = field.Name
		}
		found := hashField{name, field.Index, omitEmpty}
		if i, ok := at[name]; !ok {
			at[name] = len(fields)
			fields = append(fields, found)
		} else if len(found.index) < len(fields[i].index) {
			fields[i] = found
		}
	}
	hashFieldsOf.Store(t, fields)
	return fields
}

// trimTag returns the name in a tag and whether it has the option omitempty.
func trimTag(tag string) (name string, omitEmpty bool) {
	name, options, _ := strings.Cut(tag, ",")
	return name, strings.Contains(","+options+",", ",omitempty,")
}

func isStruct(t reflect.Type) bool {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t.Kind() == reflect.Struct
}

// encodeField returns a field as text, and whether it has a value.
func encodeField(v reflect.Value) (text string, ok bool, err error) {
	if optional, isOptional := v.Addr().Interface().(interface{ hashText() (string, bool, error) }); isOptional {
		return optional.hashText()
	}
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return "", false, nil
		}
		return encodeField(v.Elem())
	}
	if marshaler, ok := v.Addr().Interface().(encoding.TextMarshaler); ok {
		text, err := marshaler.MarshalText()
		return string(text), err == nil, err
	}
	switch kind := v.Kind(); {
	case v.Type() == durationType:
		return time.Duration(v.Int()).String(), true, nil
	case kind == reflect.String:
		return v.String(), true, nil
	case kind == reflect.Slice && v.Type().ConvertibleTo(bytesType):
		return string(v.Bytes()), true, nil
	case kind == reflect.Bool && v.Bool():
		return "1", true, nil
	case kind == reflect.Bool:
		return "0", true, nil
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10), true, nil
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10), true, nil
	case v.CanFloat():
		return strconv.FormatFloat(v.Float(), 'g', -1, v.Type().Bits()), true, nil
	}
	return "", false, fmt.Errorf("a %v has no form in a hash", v.Type())
}

// hashText returns the value as the text of a field of a hash, if there is one.
func (o *Optional[T]) hashText() (string, bool, error) {
	if !o.present {
		return "", false, nil
	}
	return encodeField(reflect.ValueOf(&o.value).Elem())
}

// decodeFields sets the fields of a struct from those that get returns by name.
func decodeFields(to reflect.Value, get func(name string) (any, bool)) error {
	for _, field := range hashFields(to.Type()) {
		value, ok := get(field.name)
		if !ok {
			continue
		}
		in, err := fieldAt(to, field.index)
		if err == nil {
			err = convert(in, value)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", field.name, err)
		}
	}
	return nil
}

// fieldAt returns a field. Embedded pointers that are nil on the way are made.
func fieldAt(v reflect.Value, index []int) (reflect.Value, error) {
	for i, at := range index {
		if i > 0 && v.Kind() == reflect.Pointer {
			if v.IsNil() {
				if !v.CanSet() {
					return v, fmt.Errorf("an embedded pointer to the unexported %v is nil", v.Type().Elem())
				}
				v.Set(reflect.New(v.Type().Elem()))
			}
			v = v.Elem()
		}
		v = v.Field(at)
	}
	return v, nil
}
