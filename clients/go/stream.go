// A page's answer on its way: one status and body, or lines of JSON, the last of which tells how it ended. It knows no
// job, only words and lines.

package drover

import (
	"encoding/json"
	"errors"
	"math"
	"net/http"
	"strconv"
	"sync"
)

// stream is an answer on its way: a status and a body, or lines of JSON from the first send on.
type stream struct {
	to    http.ResponseWriter
	mutex sync.Mutex
	open  bool
	ended bool
}

var errEnded = errors.New("drover: the call has been answered; what comes later goes through Attempt.Report")

// send writes one line and flushes it. The first one begins the answer.
func (s *stream) send(line any) error {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	if s.ended {
		return errEnded
	}
	return s.write(line)
}

// end lets nobody send any more, and tells whether lines were sent.
func (s *stream) end() (open bool) {
	s.mutex.Lock()
	defer s.mutex.Unlock()
	s.ended = true
	return s.open
}

func (s *stream) write(line any) error {
	text, err := json.Marshal(line)
	if err != nil {
		return err
	}
	if !s.open {
		s.open = true
		s.to.Header().Set("Content-Type", "application/x-ndjson")
		s.to.Header().Set("Cache-Control", "no-store")
		s.to.Header().Set("X-Accel-Buffering", "no") // Asks proxies not to gather lines.
	}
	if _, err := s.to.Write(append(text, '\n')); err != nil {
		return err
	}
	return s.flush()
}

// flush is left to the end of the call where what stands around the page cannot do it.
func (s *stream) flush() error {
	if err := http.NewResponseController(s.to).Flush(); !errors.Is(err, http.ErrNotSupported) {
		return err
	}
	return nil
}

// whole answers with a status of its own.
func (s *stream) whole(answer Answer) error {
	for name, values := range answer.Header {
		s.to.Header()[http.CanonicalHeaderKey(name)] = values
	}
	if answer.Status != 0 {
		s.to.WriteHeader(answer.Status)
	}
	_, err := s.to.Write(answer.Body)
	return err
}

// accept answers 202, and at once: work begins after it.
func (s *stream) accept() error {
	if err := s.whole(Answer{Status: http.StatusAccepted, Header: http.Header{"Content-Length": {"0"}}}); err != nil {
		return err
	}
	return s.flush()
}

// fail tells how the attempt failed, by a last line or by a status.
func (s *stream) fail(word word) error {
	word.message = clipped(word.message)
	if s.open {
		type failure struct {
			Message      string `json:"message"`
			Retryable    bool   `json:"retryable"`
			Busy         bool   `json:"busy,omitempty"`
			RetryDelayMs int64  `json:"retryDelayMs,omitempty"`
		}
		told := failure{word.message, word.retryable, word.busy, max(0, word.delay.Milliseconds())}
		return s.write(map[string]failure{"error": told})
	}
	answer := Answer{Status: http.StatusInternalServerError, Body: []byte(word.message)}
	answer.Header = http.Header{"Content-Type": {"text/plain; charset=utf-8"}}
	if word.busy {
		answer.Status = http.StatusServiceUnavailable
	} else if !word.retryable {
		answer.Status = http.StatusUnprocessableEntity
	}
	if word.delay > 0 {
		answer.Header.Set("Retry-After", strconv.Itoa(int(math.Ceil(word.delay.Seconds()))))
	}
	return s.whole(answer)
}
