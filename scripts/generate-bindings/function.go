package main

import (
	"fmt"
	"strings"
)

// callbackType is the type of the ready callback. Bindings pass glide_wake.
const callbackType = "ready"

// cType says how a C type is written elsewhere: in Go, in the calls over cgo
// and purego, and in Rust.
type cType struct {
	golang string
	// cgo and purego convert a Go value, whose name takes the place of %s.
	cgo, purego string
	// pointer: the value points to Go memory, which has to live for the call.
	pointer bool
	rust    string
}

var cTypes = map[string]cType{
	"uint32_t":            {golang: "uint32", cgo: "C.uint32_t(%s)", purego: "uintptr(%s)", rust: "u32"},
	"uint64_t":            {golang: "uint64", cgo: "C.uint64_t(%s)", purego: "uintptr(%s)", rust: "u64"},
	"int64_t":             {golang: "int64", rust: "i64"},
	"size_t":              {golang: "uintptr", cgo: "C.size_t(%s)", purego: "%s", rust: "usize"},
	"uint64_t *":          {golang: "*uint64", cgo: "(*C.uint64_t)(%s)", purego: "uintptr(unsafe.Pointer(%s))", pointer: true, rust: "*mut u64"},
	"const GlideEngine *": {golang: "Engine", cgo: "(*C.GlideEngine)(%s)", purego: "uintptr(%s)", rust: "Engine"},
	"const GlideEngine **": {golang: "*Engine", cgo: "(**C.GlideEngine)(unsafe.Pointer(%s))",
		purego: "uintptr(unsafe.Pointer(%s))", pointer: true, rust: "*mut Engine"},
	"GlideReplies *": {golang: "*Replies", cgo: "(*C.GlideReplies)(unsafe.Pointer(%s))",
		purego: "uintptr(unsafe.Pointer(%s))", pointer: true, rust: "*mut Replies"},
	"GlideReplyBuffer *": {golang: "unsafe.Pointer", cgo: "(*C.GlideReplyBuffer)(%s)", purego: "uintptr(%s)", rust: "*mut u8"},
	"const uint8_t *": {golang: "[]byte", cgo: "(*C.uint8_t)(unsafe.SliceData(%s))",
		purego: "uintptr(unsafe.Pointer(unsafe.SliceData(%s)))", pointer: true, rust: "*const u8"},
	"GlideStatus": {golang: "Status", rust: "i32"},
	callbackType:  {rust: "Option<Ready>"},
}

func typeOf(c string) (cType, error) {
	t, ok := cTypes[c]
	if !ok {
		return t, fmt.Errorf("no binding for the type %q", c)
	}
	return t, nil
}

// GoName is the name of the function's method in Go.
func (f Function) GoName() string {
	name := goName(strings.ToUpper(f.Name))
	if name == "ABIVersion" {
		return "abiVersion"
	}
	return strings.ToLower(name[:1]) + name[1:]
}

// IsWake reports whether this is the ready callback that bindings pass.
func (f Function) IsWake() bool { return f.Name == "wake" }

// check refuses a function that cannot be called with what is known here.
func (f Function) check() error {
	if f.IsWake() != (f.Result == "void") {
		return fmt.Errorf("only the ready callback returns nothing")
	}
	if !f.IsWake() {
		if _, err := typeOf(f.Result); err != nil {
			return err
		}
	}
	for i, p := range f.Parameters {
		if !properName.MatchString(p.Name) {
			return fmt.Errorf("the name %q of a parameter", p.Name)
		}
		t, err := typeOf(p.Type)
		if err != nil {
			return err
		}
		if p.Type != callbackType && (t.cgo == "" || t.purego == "") {
			return fmt.Errorf("a parameter of type %q", p.Type)
		}
		if p.Type == "const uint8_t *" && (i+1 == len(f.Parameters) || !f.isLength(i+1)) {
			return fmt.Errorf("the bytes %s without their length", p.Name)
		}
	}
	return nil
}

// isLength reports whether a parameter is the length of the bytes before it.
func (f Function) isLength(i int) bool {
	return i > 0 && f.Parameters[i].Type == "size_t" && f.Parameters[i-1].Type == "const uint8_t *"
}

// GoParameters are the parameters of the function's method in Go.
func (f Function) GoParameters() (string, error) {
	var list []string
	for i, p := range f.Parameters {
		if f.isLength(i) || p.Type == callbackType {
			continue
		}
		t, err := typeOf(p.Type)
		if err != nil {
			return "", err
		}
		list = append(list, p.goName()+" "+t.golang)
	}
	return strings.Join(list, ", "), nil
}

// GoTypes are the types of these parameters.
func (f Function) GoTypes() (string, error) {
	parameters, err := f.GoParameters()
	var list []string
	for _, p := range strings.Split(parameters, ", ") {
		_, t, _ := strings.Cut(p, " ")
		list = append(list, t)
	}
	return strings.Join(list, ", "), err
}

// GoResult is the method's result.
func (f Function) GoResult() (string, error) {
	t, err := typeOf(f.Result)
	return t.golang, err
}

func (p Parameter) goName() string {
	name := goName(strings.ToUpper(p.Name))
	return strings.ToLower(name[:1]) + name[1:]
}

// arguments are those of a call, each as the given conversion says.
func (f Function) arguments(wake string, convert func(cType) string) (string, error) {
	var list []string
	for i, p := range f.Parameters {
		t, err := typeOf(p.Type)
		switch {
		case err != nil:
			return "", err
		case p.Type == callbackType:
			list = append(list, wake)
		case f.isLength(i):
			size := convert(cTypes["size_t"])
			if size == "%s" {
				size = "uintptr(%s)"
			}
			list = append(list, fmt.Sprintf(size, "len("+f.Parameters[i-1].goName()+")"))
		default:
			list = append(list, fmt.Sprintf(convert(t), p.goName()))
		}
	}
	return strings.Join(list, ", "), nil
}

// CgoArguments are the arguments of the call over cgo.
func (f Function) CgoArguments() (string, error) {
	arguments, err := f.arguments("", func(t cType) string { return t.cgo })
	return strings.TrimPrefix(arguments, ", "), err
}

// PuregoArguments are the arguments of the call over purego.
func (f Function) PuregoArguments() (string, error) {
	return f.arguments("l.wakeAt", func(t cType) string { return t.purego })
}

// Pointers are the parameters that point to memory of Go.
func (f Function) Pointers() []string {
	var list []string
	for _, p := range f.Parameters {
		if cTypes[p.Type].pointer {
			list = append(list, p.goName())
		}
	}
	return list
}

// CParameters are the parameters of the shim in C, and CArguments those that it
// passes on.
func (f Function) CParameters() string {
	var list []string
	for _, p := range f.Parameters {
		if p.Type != callbackType {
			list = append(list, p.Type+" "+p.Name)
		}
	}
	return strings.Join(list, ", ")
}

// CArguments are what the shim passes on.
func (f Function) CArguments() string {
	var list []string
	for _, p := range f.Parameters {
		name := p.Name
		if p.Type == callbackType {
			name = "(void (*)(size_t))f->wake"
		}
		list = append(list, name)
	}
	return strings.Join(list, ", ")
}

// RustTypes are the types of the parameters in Rust.
func (f Function) RustTypes() (string, error) {
	var list []string
	for _, p := range f.Parameters {
		t, err := typeOf(p.Type)
		if err != nil {
			return "", err
		}
		list = append(list, t.rust)
	}
	return strings.Join(list, ", "), nil
}

// RustResult is the result's type in Rust.
func (f Function) RustResult() (string, error) {
	t, err := typeOf(f.Result)
	return t.rust, err
}

// Golang is the type of an enum's numbers in Go.
func (e Enum) Golang() string { return strings.TrimSuffix(e.CType, "_t") }

// Rust is the type of an enum's numbers in Rust.
func (e Enum) Rust() string { return e.Golang()[:1] + strings.TrimLeft(e.Golang(), "uint") }
