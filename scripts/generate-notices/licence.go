package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
)

// compatible are the licences of what may be part of a library under
// Apache-2.0, by their SPDX names.
var compatible = []string{"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "CC0-1.0",
	"ISC", "MIT", "MIT-0", "Unicode-3.0", "Unlicense", "Zlib"}

func checkLicences(crates []crate) error {
	var failures []error
	for _, c := range crates {
		if ok, err := allows(c.licence); err != nil || !ok {
			failures = append(failures, fmt.Errorf("%s %s: the licence %q is not compatible with Apache-2.0%s", c.name, c.version, c.licence, detail(err)))
		}
	}
	return errors.Join(failures...)
}

var licenceToken = regexp.MustCompile(`[()/]|[^\s()/]+`)

// allows reports whether a licence, an SPDX expression, allows use under one of
// the compatible ones. A slash is an older form of OR.
func allows(licence string) (bool, error) {
	p := &expression{tokens: licenceToken.FindAllString(licence, -1)}
	ok := p.or()
	if p.failed || len(p.tokens) > 0 {
		return false, fmt.Errorf("it is not understood at %q", p.tokens)
	}
	return ok, nil
}

type expression struct {
	tokens []string
	failed bool
}

// accept reports whether the next token is one of those, and skips it if so.
func (e *expression) accept(tokens ...string) bool {
	if len(e.tokens) == 0 || !slices.Contains(tokens, e.tokens[0]) {
		return false
	}
	e.tokens = e.tokens[1:]
	return true
}

func (e *expression) or() bool {
	ok := e.and()
	for e.accept("OR", "/") {
		other := e.and()
		ok = ok || other
	}
	return ok
}

func (e *expression) and() bool {
	ok := e.one()
	for e.accept("AND") {
		other := e.one()
		ok = ok && other
	}
	return ok
}

func (e *expression) one() bool {
	if e.accept("(") {
		ok := e.or()
		e.failed = e.failed || !e.accept(")")
		return ok
	}
	if len(e.tokens) == 0 {
		e.failed = true
		return false
	}
	name := e.tokens[0]
	e.tokens = e.tokens[1:]
	// An exception only allows more.
	if e.accept("WITH") && len(e.tokens) > 0 {
		e.tokens = e.tokens[1:]
	}
	return slices.Contains(compatible, name)
}

func detail(err error) string {
	if err == nil {
		return ""
	}
	return ": " + err.Error()
}
