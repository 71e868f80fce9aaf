// How a page's work can end: a result, later, never, accepted. What becomes of each on the wire is page's.

package drover

import (
	"context"
	"errors"
	"net/http"
	"time"
)

// Answer is a result that is sent as it is: any status with what it means to Drover, any header, any body.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte
}

// Later fails an attempt because the moment is wrong and not the job: it is tried again, after the delay or, for 0, the
// job's backoff, and no attempt is used up.
func Later(message string, delay time.Duration) error {
	return &pageError{word{message: message, retryable: true, busy: true, delay: delay}}
}

// After fails an attempt that is to be tried again after a delay instead of the job's backoff.
func After(message string, delay time.Duration) error {
	return &pageError{word{message: message, retryable: true, delay: delay}}
}

// Never fails a job for good: no further attempt would help.
func Never(message string) error {
	return &pageError{word{message: message}}
}

// Accept is returned by a [PageFunc] to answer 202: the call is over, and work begins. While it runs, the lease is renewed
// for it; what it returns ends the attempt, as it would have ended the call. Its context ends when the job is cancelled
// or the lease is lost; context.Cause tells which.
func Accept(work func(ctx context.Context) (result any, err error)) any {
	return acceptance{work}
}

// ErrLeaveOpen is returned by the work of [Accept] if somebody else is to end the attempt, and to renew its lease.
var ErrLeaveOpen = errors.New("drover: somebody else ends the attempt")

type acceptance struct {
	work func(context.Context) (any, error)
}

// word is how an attempt failed.
type word struct {
	message   string
	retryable bool
	busy      bool
	delay     time.Duration
}

type pageError struct{ word }

func (e *pageError) Error() string { return e.message }

// wordOf reads an error of Later, After or Never, even a wrapped one, whose whole message counts. Any other is a failure
// after which the job is tried again.
func wordOf(err error) word {
	told := word{retryable: true}
	var own *pageError
	if errors.As(err, &own) {
		told = own.word
	}
	told.message = err.Error()
	return told
}
