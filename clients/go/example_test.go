// The code of README.md as examples, so that it compiles, and a test that it is the same.

package drover_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

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
	job, _, err := client.Submit(ctx, &drover.Job{Endpoint: page, Payload: []byte(`{"rows": 3}`)})
	if err != nil {
		log.Fatal(err)
	}
	job, err = client.Wait(ctx, job.Id)
	fmt.Println(job.GetState(), string(job.GetResult()), err)
}

var (
	ctx    = context.Background()
	client *drover.Client
	work   = make(chan int)
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
	jobs := func(yield func(*drover.Job) bool) {
		lines := bufio.NewScanner(os.Stdin)
		for lines.Scan() {
			page := &drover.Endpoint{Url: "http://127.0.0.1:8000/user-stats"}
			if !yield(&drover.Job{Endpoint: page, Payload: []byte(lines.Text())}) {
				return
			}
		}
	}
	batch, existing, err := client.SubmitBatch(ctx, &drover.Batch{Key: "june"}, jobs)
	fmt.Println(batch.GetId(), existing, err)
}

func ExampleReason() {
	_, err := client.Jobs.RetryJob(ctx, &droverv1.RetryJobRequest{JobId: "stats-7"})
	switch {
	case drover.Reason(err) == drover.ReasonNotRetryable:
		fmt.Println("it neither failed nor was cancelled")
	case status.Code(err) == codes.NotFound:
		fmt.Println("there is no such job")
	}
	var refused *drover.Error
	if _, _, err := client.Submit(ctx, &drover.Job{Id: "a bad id"}); errors.As(err, &refused) {
		fmt.Println(refused.Code, refused.Fields)
	}
}

func ExamplePage() {
	verifier, err := drover.NewVerifier(os.Getenv("DROVER_SIGNING_SECRET")) // whsec_…, as the server has it.
	if err != nil {
		log.Fatal(err)
	}
	userStats := func(ctx context.Context, call *drover.Call) (any, error) {
		var input struct{ Rows int }
		if err := call.Decode(&input); err != nil {
			return nil, err
		}
		for row := range input.Rows {
			if err := call.Progress(float64(row+1), float64(input.Rows), "reading"); err != nil {
				return nil, err
			}
		}
		return map[string]int{"rows": input.Rows}, ctx.Err()
	}
	http.Handle("POST /user-stats", &drover.Page{Handle: userStats, Verifier: verifier})
	log.Fatal(http.ListenAndServe("127.0.0.1:8000", nil))
}

func ExampleAttempt_Children() {
	master := func(ctx context.Context, call *drover.Call) (any, error) {
		children := func(yield func(*drover.Job) bool) {
			for user := range 2_000 {
				page := &drover.Endpoint{Url: fmt.Sprintf("http://%s/user-stats?userid=%d", call.Request.Host, user)}
				if !yield(&drover.Job{ChildKey: fmt.Sprint("user-", user), Endpoint: page}) {
					return
				}
			}
		}
		_, _, err := call.Children(ctx, &drover.Batch{Key: "users"}, children)
		return nil, err
	}
	http.Handle("POST /all-stats", &drover.Page{Handle: master})
}

func ExampleAccept() {
	report := func(ctx context.Context, call *drover.Call) (any, error) {
		return drover.Accept(func(ctx context.Context) (any, error) {
			select {
			case rows := <-work:
				return map[string]int{"rows": rows}, nil
			case <-time.After(time.Hour):
				return nil, drover.After("nobody does the work", time.Minute)
			case <-ctx.Done():
				return nil, context.Cause(ctx) // Cancelled, or the lease is lost.
			}
		}), nil
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
