package main

import (
	"fmt"
	"regexp"
	"slices"
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
	constants  = regexp.MustCompile(`(?m)((?:^//.*\n)*)^#define GLIDE_(\w+) (\d+)(ull)?$`)
	enums      = regexp.MustCompile(`(?m)((?:^//.*\n)*)^enum Glide(\w+)\n#if.*\n  : (\w+)\n#endif.*\n \{\n((?:  .*\n)*)\};`)
	enumValues = regexp.MustCompile(`(?m)((?:^  //.*\n)*)^  GLIDE_(\w+) = (\d+),`)
	functions  = regexp.MustCompile(`(?m)((?:^//.*\n)*)^(\w+) glide_(\w+)\(((?:[^;]|\n)*)\);`)
	parameter  = regexp.MustCompile(`^(.*[ *])(\w+)$`)
	callback   = regexp.MustCompile(`^void \(\*(\w+)\)\(size_t \w+\)$`)
)

// What the header declares in a known form must be all that it declares. These
// find declarations in any form.
var (
	anyConstant = regexp.MustCompile(`(?m)^#define GLIDE_\w+ .*$`)
	anyEnum     = regexp.MustCompile(`(?m)^enum Glide\w+`)
	anyValue    = regexp.MustCompile(`(?m)^  [A-Z]\w*.*$`)
	anyFunction = regexp.MustCompile(`(?m)^\w[^/\n]*\bglide_\w+\(`)
	numberType  = regexp.MustCompile(`^u?int(8|16|32|64)_t$`)
	properName  = regexp.MustCompile(`^[a-z][a-z0-9]*(_[a-z0-9]+)*$`)
)

// at is the error for what is at an offset of the header.
func at(text string, offset int, format string, args ...any) error {
	return fmt.Errorf("%d: %s", 1+strings.Count(text[:offset], "\n"), fmt.Sprintf(format, args...))
}

// parse reads a header that cbindgen has written. A declaration in an unknown
// form is an error, which begins with its line.
func parse(text string) (Header, error) {
	var h Header
	var err error
	if h.Constants, err = parseConstants(text); err != nil {
		return h, err
	}
	if h.Enums, err = parseEnums(text); err != nil {
		return h, err
	}
	h.Functions, err = parseFunctions(text)
	return h, err
}

// unknown returns the offset of a declaration that is not among the known ones.
func unknown(text string, any *regexp.Regexp, known [][]int) (offset int, found bool) {
	for _, m := range any.FindAllStringIndex(text, -1) {
		within := func(k []int) bool { return k[0] <= m[0] && m[0] < k[1] }
		if !slices.ContainsFunc(known, within) {
			return m[0], true
		}
	}
	return 0, false
}

func parseConstants(text string) ([]Constant, error) {
	known := constants.FindAllStringSubmatchIndex(text, -1)
	if offset, found := unknown(text, anyConstant, known); found {
		return nil, at(text, offset, "a constant that is not a number")
	}
	var list []Constant
	for _, m := range constants.FindAllStringSubmatch(text, -1) {
		list = append(list, Constant{goDoc(m[1]), goName(m[2]), m[2], m[3]})
	}
	return list, nil
}

func parseEnums(text string) ([]Enum, error) {
	known := enums.FindAllStringSubmatchIndex(text, -1)
	if offset, found := unknown(text, anyEnum, known); found || len(known) == 0 {
		return nil, at(text, offset, "an enum in an unknown form, or none")
	}
	var list []Enum
	for _, k := range known {
		enum := Enum{Doc: goDoc(text[k[2]:k[3]]), Name: text[k[4]:k[5]], CType: text[k[6]:k[7]]}
		if !numberType.MatchString(enum.CType) {
			return nil, at(text, k[6], "%s is a type of %s, not of numbers", enum.Name, enum.CType)
		}
		body := text[k[8]:k[9]]
		values := enumValues.FindAllStringSubmatchIndex(body, -1)
		if offset, found := unknown(body, anyValue, values); found || len(values) == 0 {
			return nil, at(text, k[8]+offset, "a value of %s that is not a number, or none", enum.Name)
		}
		for _, v := range enumValues.FindAllStringSubmatch(body, -1) {
			enum.Values = append(enum.Values, Constant{goDoc(v[1]), goName(v[2]), v[2], v[3]})
		}
		list = append(list, enum)
	}
	return list, nil
}

func parseFunctions(text string) ([]Function, error) {
	known := functions.FindAllStringSubmatchIndex(text, -1)
	if offset, found := unknown(text, anyFunction, known); found || len(known) == 0 {
		return nil, at(text, offset, "a function in an unknown form, or none")
	}
	var list []Function
	for _, k := range known {
		f := Function{Name: text[k[6]:k[7]], Result: text[k[4]:k[5]]}
		doc := text[k[2]:k[3]]
		switch {
		case !strings.Contains(doc, "Kept: "):
			return nil, at(text, k[4], "the comment of %s%s does not say what is kept", prefix, f.Name)
		case !strings.Contains(doc, "Kept: nothing."):
			f.Keeps = true
		}
		for _, p := range strings.Split(text[k[8]:k[9]], ",") {
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
				return nil, at(text, k[8], "%s%s has a parameter %q", prefix, f.Name, p)
			}
			f.Parameters = append(f.Parameters, Parameter{strings.TrimSpace(parts[1]), parts[2]})
		}
		if err := f.check(); err != nil {
			return nil, at(text, k[4], "%s%s: %v", prefix, f.Name, err)
		}
		list = append(list, f)
	}
	return list, nil
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
