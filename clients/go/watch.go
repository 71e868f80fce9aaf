// Watches over streams that may break at any time: opens one, and another where that one ended, until the end was shown.
// The cursor is a revision, so little more than that number is kept.

package drover

import (
	"context"
	"errors"
	"io"
	"iter"
	"math/rand/v2"
	"time"

	droverv1 "drover.dev/go/gen/drover/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/timestamppb"
)

// Watch yields the job now, without its payload, then each newer state that the reader is quick enough to see, and always
// the one in which it ended, with its result; then the sequence ends. It reconnects by itself. Leaving the loop ends the
// watch. An error is the last that is yielded: codes.NotFound, or that ctx is done.
//
//	for job, err := range client.Watch(ctx, id) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(job.State, job.Progress.GetMessage())
//	}
func (c *Client) Watch(ctx context.Context, id string) iter.Seq2[*Job, error] {
	return c.watchJob(ctx, id, nil)
}

// WatchAfter is [Client.Watch] of what is newer than a revision; the end is shown in any case.
func (c *Client) WatchAfter(ctx context.Context, id string, revision int64) iter.Seq2[*Job, error] {
	return c.watchJob(ctx, id, &revision)
}

func (c *Client) watchJob(ctx context.Context, id string, after *int64) iter.Seq2[*Job, error] {
	open := func(ctx context.Context, after *int64) (grpc.ServerStreamingClient[droverv1.WatchJobResponse], error) {
		return c.Jobs.WatchJob(ctx, &droverv1.WatchJobRequest{JobId: id, AfterRevision: after})
	}
	return watch(ctx, after, open, (*droverv1.WatchJobResponse).GetJob, (*Job).GetBatchCounts)
}

// WatchBatch is the watch of a batch and its counts.
func (c *Client) WatchBatch(ctx context.Context, id string) iter.Seq2[*Batch, error] {
	open := func(ctx context.Context, after *int64) (grpc.ServerStreamingClient[droverv1.WatchBatchResponse], error) {
		return c.Jobs.WatchBatch(ctx, &droverv1.WatchBatchRequest{BatchId: id, AfterRevision: after})
	}
	return watch(ctx, nil, open, (*droverv1.WatchBatchResponse).GetBatch, (*Batch).GetCounts)
}

// Wait waits until a job has ended, however long that takes, and returns it with its result. Its State may be SUCCEEDED,
// FAILED or CANCELLED.
func (c *Client) Wait(ctx context.Context, id string) (last *Job, err error) {
	for last, err = range c.Watch(ctx, id) {
	}
	return last, err
}

// watched is a job or a batch.
type watched interface {
	comparable
	GetRevision() int64
	GetFinishTime() *timestamppb.Timestamp
}

// watch yields what the messages of as many streams as it needs show, until one shows the end.
func watch[Message any, Shown watched](
	ctx context.Context,
	after *int64,
	open func(ctx context.Context, after *int64) (grpc.ServerStreamingClient[Message], error),
	shownBy func(*Message) Shown,
	countsOf func(Shown) *BatchCounts,
) iter.Seq2[Shown, error] {
	return func(yield func(Shown, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		var none Shown
		var counts *BatchCounts
		after, heard := after, false // A sequence may be ranged over again, and then begins again.
		for {
			stream, err := open(ctx, after)
			for err == nil {
				var message *Message
				if message, err = stream.Recv(); err != nil {
					break
				}
				heard = true
				now := shownBy(message)
				if now == none {
					continue // It only keeps the stream alive.
				}
				// A server that is behind another may show what was seen already. Counts change without a revision.
				revision, ended := now.GetRevision(), now.GetFinishTime() != nil
				old := after != nil && (revision < *after || revision == *after && proto.Equal(countsOf(now), counts))
				if old && !ended {
					continue
				}
				after, counts = &revision, countsOf(now)
				if !yield(now, nil) || ended {
					return
				}
			}
			if ctx.Err() == nil && (errors.Is(err, io.EOF) || heard && breaks(err)) {
				// Not all at once, where a server went that many watched.
				select {
				case <-time.After(500*time.Millisecond + rand.N(time.Second)):
					continue
				case <-ctx.Done():
				}
			}
			if ctx.Err() != nil {
				err = status.FromContextError(ctx.Err()).Err()
			}
			yield(none, err)
			return
		}
	}
}

// breaks tells whether another stream may go on where one ended so: each has an end, by grpc_service_config.json. A server
// that has as many watches as it takes may have inherited those of another that went.
func breaks(err error) bool {
	switch status.Code(err) {
	case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.Internal, codes.ResourceExhausted:
		return !errors.Is(err, grpc.ErrClientConnClosing)
	}
	return false
}
