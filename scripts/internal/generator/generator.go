// Package generator is what the generators of this folder have in common.
package generator

import (
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"
)

// A Path is a file or folder that a flag sets.
type Path struct{ Flag, Default, Usage string }

// Main parses the flags of a generator and generates from one path to another.
// It ends the program if that fails.
func Main(generate func(source, out string) error, source, out Path) {
	log.SetFlags(0)
	log.SetPrefix(filepath.Base(os.Args[0]) + ": ")
	from := flag.String(source.Flag, filepath.FromSlash(source.Default), source.Usage)
	to := flag.String(out.Flag, filepath.FromSlash(out.Default), out.Usage)
	flag.Parse()
	if err := generate(*from, *to); err != nil {
		log.Fatal(err)
	}
}

// Files returns the files of a folder whose names match a pattern. It is an error
// if there are none.
func Files(folder, pattern string) ([]string, error) {
	paths, err := filepath.Glob(filepath.Join(folder, pattern))
	if err == nil && len(paths) == 0 {
		err = fmt.Errorf("no %s in %s", pattern, folder)
	}
	return paths, err
}
