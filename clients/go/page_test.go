// A page over real HTTP: what each end of its work looks like on the wire, in its own status and in its stream.

package drover

import (
	"bufio"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"
)

// calling serves a page and calls it as Drover does, without a token.
func calling(t *testing.T, page *Page, body string) *http.Response {
	t.Helper()
	server := httptest.NewServer(page)
	t.Cleanup(server.Close)
	request, err := http.NewRequest(http.MethodPost, server.URL+"/report?userid=7", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Job-Id": "job-1", "Job-Attempt": "2", "Job-Fence": "3", "Job-Queue": "reports", "Job-Kind": "a%20report",
		"Job-Deadline": "2026-01-31T12:00:00.000Z",
	} {
		request.Header.Set(name, value)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response
}

func textOf(t *testing.T, response *http.Response) string {
	t.Helper()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestPageReadsItsCall(t *testing.T) {
	var got Call
	var input struct{ UserID int }
	response := calling(t, &Page{Handle: func(_ context.Context, call *Call) (any, error) {
		got.Attempt, got.Payload = call.Attempt, call.Payload
		return map[string]string{"query": call.Request.URL.Query().Get("userid")}, call.Decode(&input)
	}}, `{"userid": 7}`)
	want := Attempt{
		JobID: "job-1", Number: 2, Fence: 3, Queue: "reports", Kind: "a report",
		Deadline: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC),
	}
	if got.Attempt != want || string(got.Payload) != `{"userid": 7}` || input.UserID != 7 {
		t.Errorf("read %+v with %s", got.Attempt, got.Payload)
	}
	if text := textOf(t, response); text != `{"query":"7"}` || response.Header.Get("Content-Type") != "application/json" {
		t.Errorf("answered %s", text)
	}
}

func TestPageAnswers(t *testing.T) {
	for name, test := range map[string]struct {
		result  any
		err     error
		status  int
		header  string
		text    string
		inLines string
	}{
		"a result":  {result: map[string]int{"rows": 3}, status: 200, text: `{"rows":3}`, inLines: `{"result":{"rows":3}}`},
		"no result": {status: 204, inLines: `{"result":null}`},
		"an answer": {
			result: Answer{Status: 409, Header: http.Header{"retry-after": {"7"}}, Body: []byte("no")}, status: 409, header: "7", text: "no",
			inLines: `{"error":{"message":"the page showed progress, and then answered with a status of its own","retryable":false}}`,
		},
		"no JSON": {
			result: func() {}, status: 422, text: "the result is no JSON: json: unsupported type: func()",
			inLines: `{"error":{"message":"the result is no JSON: json: unsupported type: func()","retryable":false}}`,
		},
		"an error": {err: errors.New("broken"), status: 500, text: "broken", inLines: `{"error":{"message":"broken","retryable":true}}`},
		"later": {
			err: Later("busy", 1_500*time.Millisecond), status: 503, header: "2", text: "busy",
			inLines: `{"error":{"message":"busy","retryable":true,"busy":true,"retryDelayMs":1500}}`,
		},
		"after": {
			err: After("broken", time.Second), status: 500, header: "1", text: "broken",
			inLines: `{"error":{"message":"broken","retryable":true,"retryDelayMs":1000}}`,
		},
		"never, wrapped": {
			err: fmt.Errorf("row 7: %w", Never("gone")), status: 422, text: "row 7: gone",
			inLines: `{"error":{"message":"row 7: gone","retryable":false}}`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			response := calling(t, &Page{Handle: func(context.Context, *Call) (any, error) { return test.result, test.err }}, "")
			if text := textOf(t, response); response.StatusCode != test.status || text != test.text || response.Header.Get("Retry-After") != test.header {
				t.Errorf("answered %d %q, Retry-After %q", response.StatusCode, text, response.Header.Get("Retry-After"))
			}
			response = calling(t, &Page{Handle: func(_ context.Context, call *Call) (any, error) {
				return test.result, errors.Join(call.Log("at work"), test.err)
			}}, "")
			if text := textOf(t, response); response.StatusCode != 200 || text != `{"log":"at work"}`+"\n"+test.inLines+"\n" {
				t.Errorf("answered %d %s", response.StatusCode, text)
			}
		})
	}
}

func TestPageShowsProgressWhileItWorks(t *testing.T) {
	read := make(chan struct{})
	response := calling(t, &Page{Handle: func(_ context.Context, call *Call) (any, error) {
		for done := range 2 {
			if err := call.Progress(float64(done+1), 2, "reading"); err != nil {
				return nil, err
			}
			<-read // The line has come before the next is written.
		}
		return 2, call.Show(&Progress{Message: strings.Repeat("é", 1_000)})
	}}, "")
	if kind := response.Header.Get("Content-Type"); kind != "application/x-ndjson" {
		t.Errorf("answered %s", kind)
	}
	lines := bufio.NewScanner(response.Body)
	for _, want := range []string{
		`{"progress":{"done":1,"total":2,"message":"reading"}}`,
		`{"progress":{"done":2,"total":2,"message":"reading"}}`,
	} {
		if !lines.Scan() || lines.Text() != want {
			t.Fatalf("read %s", lines.Text())
		}
		read <- struct{}{}
	}
	if !lines.Scan() || lines.Text() != `{"progress":{"message":"`+strings.Repeat("é", 512)+`"}}` {
		t.Errorf("read %s", lines.Text())
	}
	if !lines.Scan() || lines.Text() != `{"result":2}` || lines.Scan() {
		t.Errorf("read %s at last", lines.Text())
	}
}

func TestPageRefuses(t *testing.T) {
	verifier, err := NewVerifier(vectorSecret)
	if err != nil {
		t.Fatal(err)
	}
	called := func(context.Context, *Call) (any, error) {
		t.Error("the function was called")
		return nil, nil
	}
	if response := calling(t, &Page{Handle: called, Verifier: verifier}, "{}"); response.StatusCode != 401 {
		t.Errorf("not signed: %d", response.StatusCode)
	}
	if response := calling(t, &Page{Handle: called}, strings.Repeat("x", payloadBytes+1)); response.StatusCode != 413 {
		t.Errorf("too large: %d", response.StatusCode)
	}
	for id, want := range map[string]int{"job-1.3": 200, "job-2.3": 401, "job-1.4": 401} {
		// Signed for this call, and shown beside the headers of another one.
		request := httptest.NewRequest(http.MethodPost, "/report", strings.NewReader("{}"))
		sent := strconv.FormatInt(time.Now().Unix(), 10)
		mac := hmac.New(sha256.New, verifier.keys[0])
		mac.Write([]byte(id + "." + sent + ".{}"))
		for name, value := range map[string]string{
			"Job-Id": "job-1", "Job-Fence": "3", "webhook-id": id, "webhook-timestamp": sent,
			"webhook-signature": "v1," + base64.StdEncoding.EncodeToString(mac.Sum(nil)),
		} {
			request.Header.Set(name, value)
		}
		recorder := httptest.NewRecorder()
		page := &Page{Handle: func(context.Context, *Call) (any, error) { return "read", nil }, Verifier: verifier}
		if page.ServeHTTP(recorder, request); recorder.Code != want {
			t.Errorf("signed for %s: %d", id, recorder.Code)
		}
	}
	wrongInput := func(_ context.Context, call *Call) (any, error) {
		var input struct{ UserID int }
		return nil, call.Decode(&input)
	}
	if response := calling(t, &Page{Handle: wrongInput}, `{"userid": "x"}`); response.StatusCode != 422 {
		t.Errorf("wrong input: %d", response.StatusCode)
	}
	recorder := httptest.NewRecorder()
	request := httptest.NewRequest(http.MethodPost, "/report", nil)
	request.Header.Set("Job-Attempt", "first")
	if (&Page{Handle: called}).ServeHTTP(recorder, request); recorder.Code != 400 {
		t.Errorf("a number that is none: %d", recorder.Code)
	}
}

func TestProgressThatDroverWouldRefuse(t *testing.T) {
	zero, negative := 0.0, -1.0
	call := &Call{stream: stream{to: httptest.NewRecorder()}}
	for _, progress := range []*Progress{{Done: &negative}, {Total: &negative}} {
		if err := call.Show(progress); len(AsError(err).Fields) != 1 {
			t.Errorf("%v: %v", progress, err)
		}
	}
	infinite := 1 / zero
	if call.Show(&Progress{Done: &infinite}) == nil || call.Progress(infinite-infinite, 1, "") == nil || call.stream.open {
		t.Error("something was shown")
	}
}

func TestProgressAfterTheAnswer(t *testing.T) {
	var late *Call
	response := calling(t, &Page{Handle: func(_ context.Context, call *Call) (any, error) {
		late = call
		return 1, nil
	}}, "")
	if text := textOf(t, response); text != "1" {
		t.Errorf("answered %s", text)
	}
	if err := late.Progress(1, 2, ""); !errors.Is(err, errEnded) {
		t.Errorf("got %v", err)
	}
}

// wrapped is what stands around pages in many services: it counts, and cannot flush.
type wrapped struct{ http.ResponseWriter }

func TestPageBehindWhatCannotFlush(t *testing.T) {
	began := make(chan string, 1)
	page := &Page{Handle: func(_ context.Context, call *Call) (any, error) {
		return Accept(func(context.Context) (any, error) {
			began <- call.JobID
			return nil, ErrLeaveOpen
		}), nil
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		page.ServeHTTP(wrapped{w}, r)
	}))
	t.Cleanup(server.Close)
	request, err := http.NewRequest(http.MethodPost, server.URL, nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range map[string]string{
		"Job-Id": "job-1", "Job-Attempt": "1", "Job-Fence": "1", "Job-Deadline": "2026-01-31T12:00:00.000Z",
	} {
		request.Header.Set(name, value)
	}
	response, err := server.Client().Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusAccepted {
		t.Errorf("answered %d: %s", response.StatusCode, textOf(t, response))
	}
	if got := <-began; got != "job-1" {
		t.Errorf("began %q", got)
	}
}

func TestPageAsksForATimeThatHasPassed(t *testing.T) {
	response := calling(t, &Page{Handle: func(_ context.Context, call *Call) (any, error) {
		if err := call.Log("a line"); err != nil {
			return nil, err
		}
		return nil, Later("soon", -5*time.Second)
	}}, "")
	if text := textOf(t, response); strings.Contains(text, "retryDelayMs") || !strings.Contains(text, `"busy":true`) {
		t.Errorf("answered %s", text)
	}
}
