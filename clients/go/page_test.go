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
	"math"
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
		"Job-Deadline": "2026-01-31T12:00:00.000Z", "Job-Token": "a-token",
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
	response := calling(t, &Page{Handle: func(_ context.Context, call *Call) (any, error) {
		got.Attempt, got.Payload = call.Attempt, call.Payload
		return map[string]string{"query": call.Request.URL.Query().Get("userid")}, nil
	}}, `{"userid": 7}`)
	want := Attempt{
		JobID: "job-1", Number: 2, Fence: 3, Queue: "reports", Kind: "a report", Token: "a-token",
		Deadline: time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC),
	}
	if got.Attempt != want || string(got.Payload) != `{"userid": 7}` {
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
			inLines: `{"error":{"busy":false,"message":"the page showed progress, and then answered with a status of its own","retryable":false}}`,
		},
		"an answer without a status": {
			result: Answer{Body: []byte("yes")}, status: 200, text: "yes",
			inLines: `{"error":{"busy":false,"message":"the page showed progress, and then answered with a status of its own","retryable":false}}`,
		},
		"no JSON": {
			result: func() {}, status: 422, text: "the result is no JSON: json: unsupported type: func()",
			inLines: `{"error":{"busy":false,"message":"the result is no JSON: json: unsupported type: func()","retryable":false}}`,
		},
		"an error": {err: errors.New("broken"), status: 500, text: "broken", inLines: `{"error":{"busy":false,"message":"broken","retryable":true}}`},
		"busy": {
			err: &Failure{Message: "busy", Busy: true, Delay: 1_500 * time.Millisecond}, status: 503, header: "2", text: "busy",
			inLines: `{"error":{"busy":true,"message":"busy","retryDelayMs":1500,"retryable":true}}`,
		},
		"busy, by the backoff": {
			err: &Failure{Message: "busy", Busy: true}, status: 503, text: "busy",
			inLines: `{"error":{"busy":true,"message":"busy","retryable":true}}`,
		},
		"busy for good": {
			err: &Failure{Message: "no", Busy: true, Final: true}, status: 422, text: "no",
			inLines: `{"error":{"busy":false,"message":"no","retryable":false}}`,
		},
		"with a delay": {
			err: &Failure{Message: "broken", Delay: time.Second}, status: 500, header: "1", text: "broken",
			inLines: `{"error":{"busy":false,"message":"broken","retryDelayMs":1000,"retryable":true}}`,
		},
		"final, wrapped": {
			err: fmt.Errorf("row 7: %w", &Failure{Message: "gone", Final: true}), status: 422, text: "row 7: gone",
			inLines: `{"error":{"busy":false,"message":"row 7: gone","retryable":false}}`,
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

func TestAResultThatIsTooLargeIsFinal(t *testing.T) {
	for _, shown := range []bool{false, true} {
		response := calling(t, &Page{Handle: func(_ context.Context, call *Call) (any, error) {
			if shown {
				if err := call.Log("at work"); err != nil {
					return nil, err
				}
			}
			return strings.Repeat("x", 256<<10), nil
		}}, "")
		if text := textOf(t, response); !strings.Contains(text, "the result has more than 256 KiB") || !shown && response.StatusCode != 422 ||
			shown && !strings.Contains(text, `"retryable":false`) {
			t.Errorf("answered %d %.200s", response.StatusCode, text)
		}
	}
}

func TestProgressThatDroverWouldRefuse(t *testing.T) {
	response := calling(t, &Page{Handle: func(_ context.Context, call *Call) (any, error) {
		for _, count := range []float64{-1, math.NaN(), math.Inf(1)} {
			if call.Progress(&Progress{Done: &count}) == nil || call.Progress(&Progress{Total: &count}) == nil {
				t.Errorf("%v was shown", count)
			}
		}
		return "nothing", call.Progress(nil)
	}}, "")
	if text := textOf(t, response); text != `{"progress":{}}`+"\n"+`{"result":"nothing"}`+"\n" {
		t.Errorf("answered %s", text)
	}
}

func TestPageShowsProgressWhileItWorks(t *testing.T) {
	read := make(chan struct{})
	response := calling(t, &Page{Handle: func(_ context.Context, call *Call) (any, error) {
		total := 2.0
		for done := 1.0; done <= total; done++ {
			if err := call.Progress(&Progress{Done: &done, Total: &total, Message: "reading"}); err != nil {
				return nil, err
			}
			<-read // The line has come before the next is written.
		}
		return 2, errors.Join(call.Progress(&Progress{Message: strings.Repeat("é", 1_000)}), call.Log(strings.Repeat("x", 1<<20)))
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
	if !lines.Scan() || lines.Text() != `{"log":"`+strings.Repeat("x", 1_024)+`"}` {
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
	if response := calling(t, &Page{Handle: called}, strings.Repeat("x", 256<<10+1)); response.StatusCode != 413 {
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
	recorder := httptest.NewRecorder()
	request := httptest.NewRequest(http.MethodPost, "/report", nil)
	request.Header.Set("Job-Attempt", "first")
	if (&Page{Handle: called}).ServeHTTP(recorder, request); recorder.Code != 400 || !strings.Contains(recorder.Body.String(), "Job-Attempt") {
		t.Errorf("a number that is none: %d %s", recorder.Code, recorder.Body)
	}
}

func TestMessagesAreCut(t *testing.T) {
	response := calling(t, &Page{Handle: func(context.Context, *Call) (any, error) {
		return nil, errors.New("x" + strings.Repeat("é", 1_000))
	}}, "")
	if text := textOf(t, response); text != "x"+strings.Repeat("é", 511) {
		t.Errorf("answered %d bytes: %s", len(text), text)
	}
}

func TestWorkBeginsAfterThe202AndHoldsUpNoOtherCall(t *testing.T) {
	answered, done := make(chan struct{}), make(chan struct{})
	server := httptest.NewServer(&Page{Handle: func(_ context.Context, call *Call) (any, error) {
		if len(call.Payload) > 0 {
			return "another call", nil
		}
		return Answer{Status: http.StatusAccepted, Then: func() {
			defer close(done)
			<-answered
			panic("is logged")
		}}, nil
	}})
	t.Cleanup(server.Close)
	// Both go over one connection.
	for _, body := range []string{"", "{}"} {
		response, err := server.Client().Post(server.URL, "application/json", strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		text := textOf(t, response)
		response.Body.Close()
		if body == "" && response.StatusCode != http.StatusAccepted || body != "" && text != `"another call"` {
			t.Errorf("answered %d %s", response.StatusCode, text)
		}
	}
	close(answered)
	<-done
}

// refusing is the connection of a caller who has left.
type refusing struct{ *httptest.ResponseRecorder }

func (refusing) Write([]byte) (int, error) { return 0, errors.New("closed") }

func TestWorkDoesNotBeginWithoutThe202(t *testing.T) {
	page := &Page{Handle: func(context.Context, *Call) (any, error) {
		return Answer{Status: http.StatusAccepted, Then: func() { t.Error("it began") }}, nil
	}}
	recorder := httptest.NewRecorder()
	page.ServeHTTP(refusing{recorder}, httptest.NewRequest(http.MethodPost, "/report", nil))
	if recorder.Code != http.StatusAccepted {
		t.Errorf("answered %d", recorder.Code)
	}
}

// plain is what stands around pages in many services: it counts, and cannot flush.
type plain struct{ http.ResponseWriter }

func TestWorkBeginsBehindWhatCannotFlush(t *testing.T) {
	began := make(chan string, 1)
	page := &Page{Handle: func(_ context.Context, call *Call) (any, error) {
		return Answer{Status: http.StatusAccepted, Then: func() { began <- "it" }}, nil
	}}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { page.ServeHTTP(plain{w}, r) }))
	t.Cleanup(server.Close)
	response, err := server.Client().Post(server.URL, "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if <-began; response.StatusCode != http.StatusAccepted {
		t.Errorf("answered %d", response.StatusCode)
	}
}

func TestThePageHearsOfAClosedConnection(t *testing.T) {
	left := make(chan error)
	server := httptest.NewServer(&Page{Handle: func(ctx context.Context, call *Call) (any, error) {
		err := call.Log("at work")
		<-ctx.Done()
		left <- err
		return nil, ctx.Err()
	}})
	defer server.Close()
	response, err := server.Client().Post(server.URL, "application/json", nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if err := <-left; err != nil {
		t.Error(err)
	}
}
