// The attempt that a call of a page is, and what its token allows: to report, to end it, to make child jobs. It knows
// nothing of how a page is served.

package drover

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	droverv1 "drover.dev/go/gen/drover/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/types/known/durationpb"
)

// ErrCancelRequested is the cause of a context that ends because the job is to be cancelled.
var ErrCancelRequested = errors.New("drover: the job is to be cancelled")

// Attempt is one call of a page, as its headers tell it. Its methods call Drover's HTTP door with the attempt token, and
// repeat what could not be answered. They fail with [ReasonLeaseLost] when the attempt no longer holds the job: stop
// then, nothing that it does counts any more.
type Attempt struct {
	JobID string
	// Number is 1 for the first attempt. Fence rises with each call of the job.
	Number, Fence int64
	Queue, Kind   string
	// Token lets its bearer report on this attempt. Not to be logged.
	Token string
	// Service is the base address of Drover's HTTP door.
	Service string
	// Deadline is when this attempt will be given up, by the server's clock.
	Deadline time.Time
	// HTTP makes the calls. Default: a client that all attempts share.
	HTTP *http.Client
}

// ReadAttempt reads the attempt from the headers of a request. What is absent stays empty, so that a page can be tried by
// hand; what is no number or no time fails with codes.InvalidArgument, naming the header. It proves nothing: where
// others can reach the page, verify the signature.
func ReadAttempt(header http.Header) (Attempt, error) {
	attempt := Attempt{
		JobID: header.Get("Job-Id"), Queue: header.Get("Job-Queue"),
		Token: header.Get("Job-Token"), Service: header.Get("Job-Service"),
	}
	for name, number := range map[string]*int64{"Job-Attempt": &attempt.Number, "Job-Fence": &attempt.Fence} {
		if text := header.Get(name); text != "" {
			value, err := strconv.ParseInt(text, 10, 64)
			if err != nil {
				return Attempt{}, invalid(name, "must be a whole number")
			}
			*number = value
		}
	}
	if text := header.Get("Job-Deadline"); text != "" {
		deadline, err := time.Parse(time.RFC3339, text)
		if err != nil {
			return Attempt{}, invalid("Job-Deadline", "must be a time")
		}
		attempt.Deadline = deadline
	}
	kind, err := url.PathUnescape(header.Get("Job-Kind"))
	if err != nil {
		return Attempt{}, invalid("Job-Kind", "must be percent-encoded")
	}
	attempt.Kind = kind
	return attempt, nil
}

// Report shows progress and renews the lease; nil only renews it.
func (a *Attempt) Report(ctx context.Context, progress *Progress) (*droverv1.ReportProgressResponse, error) {
	return Retry(ctx, func(ctx context.Context) (*droverv1.ReportProgressResponse, error) {
		return a.service().ReportProgress(ctx, &droverv1.ReportProgressRequest{Progress: progress})
	})
}

// Complete ends the attempt, and with it the job, with success. The result becomes JSON, at most 256 KiB; nil is none.
func (a *Attempt) Complete(ctx context.Context, result any) (*Job, error) {
	var body []byte
	switch result.(type) {
	case nil:
	case Answer, acceptance:
		return nil, invalid("result", "must be a value: the call has been answered")
	default:
		var err error
		if body, err = json.Marshal(result); err != nil {
			return nil, invalid("result", err.Error())
		}
	}
	answer, err := Retry(ctx, func(ctx context.Context) (*droverv1.CompleteAttemptResponse, error) {
		return a.service().CompleteAttempt(ctx, &droverv1.CompleteAttemptRequest{Result: body})
	})
	return answer.GetJob(), err
}

// longestDelay is the most that the server waits; what a page asks for in its answer is cut to it there.
const longestDelay = 7 * 24 * time.Hour

// Fail ends the attempt as a failure: for good if reason is made by [Never], else to be tried again, after its delay if
// it is made by [Later] or [After]. It uses an attempt, whichever it is.
func (a *Attempt) Fail(ctx context.Context, reason error) (*Job, error) {
	word := wordOf(reason)
	request := &droverv1.FailAttemptRequest{Message: clipped(word.message), Retryable: word.retryable}
	if word.delay > 0 {
		request.RetryDelay = durationpb.New(min(word.delay, longestDelay))
	}
	answer, err := Retry(ctx, func(ctx context.Context) (*droverv1.FailAttemptResponse, error) {
		return a.service().FailAttempt(ctx, request)
	})
	return answer.GetJob(), err
}

func (a *Attempt) service() droverv1.AttemptServiceClient {
	return droverv1.NewAttemptServiceClient(a.door())
}

func (a *Attempt) door() door {
	client := a.HTTP
	if client == nil {
		client = doorClient
	}
	return door{service: a.Service, token: a.Token, client: client}
}

// keep renews the lease, first after a while and then in time for the next, and ends the context when the attempt is to
// stop: with [ErrCancelRequested], or with the error that says that its lease is lost. A Drover that cannot be asked
// changes nothing: the lease decides.
func (a *Attempt) keep(ctx context.Context, stop context.CancelCauseFunc, first time.Duration) {
	if a.Token == "" {
		return // Called by hand: there is no lease.
	}
	timer := time.NewTimer(first)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
		}
		var header metadata.MD
		answer, err := Retry(ctx, func(ctx context.Context) (*droverv1.ReportProgressResponse, error) {
			return a.service().ReportProgress(ctx, &droverv1.ReportProgressRequest{}, grpc.Header(&header))
		})
		switch {
		case Reason(err) == ReasonLeaseLost:
			stop(err)
		case answer.GetCancelRequested():
			stop(ErrCancelRequested)
		}
		next := keepLongest
		if err == nil {
			next = untilRenewal(header, answer.GetLeaseExpireTime().AsTime())
		}
		timer.Reset(next)
	}
}

const (
	// keepShortest is well within the shortest lease, which is 1 s.
	keepShortest = 200 * time.Millisecond
	// keepLongest is well within the 10 s that a cancel leaves.
	keepLongest = 4 * time.Second
)

// untilRenewal is a third of what is left of a lease. When it was answered is told by the answer: the clock of this
// machine may be hours from that which the lease expires by.
func untilRenewal(header metadata.MD, expires time.Time) time.Duration {
	answered, err := http.ParseTime(strings.Join(header.Get("Date"), ""))
	if err != nil {
		return keepShortest // The lease may be the shortest.
	}
	// Whole seconds are told: it may have been almost one more.
	left := expires.Sub(answered.Add(time.Second))
	return max(keepShortest, min(keepLongest, left/3))
}
