package main

import (
	"fmt"
	"regexp"
	"strings"
)

// Header is what the C header declares.
type Header struct {
	Constants []Constant
	Enums     []Enum
	Functions []Function
}

// Constant is a number. CName is its name in C less the prefix.
type Constant struct{ Doc, Name, CName, Value string }

// Enum is a type of numbers.
type Enum struct {
	Doc, Name, CType string
	Values           []Constant
}

// Function is a function of the library.
type Function struct {
	// Name is the C name less its prefix.
	Name       string
	Result     string
	Parameters []Parameter
	// Keeps reports whether the library keeps something that is passed in.
	Keeps bool
}

// Parameter is a parameter in C.
type Parameter struct{ Type, Name string }

const prefix = "glide_"

var (
	constants    = regexp.MustCompile(`(?m)((?:^//.*\n)*)^#define GLIDE_(\w+) (\d+)(ull)?$`)
	enums        = regexp.MustCompile(`(?m)((?:^//.*\n)*)^enum Glide(\w+)\n#if.*\n  : (\w+)\n#endif.*\n \{\n((?:  .*\n)*)\};`)
	enumValues   = regexp.MustCompile(`(?m)((?:^  //.*\n)*)^  GLIDE_(\w+) = (\d+),`)
	functions    = regexp.MustCompile(`(?m)((?:^//.*\n)*)^(\w+) glide_(\w+)\(((?:[^;]|\n)*)\);`)
	declarations = regexp.MustCompile(`(?m)^\w[^/\n]* \**glide_\w+\(`)
	parameter    = regexp.MustCompile(`^(.*[ *])(\w+)$`)
	callback     = regexp.MustCompile(`^void \(\*(\w+)\)\(size_t \w+\)$`)
)

// parse reads a header that cbindgen has written.
func parse(text string) (Header, error) {
	var h Header
	for _, m := range constants.FindAllStringSubmatch(text, -1) {
		h.Constants = append(h.Constants, Constant{goDoc(m[1]), goName(m[2]), m[2], m[3]})
	}
	for _, m := range enums.FindAllStringSubmatch(text, -1) {
		enum := Enum{Doc: goDoc(m[1]), Name: m[2], CType: m[3]}
		for _, v := range enumValues.FindAllStringSubmatch(m[4], -1) {
			enum.Values = append(enum.Values, Constant{goDoc(v[1]), goName(v[2]), v[2], v[3]})
		}
		h.Enums = append(h.Enums, enum)
	}
	for _, m := range functions.FindAllStringSubmatch(text, -1) {
		f := Function{Name: m[3], Result: m[2]}
		switch {
		case !strings.Contains(m[1], "Kept: "):
			return h, fmt.Errorf("the comment of %s%s does not say what is kept", prefix, f.Name)
		case !strings.Contains(m[1], "Kept: nothing."):
			f.Keeps = true
		}
		for _, p := range strings.Split(m[4], ",") {
			p = strings.Join(strings.Fields(p), " ")
			if p == "void" {
				continue
			}
			if c := callback.FindStringSubmatch(p); c != nil {
				f.Parameters = append(f.Parameters, Parameter{callbackType, c[1]})
				continue
			}
			parts := parameter.FindStringSubmatch(p)
			if parts == nil {
				return h, fmt.Errorf("%s%s has a parameter %q", prefix, f.Name, p)
			}
			f.Parameters = append(f.Parameters, Parameter{strings.TrimSpace(parts[1]), parts[2]})
		}
		h.Functions = append(h.Functions, f)
	}
	if n := len(declarations.FindAllString(text, -1)); n != len(h.Functions) || n == 0 {
		return h, fmt.Errorf("%d of %d functions are understood", len(h.Functions), n)
	}
	if n := strings.Count(text, "\nenum Glide"); n != len(h.Enums) || n == 0 {
		return h, fmt.Errorf("%d of %d enums are understood", len(h.Enums), n)
	}
	return h, nil
}

// goDoc returns a comment of the header as one in Go at the beginning of a
// line: with the names that Go has for what it names.
func goDoc(comment string) string {
	lines := strings.Split(strings.TrimSuffix(comment, "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.ReplaceAll(strings.TrimSpace(line), "`", "")
	}
	return strings.Join(lines, "\n")
}

// goName returns LIKE_THIS as LikeThis.
func goName(name string) string {
	words := strings.Split(name, "_")
	for i, word := range words {
		switch word {
		case "OK", "ABI":
		default:
			words[i] = word[:1] + strings.ToLower(word[1:])
		}
	}
	return strings.Join(words, "")
}
