// Command genproto generates the Go code of the wire schema in proto/. It needs
// neither protoc nor the network: the schema is compiled by protocompile, the
// code is written by protoc-gen-gocosmos, and both are pinned by tools/go.mod.
//
// Run it in the folder tools, with no arguments: go run ./cmd/genproto. Files
// are written where their option go_package says.
package main

import (
	"bytes"
	"context"
	"fmt"
	"io/fs"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/bufbuild/protocompile"
	"github.com/bufbuild/protocompile/linker"
	"github.com/bufbuild/protocompile/protoutil"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/pluginpb"
)

const (
	module  = "github.com/twothirds-bft/twothirds"
	root    = ".." // the repository, seen from tools/
	schemas = "../proto"
	options = "github.com/cosmos/gogoproto" // the module that holds gogoproto/gogo.proto
	plugin  = "protoc-gen-gocosmos"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("genproto: ")
	if err := generate(); err != nil {
		log.Fatal(err)
	}
}

func generate() error {
	names, err := schemaFiles()
	if err != nil {
		return err
	}
	files, err := compile(names)
	if err != nil {
		return err
	}
	resp, err := run(request(names, files))
	if err != nil {
		return err
	}
	for _, f := range resp.File {
		path, ok := strings.CutPrefix(f.GetName(), module+"/")
		if !ok {
			return fmt.Errorf("%s: go_package lies outside %s", f.GetName(), module)
		}
		if err := os.WriteFile(filepath.Join(root, path), []byte(f.GetContent()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// schemaFiles lists the schema's files in lexical order. Their folder must match
// their proto package, or the plugin panics.
func schemaFiles() (names []string, err error) {
	err = fs.WalkDir(os.DirFS(schemas), ".", func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".proto") {
			names = append(names, path)
		}
		return err
	})
	return names, err
}

func compile(names []string) (linker.Files, error) {
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", options).Output()
	if err != nil {
		return nil, fmt.Errorf("locate %s: %w", options, err)
	}
	c := protocompile.Compiler{
		Resolver: protocompile.WithStandardImports(&protocompile.SourceResolver{
			ImportPaths: []string{schemas, strings.TrimSpace(string(dir))},
		}),
		SourceInfoMode: protocompile.SourceInfoStandard, // comments become Go comments
	}
	return c.Compile(context.Background(), names...)
}

// request describes the files and all that they import, imports first.
func request(names []string, files linker.Files) *pluginpb.CodeGeneratorRequest {
	req := &pluginpb.CodeGeneratorRequest{FileToGenerate: names}
	seen := make(map[string]bool)
	var add func(f protoreflect.FileDescriptor)
	add = func(f protoreflect.FileDescriptor) {
		if seen[f.Path()] {
			return
		}
		seen[f.Path()] = true
		for i := range f.Imports().Len() {
			add(f.Imports().Get(i).FileDescriptor)
		}
		req.ProtoFile = append(req.ProtoFile, protoutil.ProtoFromFileDescriptor(f))
	}
	for _, f := range files {
		add(f)
	}
	return req
}

// run hands the request to the plugin, as protoc would.
func run(req *pluginpb.CodeGeneratorRequest) (*pluginpb.CodeGeneratorResponse, error) {
	in, err := proto.Marshal(req)
	if err != nil {
		return nil, err
	}
	cmd := exec.Command("go", "tool", plugin)
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("%s: %w", plugin, err)
	}
	resp := new(pluginpb.CodeGeneratorResponse)
	if err := proto.Unmarshal(out, resp); err != nil {
		return nil, err
	}
	if resp.Error != nil {
		return nil, fmt.Errorf("%s: %s", plugin, resp.GetError())
	}
	return resp, nil
}
