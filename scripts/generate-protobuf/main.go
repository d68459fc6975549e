// Generate-protobuf writes the Go code for protobuf/*.proto. It needs no
// protoc: the files are compiled by a library, and the generator that go.mod
// pins is asked in protoc's own way.
//
//	go run ./scripts/generate-protobuf -out glide/internal/pb
package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/bufbuild/protocompile"
	"github.com/valkey-glide/go/scripts/internal/generator"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/types/pluginpb"
)

func main() {
	generator.Main(generate,
		generator.Path{Flag: "source", Default: "protobuf", Usage: "folder of the .proto files"},
		generator.Path{Flag: "out", Default: "glide/internal/pb", Usage: "folder of the generated package"})
}

func generate(source, out string) error {
	paths, err := generator.Files(source, "*.proto")
	if err != nil {
		return err
	}
	request := &pluginpb.CodeGeneratorRequest{}
	parameters := []string{"paths=source_relative"}
	for _, path := range paths {
		name := filepath.Base(path)
		request.FileToGenerate = append(request.FileToGenerate, name)
		// Which package it is follows from where it is written to.
		parameters = append(parameters, fmt.Sprintf("M%s=./%s", name, filepath.Base(out)))
	}
	parameter := strings.Join(parameters, ",")
	request.Parameter = &parameter

	compiler := protocompile.Compiler{
		Resolver:       &protocompile.SourceResolver{ImportPaths: []string{source}},
		SourceInfoMode: protocompile.SourceInfoStandard,
	}
	files, err := compiler.Compile(context.Background(), request.FileToGenerate...)
	if err != nil {
		return err
	}
	for _, file := range files {
		request.ProtoFile = append(request.ProtoFile, protodesc.ToFileDescriptorProto(file))
	}
	response, err := runGenerator(request)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(out, 0o755); err != nil {
		return err
	}
	for _, file := range response.File {
		if err := os.WriteFile(filepath.Join(out, file.GetName()), []byte(file.GetContent()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func runGenerator(request *pluginpb.CodeGeneratorRequest) (*pluginpb.CodeGeneratorResponse, error) {
	input, err := proto.Marshal(request)
	if err != nil {
		return nil, err
	}
	command := exec.Command("go", "tool", "protoc-gen-go")
	command.Stdin = bytes.NewReader(input)
	command.Stderr = os.Stderr
	output, err := command.Output()
	if err != nil {
		return nil, fmt.Errorf("protoc-gen-go: %w", err)
	}
	response := &pluginpb.CodeGeneratorResponse{}
	if err := proto.Unmarshal(output, response); err != nil {
		return nil, err
	}
	if response.Error != nil {
		return nil, fmt.Errorf("protoc-gen-go: %s", response.GetError())
	}
	return response, nil
}
