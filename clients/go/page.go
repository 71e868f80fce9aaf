// A page as a handler of net/http: checks who calls, runs the function, and answers how it ended, with a status of its
// own or, once progress was shown, in its stream. What the function may ask of Drover is attempt's.

package drover

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"sync"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// payloadBytes is what the server allows a payload: a request that brings more is not from Drover.
const payloadBytes = 256 << 10

// PageFunc does the work of one job. Its result becomes JSON, at most 256 KiB; nil is no result; an [Answer] is sent as it
// is; that of [Accept] answers 202. An error is a failure, after which the job is tried again; see [Later], [After] and
// [Never]. The context ends when the job is to be cancelled, the lease is lost or the connection is closed.
type PageFunc func(ctx context.Context, call *Call) (result any, err error)

// Page is the page of a job: an [http.Handler].
type Page struct {
	// Handle does the work.
	Handle PageFunc
	// Verifier checks each call, and refuses with 401 what Drover did not sign. Nil: whoever reaches the page may call it.
	Verifier *Verifier
	// Service replaces the address of Drover's HTTP door, where pages see it at another.
	Service string
	// Logger is told what could not be told to Drover. Default: slog.Default().
	Logger *slog.Logger

	accepted sync.WaitGroup
}

// Wait waits until all that was accepted has ended. Call it after http.Server.Shutdown.
func (p *Page) Wait() { p.accepted.Wait() }

// Call is one call of a page.
type Call struct {
	Attempt
	// Payload is the body, as it came.
	Payload []byte
	// Request is the whole request; its body has been read.
	Request *http.Request

	stream stream
}

// Decode reads the payload, which is JSON, into a value. It fails as [Never] does: no further call would have another.
func (c *Call) Decode(into any) error {
	if err := json.Unmarshal(c.Payload, into); err != nil {
		return Never("the payload is not what this page takes: " + err.Error())
	}
	return nil
}

// Progress shows how far the work is: the answer becomes a stream of lines, each of which renews the lease. It fails if
// nobody reads them any more, and with codes.InvalidArgument for what Drover would refuse.
func (c *Call) Progress(done, total float64, message string) error {
	return c.Show(&Progress{Done: &done, Total: &total, Message: message})
}

// Show is [Call.Progress] of which any part may be absent.
func (c *Call) Show(progress *Progress) error {
	for name, count := range map[string]*float64{"done": progress.Done, "total": progress.Total} {
		if count != nil && !(*count >= 0 && *count <= math.MaxFloat64) {
			return invalid(name, "must be 0 or more")
		}
	}
	return c.stream.send(map[string]any{"progress": struct {
		Done    *float64 `json:"done,omitempty"`
		Total   *float64 `json:"total,omitempty"`
		Message string   `json:"message,omitempty"`
	}{progress.Done, progress.Total, clipped(progress.Message)}})
}

// Log shows a line for people.
func (c *Call) Log(line string) error { return c.stream.send(map[string]string{"log": line}) }

// ServeHTTP answers one call.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, payloadBytes))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		http.Error(w, "a payload has at most 256 KiB", http.StatusRequestEntityTooLarge)
		return
	} else if err != nil {
		http.Error(w, "the payload was cut short", http.StatusBadRequest)
		return
	}
	if p.Verifier != nil {
		if err := p.Verifier.Verify(r.Header, body); err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
	}
	attempt, err := ReadAttempt(r.Header)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	// Else a signature that somebody was given for one job would do for any.
	if p.Verifier != nil && r.Header.Get("webhook-id") != fmt.Sprintf("%s.%d", attempt.JobID, attempt.Fence) {
		http.Error(w, ErrSignature.Error(), http.StatusUnauthorized)
		return
	}
	if p.Service != "" {
		attempt.Service = p.Service
	}
	call := &Call{Attempt: attempt, Payload: body, Request: r, stream: stream{to: w}}
	ctx, stop := context.WithCancelCause(r.Context())
	defer stop(nil)
	go call.keep(ctx, stop, keepLongest)
	result, err := p.Handle(ctx, call)
	p.log(call, p.answer(call, result, err))
}

func (p *Page) answer(call *Call, result any, failed error) error {
	open := call.stream.end()
	if failed != nil {
		return call.stream.fail(wordOf(failed))
	}
	whole, isWhole := result.(Answer)
	accepted, isAccepted := result.(acceptance)
	switch {
	case (isWhole || isAccepted) && open:
		return call.stream.fail(word{message: "the page showed progress, and then answered with a status of its own"})
	case isWhole:
		return call.stream.whole(whole)
	case isAccepted:
		if err := call.stream.accept(); err != nil {
			return err
		}
		p.accepted.Go(func() { p.work(call, accepted) })
		return nil
	case result == nil && !open:
		return call.stream.whole(Answer{Status: http.StatusNoContent})
	}
	body, err := json.Marshal(result)
	if err != nil {
		return call.stream.fail(word{message: "the result is no JSON: " + err.Error()})
	}
	if open {
		return call.stream.write(map[string]json.RawMessage{"result": body})
	}
	return call.stream.whole(Answer{Header: http.Header{"Content-Type": {"application/json"}}, Body: body})
}

// work does what was accepted, to its end. It outlives the call.
func (p *Page) work(call *Call, accepted acceptance) {
	outer := context.WithoutCancel(call.Request.Context())
	ctx, stop := context.WithCancelCause(outer)
	defer stop(nil)
	go call.keep(ctx, stop, keepShortest)
	result, err := shielded(ctx, accepted.work)
	if errors.Is(err, ErrLeaveOpen) {
		return
	}
	if err == nil {
		_, err = call.Complete(outer, result)
		if status.Code(err) == codes.InvalidArgument {
			err = Never(err.Error()) // No further attempt would make another result.
		} else {
			p.log(call, err)
			return
		}
	}
	_, err = call.Fail(outer, err)
	p.log(call, err)
}

// shielded makes a failure of a panic, as net/http does for a call: one job is not to end all others.
func shielded(ctx context.Context, work func(context.Context) (any, error)) (result any, err error) {
	defer func() {
		if thrown := recover(); thrown != nil {
			err = fmt.Errorf("panic: %v", thrown)
		}
	}()
	return work(ctx)
}

// log tells of an end that Drover does not hear of: it will find out by itself, and call again.
func (p *Page) log(call *Call, err error) {
	if err == nil {
		return
	}
	logger := p.Logger
	if logger == nil {
		logger = slog.Default()
	}
	logger.Warn("drover: the end of an attempt could not be told", "job", call.JobID, "attempt", call.Number, "error", err)
}
