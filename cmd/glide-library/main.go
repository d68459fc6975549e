// Glide-library builds the library that package glide loads, for platforms
// without a module that embeds it, and for those who prefer to build it:
//
//	go run github.com/valkey-glide/go/cmd/glide-library@latest install
//
// The commands are:
//
//	build    build the library and print the path of the file
//	install  build it unless it is installed, and put it where programs find it
//	path     print where a program finds the library
//	verify   load the installed library, or the file that is named, and print
//	         what it is
//
// With -static, build and install make the archive for -tags glide_static, and
// path prints where install has put it. With -force, install builds it again.
//
// Building needs a Rust toolchain and a C compiler, and takes some minutes. It
// works from Go's module cache, which it does not change. If the source is not
// there, as in a vendored tree, the module is downloaded.
package main

import (
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/valkey-glide/go/glide"
	"github.com/valkey-glide/go/internal/install"
)

const usage = `usage: glide-library build [-static] | install [-static] [-force] | path [-static] | verify [FILE]`

func main() {
	log.SetFlags(0)
	log.SetPrefix("glide-library: ")
	if len(os.Args) < 2 {
		log.Fatal(usage)
	}
	flags := flag.NewFlagSet(os.Args[1], flag.ExitOnError)
	static := flags.Bool("static", false, "the archive for -tags glide_static instead of the shared library")
	force := flags.Bool("force", false, "build it even if it is installed")
	_ = flags.Parse(os.Args[2:])
	if err := run(os.Args[1], kind{*static}, *force, flags.Args()); err != nil {
		log.Fatal(err)
	}
}

func run(command string, k kind, force bool, args []string) error {
	if len(args) > 0 && command != "verify" || len(args) > 1 {
		return errors.New(usage)
	}
	switch command {
	case "build":
		return printPath(build(k))
	case "install":
		return printPath(installed(k, force))
	case "path":
		return printPath(path(k))
	case "verify":
		return verify(args)
	}
	return errors.New(usage)
}

func printPath(path string, err error) error {
	if err == nil {
		fmt.Println(path)
	}
	return err
}

// kind is what is built.
type kind struct{ static bool }

func (k kind) fileName() string {
	if k.static {
		return "libglide_ffi.a"
	}
	return install.FileName()
}

// path returns where a program finds the library.
func path(k kind) (string, error) {
	if !k.static {
		library, err := glide.Library()
		return library.Path, err
	}
	folder, err := install.Folder(glide.LibraryABI)
	if err != nil {
		return "", err
	}
	file := filepath.Join(folder, k.fileName())
	if err := checkSum(file); err != nil {
		return "", fmt.Errorf("%w; run: %s -static", err, install.Command())
	}
	return file, nil
}

// verify loads a library and prints what it is.
func verify(args []string) error {
	if len(args) == 1 {
		if err := os.Setenv("GLIDE_FFI_LIBRARY", args[0]); err != nil {
			return err
		}
	}
	library, err := glide.Library()
	if err != nil {
		return err
	}
	fmt.Printf("%s: ABI version %d, version %s, core %s\n", library.Path, library.ABI, library.Version, library.CoreVersion)
	if len(args) == 1 {
		return nil
	}
	// What install has installed has a checksum.
	if _, err := os.Stat(library.Path + sumSuffix); err != nil {
		return nil
	}
	return checkSum(library.Path)
}
