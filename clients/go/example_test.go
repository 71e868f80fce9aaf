// The code of README.md as examples, so that it compiles, and a test that it is the same.

package drover_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	drover "drover.dev/go"
	droverv1 "drover.dev/go/gen/drover/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func Example() {
	ctx := context.Background()
	client, err := drover.NewClient("127.0.0.1:7070")
	if err != nil {
		log.Fatal(err)
	}
	page := &drover.Endpoint{Url: "http://127.0.0.1:8000/user-stats?userid=7"}
	stored, err := client.Submit(ctx, &drover.Job{Endpoint: page, Payload: []byte(`{"rows": 3}`)})
	if err != nil {
		log.Fatal(err)
	}
	job, err := client.Wait(ctx, stored.Job.Id)
	fmt.Println(job.GetState(), string(job.GetResult()), err)
}

var (
	ctx    = context.Background()
	client *drover.Client
	work   = make(chan float64)
)

func ExampleClient_Watch() {
	for job, err := range client.Watch(ctx, "stats-7") {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(job.State, job.GetProgress().GetDone(), job.GetProgress().GetTotal())
	}
}

func ExampleClient_SubmitBatch() {
	ctx, cancel := context.WithCancelCause(ctx)
	jobs := func(yield func(*drover.Job) bool) {
		lines := bufio.NewScanner(os.Stdin)
		lines.Buffer(nil, 256<<10+2)
		for lines.Scan() {
			page := &drover.Endpoint{Url: "http://127.0.0.1:8000/user-stats"}
			if !yield(&drover.Job{Endpoint: page, Payload: []byte(lines.Text())}) {
				return
			}
		}
		if lines.Err() != nil {
			cancel(lines.Err())
		}
	}
	batch, existing, err := client.SubmitBatch(ctx, &drover.Batch{Key: "june"}, jobs)
	fmt.Println(batch.GetId(), existing, errors.Join(err, context.Cause(ctx)))
}

func ExampleReason() {
	_, err := client.Jobs.RetryJob(ctx, &droverv1.RetryJobRequest{JobId: "stats-7"})
	switch {
	case drover.Reason(err) == "NOT_RETRYABLE":
		fmt.Println("it neither failed nor was cancelled")
	case status.Code(err) == codes.NotFound:
		fmt.Println("there is no such job")
	case status.Code(err) == codes.InvalidArgument:
		fmt.Println(drover.Fields(err))
	}
}

func ExamplePage() {
	verifier, err := drover.NewVerifier(os.Getenv("DROVER_SIGNING_SECRET")) // whsec_…, as the server has it.
	if err != nil {
		log.Fatal(err)
	}
	userStats := func(ctx context.Context, call *drover.Call) (any, error) {
		var input struct{ Rows float64 }
		if err := json.Unmarshal(call.Payload, &input); err != nil {
			return nil, &drover.Failure{Message: err.Error(), Final: true}
		}
		for row := 1.0; row <= input.Rows; row++ {
			if err := call.Progress(&drover.Progress{Done: &row, Total: &input.Rows}); err != nil {
				return nil, err
			}
		}
		return map[string]float64{"rows": input.Rows}, ctx.Err()
	}
	http.Handle("POST /user-stats", &drover.Page{Handle: userStats, Verifier: verifier})
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", nil))
}

func ExampleClient_Children() {
	master := func(ctx context.Context, call *drover.Call) (any, error) {
		children := func(yield func(*drover.Job) bool) {
			for user := range 2_000 {
				page := &drover.Endpoint{Url: fmt.Sprintf("http://%s/user-stats?userid=%d", call.Request.Host, user)}
				if !yield(&drover.Job{ChildKey: fmt.Sprint("user-", user), Endpoint: page}) {
					return
				}
			}
		}
		_, _, err := client.Children(ctx, call.Attempt, &drover.Batch{Key: "users"}, children)
		return nil, err
	}
	http.Handle("POST /all-stats", &drover.Page{Handle: master})
}

func ExampleAnswer() {
	report := func(_ context.Context, call *drover.Call) (any, error) {
		return drover.Answer{Status: http.StatusAccepted, Then: func() {
			ctx := call.Attempt.Context(context.Background())
			for rows := range work {
				told, err := client.Attempts.ReportProgress(ctx, &droverv1.ReportProgressRequest{Progress: &drover.Progress{Done: &rows}})
				if drover.Reason(err) == "LEASE_LOST" || told.GetCancelRequested() {
					return
				}
			}
			_, err := client.Attempts.CompleteAttempt(ctx, &droverv1.CompleteAttemptRequest{Result: []byte("{}")})
			fmt.Println(err)
		}}, nil
	}
	http.Handle("POST /report", &drover.Page{Handle: report})
}

func TestReadme(t *testing.T) {
	examples, readme := linesOf(t, "example_test.go"), linesOf(t, "README.md")
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```").FindAllStringSubmatch(readme, -1)
	if len(blocks) == 0 {
		t.Error("README.md has no code")
	}
	for _, block := range blocks {
		if !strings.Contains(examples, block[1]) {
			t.Errorf("no example is\n%s", block[1])
		}
	}
}

// linesOf is a file without the space that its lines begin with.
func linesOf(t *testing.T, file string) string {
	t.Helper()
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return regexp.MustCompile(`(?m)^[ \t]+`).ReplaceAllString(string(text), "")
}
