// What a page tells Drover over its HTTP door, which is a fake in this process: children, what becomes of accepted work,
// cancels, lost leases, and errors as Connect sends them.

package drover

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	droverv1 "drover.dev/go/gen/drover/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// fakeDoor answers the calls of a page: by method, from the request to the answer.
type fakeDoor map[string]func(read func(proto.Message)) (proto.Message, error)

func (f fakeDoor) attempt(t *testing.T) *Attempt {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil || r.Header.Get("Authorization") != "Bearer token" || r.Header.Get("Content-Type") != "application/proto" {
			t.Errorf("called with %v: %v", r.Header, err)
		}
		method := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
		answer, err := f[method](func(request proto.Message) {
			if err := proto.Unmarshal(body, request); err != nil {
				t.Error(err)
			}
		})
		if err != nil {
			refuse(t, w, err)
			return
		}
		content, err := proto.Marshal(answer)
		if err != nil {
			t.Error(err)
		}
		if _, err := w.Write(content); err != nil {
			t.Error(err)
		}
	}))
	t.Cleanup(server.Close)
	return &Attempt{JobID: "job-1", Number: 1, Token: "token", Service: server.URL + "/", HTTP: server.Client()}
}

// refuse writes an error as Connect does.
func refuse(t *testing.T, w http.ResponseWriter, err error) {
	t.Helper()
	names := map[codes.Code]string{codes.FailedPrecondition: "failed_precondition", codes.Unavailable: "unavailable", codes.Canceled: "canceled"}
	type detail struct{ Type, Value string }
	var details []detail
	for _, each := range status.Convert(err).Proto().Details {
		_, name, _ := strings.Cut(each.TypeUrl, "/")
		details = append(details, detail{name, base64.RawStdEncoding.EncodeToString(each.Value)})
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusBadRequest)
	told := map[string]any{"code": names[status.Code(err)], "message": "refused", "details": details}
	if err := json.NewEncoder(w).Encode(told); err != nil {
		t.Error(err)
	}
}

func TestErrorsOfTheHTTPDoor(t *testing.T) {
	failing := func(err error) error {
		_, err = fakeDoor{"ReportProgress": func(func(proto.Message)) (proto.Message, error) { return nil, err }}.attempt(t).Report(context.Background(), nil)
		return err
	}
	if err := failing(refused(t, codes.FailedPrecondition, reason("LEASE_LOST"))); Reason(err) != ReasonLeaseLost || AsError(err).Message != "refused" {
		t.Errorf("got %v", err)
	}
	proxy := httptest.NewServer(http.NotFoundHandler())
	defer proxy.Close()
	attempt := &Attempt{Token: "token", Service: proxy.URL}
	if _, err := attempt.Report(context.Background(), nil); status.Code(err) != codes.Unimplemented {
		t.Errorf("got %v", err)
	}
	if _, err := (&Attempt{}).Report(context.Background(), nil); status.Code(err) != codes.InvalidArgument {
		t.Errorf("got %v", err)
	}
	if codeNamed("canceled") != codes.Canceled || codeNamed("not_found") != codes.NotFound || codeNamed("new") != codes.Unknown {
		t.Error("wrong codes")
	}
}

func TestCallsOfAPageAreRepeated(t *testing.T) {
	calls := 0
	attempt := fakeDoor{"ReportProgress": func(func(proto.Message)) (proto.Message, error) {
		if calls++; calls == 1 {
			return nil, refused(t, codes.Unavailable, retryAfter(time.Millisecond))
		}
		return &droverv1.ReportProgressResponse{CancelRequested: true}, nil
	}}.attempt(t)
	answer, err := attempt.Report(context.Background(), &Progress{Message: "at work"})
	if err != nil || !answer.CancelRequested || calls != 2 {
		t.Errorf("got %v, %v after %d calls", answer, err, calls)
	}
}

// tree is a door that keeps the children of one batch.
type tree struct {
	existing bool
	state    droverv1.BatchState
	chunks   []string
	keys     []string
	sealed   int
}

func (s *tree) attempt(t *testing.T) *Attempt {
	return fakeDoor{
		"SubmitBatch": func(read func(proto.Message)) (proto.Message, error) {
			request := &droverv1.SubmitBatchRequest{}
			if read(request); !request.Open || request.Batch.Key != "users" || len(request.Jobs) != 0 {
				t.Errorf("opened by %v", request)
			}
			return &droverv1.SubmitBatchResponse{Batch: &Batch{Id: "batch-1", State: s.state}, Existing: s.existing}, nil
		},
		"AddJobs": func(read func(proto.Message)) (proto.Message, error) {
			request := &droverv1.AddJobsRequest{}
			read(request)
			s.chunks = append(s.chunks, request.ChunkKey)
			for _, job := range request.Jobs {
				s.keys = append(s.keys, job.ChildKey)
			}
			return &droverv1.AddJobsResponse{}, nil
		},
		"SealBatch": func(read func(proto.Message)) (proto.Message, error) {
			request := &droverv1.SealBatchRequest{}
			if read(request); request.ExpectedJobCount != nil {
				t.Error("what an attempt before gave stays, so there is no count to expect")
			}
			s.sealed++
			return &droverv1.SealBatchResponse{Batch: &Batch{Id: request.BatchId}}, nil
		},
	}.attempt(t)
}

func TestChildrenHaveTheSameKeysInAnyOrder(t *testing.T) {
	user := func(url string) *Job { return &Job{Endpoint: &Endpoint{Url: url}} }
	children := []*Job{user("http://a/1"), user("http://a/2"), user("http://a/1"), {ChildKey: "own"}}
	keys := func(children []*Job) *tree {
		stored := &tree{state: droverv1.BatchState_BATCH_STATE_OPEN}
		_, _, err := stored.attempt(t).Children(context.Background(), &Batch{Key: "users"}, slices.Values(children))
		if err != nil || stored.sealed != 1 {
			t.Fatalf("sealed %d times: %v", stored.sealed, err)
		}
		return stored
	}
	first, again := keys(children), keys(children)
	if !slices.Equal(first.keys, again.keys) || !slices.Equal(first.chunks, again.chunks) {
		t.Error("the same children have other keys")
	}
	if first.keys[2] != first.keys[0]+".2" || first.keys[3] != "own" || children[0].ChildKey != "" {
		t.Errorf("got keys %q", first.keys)
	}
	slices.Reverse(children)
	turned := keys(children)
	if turned.chunks[0] == first.chunks[0] {
		t.Error("other chunks have the same key")
	}
	slices.Sort(first.keys)
	if slices.Sort(turned.keys); !slices.Equal(first.keys, turned.keys) {
		t.Errorf("in another order the keys are %q", turned.keys)
	}
}

func TestChildrenOfASealedBatchAreThere(t *testing.T) {
	stored := &tree{existing: true, state: droverv1.BatchState_BATCH_STATE_RUNNING}
	batch, existing, err := stored.attempt(t).Children(context.Background(), &Batch{Key: "users"}, jobsOf(3, nil))
	if err != nil || !existing || batch.Id != "batch-1" || len(stored.chunks) != 0 || stored.sealed != 0 {
		t.Errorf("got %v, %v, %v with %d chunks", batch, existing, err, len(stored.chunks))
	}
	if _, _, err := stored.attempt(t).Children(context.Background(), &Batch{}, jobsOf(3, nil)); status.Code(err) != codes.InvalidArgument {
		t.Errorf("without a key: %v", err)
	}
}

// accepting runs a page that answers 202 against a door, and waits for its work.
func accepting(t *testing.T, attempt *Attempt, work func(context.Context) (any, error)) {
	t.Helper()
	page := &Page{Handle: func(context.Context, *Call) (any, error) { return Accept(work), nil }}
	request := httptest.NewRequest(http.MethodPost, "/", strings.NewReader("{}"))
	request.Header.Set("Job-Token", attempt.Token)
	request.Header.Set("Job-Service", attempt.Service)
	recorder := httptest.NewRecorder()
	page.ServeHTTP(recorder, request)
	page.Wait()
	if recorder.Code != http.StatusAccepted {
		t.Errorf("answered %d", recorder.Code)
	}
}

func TestAcceptedWork(t *testing.T) {
	var ends []string
	lease := func(func(proto.Message)) (proto.Message, error) {
		return &droverv1.ReportProgressResponse{LeaseExpireTime: timestamppb.New(time.Now().Add(30 * time.Second))}, nil
	}
	door := fakeDoor{
		"ReportProgress": lease,
		"CompleteAttempt": func(read func(proto.Message)) (proto.Message, error) {
			request := &droverv1.CompleteAttemptRequest{}
			read(request)
			ends = append(ends, "complete "+string(request.Result))
			return &droverv1.CompleteAttemptResponse{}, nil
		},
		"FailAttempt": func(read func(proto.Message)) (proto.Message, error) {
			request := &droverv1.FailAttemptRequest{}
			read(request)
			ends = append(ends, strings.TrimSpace(request.Message+" "+request.RetryDelay.AsDuration().String()), map[bool]string{true: "again", false: "never"}[request.Retryable])
			return &droverv1.FailAttemptResponse{}, nil
		},
	}
	attempt := door.attempt(t)
	accepting(t, attempt, func(context.Context) (any, error) { return map[string]int{"rows": 3}, nil })
	accepting(t, attempt, func(context.Context) (any, error) { return nil, nil })
	accepting(t, attempt, func(context.Context) (any, error) { return Answer{}, nil })
	accepting(t, attempt, func(context.Context) (any, error) { return nil, Never("no rows") })
	accepting(t, attempt, func(context.Context) (any, error) { return nil, After("broken", time.Minute) })
	accepting(t, attempt, func(context.Context) (any, error) { panic("no table") })
	accepting(t, attempt, func(context.Context) (any, error) { return nil, ErrLeaveOpen })
	want := []string{`complete {"rows":3}`, "complete ",
		"drover: InvalidArgument: result: must be a value: the call has been answered 0s", "never", "no rows 0s", "never", "broken 1m0s", "again", "panic: no table 0s", "again"}
	if !slices.Equal(ends, want) {
		t.Errorf("ended as %q", ends)
	}
}

func TestAcceptedWorkIsToldToStop(t *testing.T) {
	cancelled := &droverv1.ReportProgressResponse{CancelRequested: true}
	for name, test := range map[string]struct {
		err   error
		cause func(error) bool
	}{
		"by a cancel":     {cause: func(err error) bool { return err == ErrCancelRequested }},
		"by a lost lease": {err: refused(t, codes.FailedPrecondition, reason("LEASE_LOST")), cause: func(err error) bool { return Reason(err) == ReasonLeaseLost }},
	} {
		t.Run(name, func(t *testing.T) {
			door := fakeDoor{"ReportProgress": func(func(proto.Message)) (proto.Message, error) { return cancelled, test.err }}
			accepting(t, door.attempt(t), func(ctx context.Context) (any, error) {
				<-ctx.Done()
				if !test.cause(context.Cause(ctx)) {
					t.Errorf("stopped by %v", context.Cause(ctx))
				}
				return nil, ErrLeaveOpen
			})
		})
	}
}
