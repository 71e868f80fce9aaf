// The page's half: a page as a handler of net/http. It checks who calls, runs the function, and answers how that ended,
// with a status of its own or, once progress was shown, in its stream of lines. It knows no client.

package drover

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/encoding/protojson"
)

// Attempt is one call of a page, as its headers tell it.
type Attempt struct {
	JobID string
	// Number is 1 for the first attempt. Fence rises with each call of the job.
	Number, Fence int64
	Queue, Kind   string
	// Token lets its bearer act for this attempt. Not to be logged.
	Token string
	// Deadline is when this attempt will be given up, by the server's clock.
	Deadline time.Time
}

// ReadAttempt reads the headers of a call, and names the one that is no number or time. What is absent stays empty, so
// that a page can be tried by hand. It proves nothing: see [Verifier].
func ReadAttempt(header http.Header) (made Attempt, err error) {
	made = Attempt{JobID: header.Get("Job-Id"), Queue: header.Get("Job-Queue"), Token: header.Get("Job-Token")}
	read := func(name string, parse func(string) error) {
		if text := header.Get(name); text != "" && err == nil {
			if wrong := parse(text); wrong != nil {
				err = fmt.Errorf("drover: %s: %w", name, wrong)
			}
		}
	}
	read("Job-Attempt", func(text string) (wrong error) { made.Number, wrong = strconv.ParseInt(text, 10, 64); return })
	read("Job-Fence", func(text string) (wrong error) { made.Fence, wrong = strconv.ParseInt(text, 10, 64); return })
	read("Job-Kind", func(text string) (wrong error) { made.Kind, wrong = url.PathUnescape(text); return })
	read("Job-Deadline", func(text string) (wrong error) { made.Deadline, wrong = time.Parse(time.RFC3339, text); return })
	return made, err
}

// Context is one whose calls a [Client] makes for the attempt: client.Attempts reports and completes in it.
func (a Attempt) Context(ctx context.Context) context.Context {
	return metadata.AppendToOutgoingContext(ctx, "authorization", "Bearer "+a.Token)
}

// Page is the page of a job: an [http.Handler].
type Page struct {
	// Handle does the work of one job. Its result becomes JSON, at most 256 KiB; nil is no result; an [Answer] is sent as
	// it is. An error fails the attempt, and the job is tried again unless it is a [Failure] that is Final. The context
	// ends when the connection is closed: when the job is cancelled, or the lease is lost.
	Handle func(ctx context.Context, call *Call) (result any, err error)
	// Verifier refuses with 401 what Drover did not sign. Nil: whoever reaches the page may call it.
	Verifier *Verifier
}

// Call is one call of a page. One goroutine at a time may use it.
type Call struct {
	Attempt
	// Payload is the body, as it came.
	Payload []byte
	// Request is the whole request; its body has been read.
	Request *http.Request

	to    http.ResponseWriter
	lines bool
}

// Answer is a result that is sent as it is. With status 202 the attempt goes on: Then runs once that was sent, in a
// goroutine of its own, and has to report at least once in a lease and to complete at last, by client.Attempts in
// [Attempt.Context]. The context of the call has ended by then.
type Answer struct {
	Status int // 0 is 200.
	Header http.Header
	Body   []byte
	Then   func()
}

// Failure is how an attempt failed. Any other error is one that has a message only.
type Failure struct {
	Message string
	// Final: no further attempt would help.
	Final bool
	// Busy: the moment is wrong and not the job, no attempt is used up.
	Busy bool
	// Delay is how long to wait instead of the job's backoff; 0 is the backoff.
	Delay time.Duration
}

// Error is the message.
func (f *Failure) Error() string { return f.Message }

// Progress shows how far the work is: the answer becomes a stream of lines, each of which renews the lease. It fails if
// nobody reads them any more. Of a message 1,024 bytes are shown.
func (c *Call) Progress(progress *Progress) error {
	progress = cmp.Or(progress, &Progress{})
	if !(min(progress.GetDone(), progress.GetTotal()) >= 0 && max(progress.GetDone(), progress.GetTotal()) <= math.MaxFloat64) {
		return errors.New("drover: done and total must be 0 or more")
	}
	text, err := protojson.Marshal(&Progress{Done: progress.Done, Total: progress.Total, Message: cut(progress.GetMessage())})
	if err != nil {
		return err
	}
	return c.write("progress", json.RawMessage(text))
}

// Log shows a line for people, at most 1,024 bytes of it.
func (c *Call) Log(line string) error { return c.write("log", cut(line)) }

// cut is as much of a text as the server takes.
func cut(text string) string { return strings.ToValidUTF8(text[:min(len(text), 1_024)], "") }

// payloadBytes is what the server allows a payload, and a result.
const payloadBytes = 256 << 10

// ServeHTTP answers one call.
func (p *Page) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, payloadBytes))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	if p.Verifier != nil {
		if err := p.Verifier.Verify(r.Header, body, time.Now()); err != nil {
			http.Error(w, err.Error(), http.StatusUnauthorized)
			return
		}
	}
	attempt, err := ReadAttempt(r.Header)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	call := &Call{Attempt: attempt, Payload: body, Request: r, to: w}
	result, err := p.Handle(r.Context(), call)
	if err == nil {
		err = call.succeed(result)
	}
	if err != nil {
		call.fail(err)
	}
}

// succeed answers with a result. Nobody is there to be told that an answer could not be sent: Drover calls again.
func (c *Call) succeed(result any) error {
	answer, whole := result.(Answer)
	if whole && c.lines {
		return &Failure{Message: "the page showed progress, and then answered with a status of its own", Final: true}
	}
	if whole {
		c.send(answer)
		return nil
	}
	body, err := json.Marshal(result)
	switch {
	case err != nil:
		return &Failure{Message: "the result is no JSON: " + err.Error(), Final: true}
	case len(body) > payloadBytes:
		return &Failure{Message: "the result has more than 256 KiB", Final: true}
	case c.lines:
		c.write("result", json.RawMessage(body))
	case result == nil:
		c.send(Answer{Status: http.StatusNoContent})
	default:
		c.send(Answer{Status: http.StatusOK, Header: http.Header{"Content-Type": {"application/json"}}, Body: body})
	}
	return nil
}

// fail tells how the attempt failed, by a last line or by a status. The whole message of an error around a Failure counts.
func (c *Call) fail(err error) {
	failure := &Failure{}
	errors.As(err, &failure)
	message, busy := cut(err.Error()), failure.Busy && !failure.Final
	if c.lines {
		told := map[string]any{"message": message, "retryable": !failure.Final, "busy": busy}
		if failure.Delay > 0 { // 0 would be at once.
			told["retryDelayMs"] = failure.Delay.Milliseconds()
		}
		c.write("error", told)
		return
	}
	answer := Answer{Status: http.StatusInternalServerError, Header: http.Header{"Content-Type": {"text/plain; charset=utf-8"}}, Body: []byte(message)}
	if busy {
		answer.Status = http.StatusServiceUnavailable
	} else if failure.Final {
		answer.Status = http.StatusUnprocessableEntity
	}
	if failure.Delay > 0 {
		answer.Header.Set("Retry-After", strconv.Itoa(int(math.Ceil(failure.Delay.Seconds()))))
	}
	c.send(answer)
}

func (c *Call) send(answer Answer) {
	for name, values := range answer.Header {
		c.to.Header()[http.CanonicalHeaderKey(name)] = values
	}
	if answer.Status != http.StatusNoContent {
		c.to.Header().Set("Content-Length", strconv.Itoa(len(answer.Body)))
	}
	c.to.WriteHeader(cmp.Or(answer.Status, http.StatusOK))
	_, err := c.to.Write(answer.Body)
	if answer.Then == nil {
		return
	}
	// A writer that cannot flush sends it when the handler returns, which is soon.
	if flushed := http.NewResponseController(c.to).Flush(); !errors.Is(flushed, http.ErrNotSupported) {
		err = errors.Join(err, flushed)
	}
	if err != nil {
		slog.Warn("drover: not begun, since its 202 could not be sent", "job", c.JobID, "attempt", c.Number, "error", err)
		return
	}
	// Not in this goroutine: the next call on the connection would wait for it.
	go func() {
		defer func() {
			if thrown := recover(); thrown != nil {
				slog.Error("drover: what a page did after 202 panicked", "job", c.JobID, "attempt", c.Number, "panic", thrown)
			}
		}()
		answer.Then()
	}()
}

// write sends one line, and begins the answer with the first.
func (c *Call) write(name string, value any) error {
	text, err := json.Marshal(map[string]any{name: value})
	if err != nil {
		return err
	}
	if !c.lines {
		c.lines = true
		c.to.Header().Set("Content-Type", "application/x-ndjson")
		c.to.Header().Set("X-Accel-Buffering", "no") // Asks proxies not to gather lines.
	}
	if _, err := c.to.Write(append(text, '\n')); err != nil {
		return err
	}
	return http.NewResponseController(c.to).Flush()
}
