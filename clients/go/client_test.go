// Single calls: that a repeat carries the same id, that errors tell their reasons, and when there is no repeat.

package drover

import (
	"context"
	"errors"
	"regexp"
	"testing"
	"time"

	droverv1 "drover.dev/go/gen/drover/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

func TestSubmitRepeatsWithTheSameID(t *testing.T) {
	var ids []string
	client := clientOf(t, &fakeService{submitJob: func(request *droverv1.SubmitJobRequest) (*droverv1.SubmitJobResponse, error) {
		ids = append(ids, request.Job.Id)
		if len(ids) < 3 {
			return nil, refused(t, codes.Unavailable, retryAfter(time.Millisecond))
		}
		return &droverv1.SubmitJobResponse{Job: request.Job, Existing: true}, nil
	}})
	given := &Job{Kind: "report"}
	job, existing, err := client.Submit(context.Background(), given)
	if err != nil || !existing || len(ids) != 3 || ids[0] != ids[1] || ids[1] != ids[2] || job.Id != ids[0] {
		t.Errorf("got %v, %v, %v of %q", job, existing, err, ids)
	}
	if version7 := regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`); !version7.MatchString(ids[0]) {
		t.Errorf("%s is no UUIDv7", ids[0])
	}
	if given.Id != "" {
		t.Error("the caller's job was changed")
	}
}

func TestSubmitDoesNotRepeatWhatNoRepeatMends(t *testing.T) {
	for name, test := range map[string]struct {
		err    error
		code   codes.Code
		reason string
		fields []FieldViolation
	}{
		"a reason":    {refused(t, codes.PermissionDenied, reason("ENDPOINT_NOT_ALLOWED")), codes.PermissionDenied, ReasonEndpointNotAllowed, nil},
		"a bad field": {refused(t, codes.InvalidArgument, fieldAt("job.id")), codes.InvalidArgument, "", []FieldViolation{{"job.id", "is wrong"}}},
		"neither":     {status.Error(codes.AlreadyExists, "refused"), codes.AlreadyExists, "", nil},
	} {
		t.Run(name, func(t *testing.T) {
			calls := 0
			client := clientOf(t, &fakeService{submitJob: func(*droverv1.SubmitJobRequest) (*droverv1.SubmitJobResponse, error) {
				calls++
				return nil, test.err
			}})
			_, _, err := client.Submit(context.Background(), &Job{})
			var own *Error
			if !errors.As(err, &own) || own.Code != test.code || own.Reason != test.reason || own.Message != "refused" || calls != 1 {
				t.Fatalf("got %v after %d calls", err, calls)
			}
			if len(own.Fields) != len(test.fields) || len(own.Fields) == 1 && own.Fields[0] != test.fields[0] {
				t.Errorf("got fields %v", own.Fields)
			}
			if Reason(err) != test.reason || status.Code(err) != test.code {
				t.Errorf("got %q and %v", Reason(err), status.Code(err))
			}
		})
	}
}

func TestReasonOfErrorsThatOthersMade(t *testing.T) {
	raw := refused(t, codes.FailedPrecondition, reason("LEASE_LOST"))
	if Reason(raw) != ReasonLeaseLost || Reason(nil) != "" || Reason(errors.New("other")) != "" {
		t.Error("wrong reasons")
	}
	if AsError(nil) != nil || AsError(context.Canceled).Code != codes.Canceled || AsError(errors.New("other")).Code != codes.Unknown {
		t.Error("wrong errors")
	}
}

func TestAContextThatIsDoneEndsTheTries(t *testing.T) {
	tries := make(chan struct{}, 1_000)
	client := clientOf(t, &fakeService{submitJob: func(*droverv1.SubmitJobRequest) (*droverv1.SubmitJobResponse, error) {
		tries <- struct{}{}
		return nil, status.Error(codes.Unavailable, "away")
	}})
	ctx, cancel := context.WithCancelCause(context.Background())
	stopped := errors.New("stopped")
	go func() {
		<-tries
		<-tries
		cancel(stopped)
	}()
	if _, _, err := client.Submit(ctx, &Job{}); !errors.Is(err, stopped) {
		t.Errorf("got %v", err)
	}
	ctx, cancelTime := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancelTime()
	if _, _, err := client.Submit(ctx, &Job{}); status.Code(err) != codes.Unavailable && status.Code(err) != codes.DeadlineExceeded {
		t.Errorf("got %v", err)
	}
}

func TestAClosedClientFailsAtOnce(t *testing.T) {
	client, err := NewClient("127.0.0.1:1")
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := client.Submit(context.Background(), &Job{}); status.Code(err) != codes.Canceled {
		t.Errorf("got %v", err)
	}
}

func TestAddresses(t *testing.T) {
	for address, want := range map[string]string{
		"127.0.0.1:7070":         "127.0.0.1:7070",
		"http://localhost:7070/": "localhost:7070",
		"https://drover.example": "drover.example:443",
		"[::1]:7070":             "[::1]:7070",
	} {
		if target, _, err := targetOf(address); err != nil || target != want {
			t.Errorf("%s: got %s, %v", address, target, err)
		}
	}
	for _, address := range []string{"", "ftp://host:1", "http://", "a b"} {
		if _, err := NewClient(address); status.Code(err) != codes.InvalidArgument {
			t.Errorf("%q: got %v", address, err)
		}
	}
}

func TestTheTokenGoesWithEachCall(t *testing.T) {
	fake := &fakeService{submitJob: func(*droverv1.SubmitJobRequest) (*droverv1.SubmitJobResponse, error) {
		return &droverv1.SubmitJobResponse{}, nil
	}}
	if _, _, err := clientOf(t, fake).Submit(context.Background(), &Job{}); err != nil || fake.authorization != "Bearer key" {
		t.Errorf("sent %q: %v", fake.authorization, err)
	}
}
