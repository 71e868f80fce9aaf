// The page of the conversation: what it does is told by the body of each call. It keeps what it was called with, by job,
// and the gates that its calls wait at.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"net/http"
	"os"
	"strconv"
	"strings"
	"sync"

	drover "drover.dev/go"
	droverv1 "drover.dev/go/gen/drover/v1"
	"google.golang.org/protobuf/encoding/protojson"
)

// act is what a call is to do.
type act struct {
	Act     string
	Status  int
	Body    json.RawMessage
	Headers map[string]string
	Gate    string
	Reports []struct {
		Done, Total   *float64
		Message, Gate string
	}
	Then, Message, Key string
	Count              int
	Job                any
	Turns              []act
}

// pages is the state of the one page.
type pages struct {
	client *drover.Client
	mutex  sync.Mutex
	calls  map[string][]drover.Attempt
	called map[string]chan struct{}
	gates  map[string]chan struct{}
}

func newPages(client *drover.Client) *pages {
	return &pages{
		client: client,
		calls:  map[string][]drover.Attempt{}, called: map[string]chan struct{}{}, gates: map[string]chan struct{}{},
	}
}

// signalOf is a channel that is closed when what it stands for has come.
func (p *pages) signalOf(signals map[string]chan struct{}, name string) chan struct{} {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if signals[name] == nil {
		signals[name] = make(chan struct{})
	}
	return signals[name]
}

func (p *pages) open(gate string) {
	signal := p.signalOf(p.gates, gate)
	p.mutex.Lock()
	defer p.mutex.Unlock()
	select {
	case <-signal:
	default:
		close(signal)
	}
}

func (p *pages) pass(ctx context.Context, gate string) error {
	if gate == "" {
		return nil
	}
	select {
	case <-p.signalOf(p.gates, gate):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func callOf(job string, number int) string { return fmt.Sprintf("%s/%d", job, number) }

// count keeps a call and returns its number, from 1.
func (p *pages) count(attempt drover.Attempt) int {
	p.mutex.Lock()
	p.calls[attempt.JobID] = append(p.calls[attempt.JobID], attempt)
	number := len(p.calls[attempt.JobID])
	p.mutex.Unlock()
	close(p.signalOf(p.called, callOf(attempt.JobID, number)))
	return number
}

// await waits until the page has been called for a job that many times, and returns that call.
func (p *pages) await(job string, number int) drover.Attempt {
	<-p.signalOf(p.called, callOf(job, number))
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.calls[job][number-1]
}

func (p *pages) handle(ctx context.Context, call *drover.Call) (any, error) {
	number := p.count(call.Attempt)
	var body struct {
		act
		Batch struct {
			Key    string `json:"key"`
			State  string `json:"state"`
			Counts any    `json:"counts"`
		}
		Input *act
	}
	if err := json.Unmarshal(call.Payload, &body); err != nil {
		return nil, &drover.Failure{Message: err.Error(), Final: true}
	}
	todo := body.act
	if body.Input != nil {
		todo = *body.Input
	}
	if todo.Act == "turns" {
		todo = todo.Turns[min(number, len(todo.Turns))-1]
	}
	if todo.Act == "counts" {
		return body.Batch, nil
	}
	return p.do(ctx, call, todo)
}

func (p *pages) do(ctx context.Context, call *drover.Call, todo act) (any, error) {
	if todo.Body == nil {
		todo.Body = json.RawMessage("{}")
	}
	switch todo.Act {
	case "answer":
		return answerOf(todo), p.pass(ctx, todo.Gate)
	case "job":
		return object{"id": call.JobID, "attempt": call.Number, "queue": call.Queue, "kind": call.Kind}, nil
	case "progress":
		for _, report := range todo.Reports {
			progress := &drover.Progress{Done: report.Done, Total: report.Total, Message: report.Message}
			if err := call.Progress(progress); err != nil {
				return nil, err
			}
			if err := p.pass(ctx, report.Gate); err != nil {
				return nil, err
			}
		}
		return todo.Body, nil
	case "accept":
		work := func() {
			if err := p.work(call.Attempt, todo); err != nil {
				fmt.Fprintln(os.Stderr, err)
			}
		}
		return drover.Answer{Status: http.StatusAccepted, Then: work}, nil
	case "children":
		var bad error
		batch := &drover.Batch{Key: todo.Key}
		_, _, err := p.client.Children(ctx, call.Attempt, batch, jobsOf(todo.Job, todo.Count, func(err error) { bad = err }))
		if err := errors.Join(err, bad); err != nil {
			return nil, err
		}
		return answerOf(todo), nil
	}
	return nil, &drover.Failure{Message: fmt.Sprintf("%q is no act", todo.Act), Final: true}
}

// work is what a call does after its 202.
func (p *pages) work(attempt drover.Attempt, todo act) error {
	ctx := attempt.Context(context.Background())
	for _, report := range todo.Reports {
		progress := &drover.Progress{Done: report.Done, Total: report.Total, Message: report.Message}
		if _, err := p.client.Attempts.ReportProgress(ctx, &droverv1.ReportProgressRequest{Progress: progress}); err != nil {
			return err
		}
	}
	err := p.pass(ctx, todo.Gate)
	switch {
	case err == nil && todo.Then == "complete":
		_, err = p.client.Attempts.CompleteAttempt(ctx, &droverv1.CompleteAttemptRequest{Result: todo.Body})
	case err == nil && todo.Then == "fail":
		_, err = p.client.Attempts.FailAttempt(ctx, &droverv1.FailAttemptRequest{Message: todo.Message})
	}
	return err
}

func answerOf(todo act) drover.Answer {
	answer := drover.Answer{Status: todo.Status, Header: http.Header{}, Body: todo.Body}
	if answer.Status == 0 {
		answer.Status = http.StatusOK
	}
	answer.Header.Set("Content-Type", "application/json")
	var text string
	if err := json.Unmarshal(todo.Body, &text); err == nil {
		answer.Header.Set("Content-Type", "text/plain")
		answer.Body = []byte(text)
	}
	for name, value := range todo.Headers {
		answer.Header.Set(name, value)
	}
	return answer
}

// jobsOf makes jobs of a template, one when it is asked for one. It ends early, and tells why, where one is no job.
func jobsOf(template any, count int, failed func(error)) iter.Seq[*drover.Job] {
	return func(yield func(*drover.Job) bool) {
		for index := range count {
			replaced := inStrings(template, func(text string) string {
				return strings.ReplaceAll(text, "${index}", strconv.Itoa(index))
			})
			job := &drover.Job{}
			text, err := json.Marshal(replaced)
			if err == nil {
				err = protojson.Unmarshal(text, job)
			}
			if err != nil {
				failed(err)
				return
			}
			if !yield(job) {
				return
			}
		}
	}
}
