// Trying again: what may succeed later, after which wait, for how long. It is safe because whatever is sent again
// carries the same id or key. It knows no call.

package drover

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
)

// pace is how calls are repeated.
type pace struct {
	// callLimit is what one call may take with all of its tries, if its context has no deadline.
	callLimit time.Duration
	// tryLimit is for one try: a connection that died without a word costs this and not the whole call.
	tryLimit time.Duration
	// firstWait is the longest wait before the second try; it doubles with each further one, up to longestWait.
	firstWait, longestWait time.Duration
	// idle is for a watch: the server sends something every 15 s, so a stream that is silent for so long is dead.
	idle time.Duration
}

var usualPace = pace{
	callLimit:   time.Minute,
	tryLimit:    20 * time.Second,
	firstWait:   100 * time.Millisecond,
	longestWait: 5 * time.Second,
	idle:        45 * time.Second,
}

// Retry calls until the call succeeds, as the methods of [Client] do it, and fails with an [*Error]: with one that no
// repeat would mend at once, with any other when ctx is done, or after a minute if ctx has no deadline. It is for calls
// of the generated clients:
//
//	answer, err := drover.Retry(ctx, func(ctx context.Context) (*droverv1.CancelJobResponse, error) {
//		return client.Jobs.CancelJob(ctx, &droverv1.CancelJobRequest{JobId: id})
//	})
func Retry[T any](ctx context.Context, call func(context.Context) (T, error)) (T, error) {
	return retry(ctx, usualPace, call)
}

func retry[T any](ctx context.Context, pace pace, call func(context.Context) (T, error)) (T, error) {
	if _, limited := ctx.Deadline(); !limited {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, pace.callLimit)
		defer cancel()
	}
	for failures := 1; ; failures++ {
		try, cancel := context.WithTimeout(ctx, pace.tryLimit)
		answer, err := call(try)
		cancel()
		if err == nil {
			return answer, nil
		}
		failed := failure(ctx, err)
		if ctx.Err() != nil || !transient(failed) || !pace.wait(ctx, failures, failed.RetryDelay) {
			return answer, failed
		}
	}
}

// transient is what the same call may not meet again. A cancel that does not come from this side is one, and so is a
// reset of the stream: a server that stops, or a proxy, let go of the call.
func transient(err *Error) bool {
	switch err.Code {
	case codes.Unavailable, codes.DeadlineExceeded:
		return true
	case codes.Canceled:
		// Only this error tells that it was Client.Close.
		return !errors.Is(err, grpc.ErrClientConnClosing)
	case codes.Internal:
		// In gRPC's own words: what a server calls so has others.
		return strings.Contains(err.Message, "RST_STREAM")
	}
	return false
}

// wait waits before a further try: a random part, so that callers who failed together do not come back together, after
// what the server asks for. It returns false, at once, if ctx will be done by then.
func (p pace) wait(ctx context.Context, failures int, asked time.Duration) bool {
	longest := p.longestWait
	if doublings := failures - 1; doublings < 16 {
		longest = min(longest, p.firstWait<<doublings)
	}
	length := asked + rand.N(longest+1)
	if deadline, limited := ctx.Deadline(); limited && time.Until(deadline) <= length {
		return false
	}
	timer := time.NewTimer(length)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
