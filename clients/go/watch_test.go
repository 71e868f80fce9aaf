// A watch whose streams break: it goes on after the last revision, shows nothing twice, and never misses the end.

package drover

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	droverv1 "drover.dev/go/gen/drover/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/timestamppb"
)

type watchStream = grpc.ServerStreamingServer[droverv1.WatchJobResponse]

const (
	pending   = droverv1.JobState_JOB_STATE_PENDING
	running   = droverv1.JobState_JOB_STATE_RUNNING
	waiting   = droverv1.JobState_JOB_STATE_WAITING
	succeeded = droverv1.JobState_JOB_STATE_SUCCEEDED
	failed    = droverv1.JobState_JOB_STATE_FAILED
)

func at(revision int64, state droverv1.JobState) *Job {
	job := &Job{Id: "job-1", Revision: revision, State: state}
	if state == succeeded || state == failed {
		job.FinishTime = timestamppb.Now()
	}
	return job
}

// scripted plays a stream a call; each says how it ends.
func scripted(t *testing.T, asked *[]int64, streams ...func(watchStream) error) *Client {
	return clientOf(t, &fakeService{watchJob: func(request *droverv1.WatchJobRequest, stream watchStream) error {
		number := len(*asked)
		after := int64(-1)
		if request.AfterRevision != nil {
			after = *request.AfterRevision
		}
		*asked = append(*asked, after)
		if number >= len(streams) {
			return status.Error(codes.Internal, "nobody should have asked")
		}
		return streams[number](stream)
	}})
}

// silent keeps a stream open and says nothing, until the client has had enough.
func silent(stream watchStream) error {
	<-stream.Context().Done()
	return stream.Context().Err()
}

// staying shows a job that runs, and then nothing more.
func staying(stream watchStream) error {
	return errors.Join(stream.Send(&droverv1.WatchJobResponse{Job: at(1, running)}), silent(stream))
}

func showing(end error, jobs ...*Job) func(watchStream) error {
	return func(stream watchStream) error {
		for _, job := range jobs {
			if err := stream.Send(&droverv1.WatchJobResponse{Job: job}); err != nil {
				return err
			}
		}
		return end
	}
}

func revisions(t *testing.T, client *Client) []int64 {
	t.Helper()
	var seen []int64
	for job, err := range client.Watch(context.Background(), "job-1") {
		if err != nil {
			t.Fatal(err)
		}
		seen = append(seen, job.Revision)
	}
	return seen
}

func TestWatchReconnects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []int64
		cut := status.Error(codes.Unavailable, "cut")
		client := scripted(t, &asked,
			showing(cut), // Before the first answer.
			showing(cut, at(1, pending), nil, at(2, running)),
			showing(nil, at(2, running), at(1, pending)), // Ends well too early, from a server that is behind.
			showing(status.Error(codes.Canceled, "let go"), at(5, running)),
			showing(status.Error(codes.Internal, "stream terminated by RST_STREAM with error code: NO_ERROR")),
			showing(status.Error(codes.ResourceExhausted, "20000 streams are open")),
			silent,
			showing(nil, at(5, running), at(9, succeeded)),
		)
		if seen := revisions(t, client); !slices.Equal(seen, []int64{1, 2, 5, 9}) {
			t.Errorf("saw %v", seen)
		}
		if !slices.Equal(asked, []int64{-1, -1, 2, 2, 5, 5, 5, 5}) {
			t.Errorf("asked for what comes after %v", asked)
		}
	})
}

func TestWatchShowsTheEndWhateverWasSeen(t *testing.T) {
	var asked []int64
	client := scripted(t, &asked, showing(nil, at(7, failed)))
	var states []droverv1.JobState
	for job, err := range client.WatchAfter(context.Background(), "job-1", 7) {
		if err != nil {
			t.Fatal(err)
		}
		states = append(states, job.State)
	}
	if !slices.Equal(states, []droverv1.JobState{failed}) || !slices.Equal(asked, []int64{7}) {
		t.Errorf("saw %v after %v", states, asked)
	}
}

func TestWatchShowsCountsThatChangeWithoutARevision(t *testing.T) {
	var asked []int64
	master := func(succeeded int64) *Job {
		job := at(3, waiting)
		job.BatchCounts = &BatchCounts{Total: 2, Succeeded: succeeded}
		return job
	}
	client := scripted(t, &asked, showing(nil, master(0), master(0), master(1), at(4, succeeded)))
	if seen := revisions(t, client); !slices.Equal(seen, []int64{3, 3, 4}) {
		t.Errorf("saw %v", seen)
	}
}

func TestWatchFails(t *testing.T) {
	var asked []int64
	client := scripted(t, &asked, showing(status.Error(codes.NotFound, "no such job")))
	count := 0
	for job, err := range client.Watch(context.Background(), "job-1") {
		count++
		if job != nil || status.Code(err) != codes.NotFound {
			t.Errorf("got %v, %v", job, err)
		}
	}
	if count != 1 || len(asked) != 1 {
		t.Errorf("%d yields of %d calls", count, len(asked))
	}
}

func TestWatchIsLeft(t *testing.T) {
	left := make(chan struct{})
	var asked []int64
	client := scripted(t, &asked, func(stream watchStream) error {
		defer close(left)
		return staying(stream)
	})
	for range client.Watch(context.Background(), "job-1") {
		break
	}
	<-left
}

func TestWatchEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var asked []int64
	client := scripted(t, &asked, staying)
	var last error
	for _, err := range client.Watch(ctx, "job-1") {
		last = err
		cancel()
	}
	if status.Code(last) != codes.Canceled || len(asked) != 1 {
		t.Errorf("got %v", last)
	}
}

func TestWatchEndsWithItsClient(t *testing.T) {
	var asked []int64
	client := scripted(t, &asked, staying)
	var last error
	for _, err := range client.Watch(context.Background(), "job-1") {
		last = err
		client.Close()
	}
	if status.Code(last) != codes.Canceled {
		t.Errorf("got %v", last)
	}
}

func TestWaitReturnsTheEnd(t *testing.T) {
	var asked []int64
	client := scripted(t, &asked, showing(nil, at(1, running), at(2, failed)))
	if job, err := client.Wait(context.Background(), "job-1"); err != nil || job.State != failed {
		t.Errorf("got %v, %v", job, err)
	}
	client = scripted(t, new([]int64), showing(status.Error(codes.NotFound, "no such job")))
	if job, err := client.Wait(context.Background(), "job-1"); job != nil || status.Code(err) != codes.NotFound {
		t.Errorf("got %v, %v", job, err)
	}
}

func TestWatchBatchShowsEachCountOnceAndItsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		counted := func(revision, succeeded int64, state droverv1.BatchState) *Batch {
			return &Batch{Revision: revision, State: state, Counts: &BatchCounts{Total: 2, Succeeded: succeeded}}
		}
		running, done := droverv1.BatchState_BATCH_STATE_RUNNING, droverv1.BatchState_BATCH_STATE_SUCCEEDED
		ended := counted(2, 2, done)
		ended.FinishTime = timestamppb.Now()
		streams := [][]*Batch{
			{counted(1, 0, running), nil, counted(1, 0, running), counted(1, 1, running)},
			{counted(1, 1, running), counted(1, 2, running), ended},
		}
		var asked []int64
		client := clientOf(t, &fakeService{watchBatch: func(
			request *droverv1.WatchBatchRequest, stream grpc.ServerStreamingServer[droverv1.WatchBatchResponse],
		) error {
			asked = append(asked, request.GetAfterRevision())
			for _, batch := range streams[len(asked)-1] {
				if err := stream.Send(&droverv1.WatchBatchResponse{Batch: batch}); err != nil {
					return err
				}
			}
			return status.Error(codes.Unavailable, "cut")
		}})
		var seen []int64
		for batch, err := range client.WatchBatch(context.Background(), "batch-1") {
			if err != nil {
				t.Fatal(err)
			}
			seen = append(seen, 10*batch.Revision+batch.Counts.Succeeded)
		}
		if !slices.Equal(seen, []int64{10, 11, 12, 22}) || !slices.Equal(asked, []int64{0, 1}) {
			t.Errorf("saw %v after %v", seen, asked)
		}
	})
}
