// Command conversation holds a talk with a live server that is written as data, by the Go client and a page in Go, and
// prints a line of JSON for each step. What the data means is told in test/clients/README.md of the repository.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"slices"
	"strings"

	drover "drover.dev/go"
)

type conversation struct {
	visible
	Steps []step
}

type step struct {
	Name, Do     string
	With, Expect any
	Save         map[string]string
	Omit         []string
}

// line is what is printed of a step.
type line struct {
	Step int    `json:"step"`
	Name string `json:"name"`
	OK   bool   `json:"ok"`
	Got  any    `json:"got"`
	Why  string `json:"why,omitempty"`
}

func main() {
	address := flag.String("grpc", "127.0.0.1:7070", "the gRPC door")
	flag.String("http", "", "the HTTP door; not needed")
	file := flag.String("conversation", "", "the file with the conversation")
	secret := flag.String("secret", "", "what the server signs its calls with")
	flag.Parse()
	passed, err := run(context.Background(), *address, *file, *secret)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	if err != nil || !passed {
		os.Exit(1)
	}
}

func run(ctx context.Context, address, file, secret string) (passed bool, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return false, err
	}
	var all conversation
	if err := json.Unmarshal(text, &all); err != nil {
		return false, err
	}
	verifier, err := drover.NewVerifier(secret)
	if err != nil {
		return false, err
	}
	client, err := drover.NewClient(address)
	if err != nil {
		return false, err
	}
	defer client.Close()
	pages := newPages(client)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return false, err
	}
	mux := http.NewServeMux()
	mux.Handle("POST /act", &drover.Page{Handle: pages.handle, Verifier: verifier})
	server := &http.Server{Handler: mux}
	go func() {
		if err := server.Serve(listener); err != http.ErrServerClosed {
			fmt.Fprintln(os.Stderr, err)
		}
	}()
	defer server.Close()
	variables := map[string]string{
		"page": "http://" + listener.Addr().String(),
		"run":  "go-" + strings.ToLower(rand.Text()[:10]),
	}
	return all.hold(ctx, talk{client, pages}, variables, os.Stdout)
}

// hold does the steps in order, up to the first that fails.
func (c *conversation) hold(ctx context.Context, talk talk, variables map[string]string, to io.Writer) (bool, error) {
	lines := json.NewEncoder(to)
	lines.SetEscapeHTML(false)
	passed := 0
	for place, step := range c.Steps {
		answer, why := step.take(ctx, talk, variables)
		seen := visible{slices.Concat(c.Omit, step.Omit), c.Mask}
		line := line{Step: place + 1, Name: step.Name, OK: why == "", Got: seen.normalise(answer, variables), Why: why}
		if err := lines.Encode(line); err != nil {
			return false, err
		}
		if why != "" {
			break
		}
		passed++
	}
	_, err := fmt.Fprintf(to, "%d of %d steps passed\n", passed, len(c.Steps))
	return passed == len(c.Steps), err
}

// take does one step, and tells why it failed, or nothing.
func (s step) take(ctx context.Context, talk talk, variables map[string]string) (answer any, why string) {
	with, err := resolve(s.With, variables)
	if err != nil {
		return nil, err.Error()
	}
	if s.Expect == nil {
		s.Expect = object{}
	}
	expect, err := resolve(s.Expect, variables)
	if err != nil {
		return nil, err.Error()
	}
	answer, err = talk.do(ctx, s.Do, with)
	if err != nil {
		return nil, err.Error()
	}
	if answer, err = decode(answer); err != nil {
		return nil, err.Error()
	}
	if failed, found := answer.(object)["error"]; found && expect.(object)["error"] == nil {
		return answer, "failed: " + shown(failed)
	}
	if why := mismatch(expect, answer, "the answer"); why != "" {
		return answer, why
	}
	for name, path := range s.Save {
		value, err := at(answer, path)
		if err != nil {
			return answer, err.Error()
		}
		variables[name] = fmt.Sprint(value)
	}
	return answer, ""
}
