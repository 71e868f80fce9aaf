// Single calls: that a repeat carries the same id, that errors tell their reasons, and when there is no repeat.

package drover

import (
	"context"
	"errors"
	"fmt"
	"net"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	droverv1 "drover.dev/go/gen/drover/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestSubmitRepeatsWithTheSameID(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var ids []string
		client := clientOf(t, &fakeService{submitJob: func(request *droverv1.SubmitJobRequest) (*droverv1.SubmitJobResponse, error) {
			ids = append(ids, request.Job.Id)
			if len(ids) < 3 {
				return nil, refused(t, []codes.Code{0, codes.Unavailable, codes.Canceled}[len(ids)])
			}
			return &droverv1.SubmitJobResponse{Job: request.Job, Existing: true}, nil
		}})
		given := &Job{Kind: "report"}
		stored, err := client.Submit(context.Background(), given)
		if err != nil || !stored.Existing || len(ids) != 3 || ids[0] != ids[1] || ids[1] != ids[2] || stored.Job.Id != ids[0] {
			t.Errorf("got %v, %v of %q", stored, err, ids)
		}
		if made := regexp.MustCompile(`^[0-9a-f]{12}-[A-Z2-7]{26}$`); !made.MatchString(ids[0]) || given.Id != "" {
			t.Errorf("made %s, and left the caller's %q", ids[0], given.Id)
		}
	})
}

func TestIDsAreInTheOrderOfTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		first := newID()
		time.Sleep(time.Millisecond)
		if second := newID(); second <= first {
			t.Errorf("%s comes before %s", second, first)
		}
	})
}

func TestSubmitDoesNotRepeatWhatNoRepeatMends(t *testing.T) {
	for name, test := range map[string]struct {
		err    error
		code   codes.Code
		reason string
		field  string
	}{
		"a reason":    {refused(t, codes.PermissionDenied, reason("ENDPOINT_NOT_ALLOWED")), codes.PermissionDenied, "ENDPOINT_NOT_ALLOWED", ""},
		"a bad field": {refused(t, codes.InvalidArgument, fieldAt("job.id")), codes.InvalidArgument, "", "job.id"},
		"neither":     {status.Error(codes.AlreadyExists, "refused"), codes.AlreadyExists, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			client := clientOf(t, &fakeService{submitJob: func(*droverv1.SubmitJobRequest) (*droverv1.SubmitJobResponse, error) {
				calls++
				return nil, test.err
			}})
			_, err := client.Submit(context.Background(), &Job{Id: "job-1"})
			field := ""
			for _, violation := range Fields(fmt.Errorf("around it: %w", err)) {
				field += violation.Field
			}
			if status.Code(err) != test.code || Reason(err) != test.reason || field != test.field || calls != 1 || !strings.Contains(err.Error(), "job-1") {
				t.Errorf("got %v with %q and %q after %d calls", err, Reason(err), field, calls)
			}
		})
	}
	if Reason(nil) != "" || Reason(errors.New("other")) != "" || Fields(nil) != nil {
		t.Error("there is a reason for nothing")
	}
}

func TestACallEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client := clientOf(t, &fakeService{submitJob: func(*droverv1.SubmitJobRequest) (*droverv1.SubmitJobResponse, error) {
			return nil, status.Error(codes.Unavailable, "away")
		}})
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(time.Second, cancel)
		if _, err := client.Submit(ctx, &Job{}); status.Code(err) != codes.Canceled {
			t.Errorf("got %v", err)
		}
		began := time.Now()
		if _, err := client.Submit(context.Background(), &Job{}); status.Code(err) != codes.Unavailable || time.Since(began) > time.Minute {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
	})
}

func TestACallWaitsAMinuteForAServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, err := NewClient("passthrough:///drover", grpc.WithContextDialer(func(context.Context, string) (net.Conn, error) {
			return nil, errors.New("nobody listens")
		}))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		began := time.Now()
		_, err = client.Submit(context.Background(), &Job{})
		if status.Code(err) != codes.DeadlineExceeded || time.Since(began) != time.Minute {
			t.Errorf("got %v after %v", err, time.Since(began))
		}
	})
}
