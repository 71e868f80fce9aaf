// When a lease is renewed again, also where the clock of the server is far from that of the page.

package drover

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"

	droverv1 "drover.dev/go/gen/drover/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

func TestUntilRenewal(t *testing.T) {
	answered := time.Date(2020, 2, 29, 12, 0, 0, 0, time.UTC)
	header := metadata.Pairs("date", answered.Format(http.TimeFormat))
	for left, want := range map[time.Duration]time.Duration{
		-time.Hour:              keepShortest,
		time.Second:             keepShortest,
		4 * time.Second:         time.Second,
		8500 * time.Millisecond: 2500 * time.Millisecond,
		30 * time.Second:        keepLongest,
		3 * time.Hour:           keepLongest,
	} {
		if got := untilRenewal(header, answered.Add(left)); got != want {
			t.Errorf("with %v left, renewed after %v", left, got)
		}
	}
	for _, none := range []metadata.MD{nil, metadata.Pairs("date", "noon")} {
		if got := untilRenewal(none, answered.Add(time.Hour)); got != keepShortest {
			t.Errorf("with %v, renewed after %v", none, got)
		}
	}
}

// grace is for a machine that is busy. The longest wait between renewals is longer.
const grace = 2 * time.Second

// leases is a door whose clock is off, and which loses a lease that was not renewed in time.
type leases struct {
	t            *testing.T
	off, lease   time.Duration
	mutex        sync.Mutex
	renewals     int
	last, expire time.Time
	// soonest is the shortest time between two renewals.
	soonest time.Duration
	enough  int
}

func (l *leases) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	now := time.Now()
	if l.renewals++; l.renewals > 1 {
		l.soonest = min(l.soonest, now.Sub(l.last))
		if now.After(l.expire.Add(grace)) {
			refuse(l.t, w, refused(l.t, codes.FailedPrecondition, reason(ReasonLeaseLost)))
			return
		}
	}
	l.last, l.expire = now, now.Add(l.lease)
	w.Header().Set("Date", now.Add(l.off).UTC().Format(http.TimeFormat))
	answer, err := proto.Marshal(&droverv1.ReportProgressResponse{
		CancelRequested: l.renewals == l.enough, LeaseExpireTime: timestamppb.New(l.expire.Add(l.off)),
	})
	if err != nil {
		l.t.Error(err)
	}
	if _, err := w.Write(answer); err != nil {
		l.t.Error(err)
	}
}

func TestALeaseIsRenewedByTheClockOfTheServer(t *testing.T) {
	for name, test := range map[string]struct{ off, lease, soonest time.Duration }{
		"a short lease, a server ahead":   {3 * time.Hour, time.Second, keepShortest},
		"a longer lease, a server behind": {-3 * time.Hour, 4 * time.Second, time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			door := &leases{t: t, off: test.off, lease: test.lease, soonest: time.Hour, enough: 3}
			server := httptest.NewServer(door)
			defer server.Close()
			accepting(t, &Attempt{Token: "token", Service: server.URL}, func(ctx context.Context) (any, error) {
				<-ctx.Done()
				if cause := context.Cause(ctx); cause != ErrCancelRequested {
					t.Errorf("stopped by %v", cause)
				}
				return nil, ErrLeaveOpen
			})
			door.mutex.Lock()
			defer door.mutex.Unlock()
			if door.soonest < test.soonest {
				t.Errorf("renewed after %v", door.soonest)
			}
		})
	}
}
