// Watching over streams that may break at any time: opens a stream, and another where that one ended, until the end was
// shown. The cursor is a revision, so nothing is kept but that number.

package drover

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"

	droverv1 "drover.dev/go/gen/drover/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// Watch yields the job now, then each newer state that the reader is quick enough to see, and always the one in which it
// ended, with its result; then the sequence ends. It reconnects by itself. Leaving the loop ends the watch.
//
//	for job, err := range client.Watch(ctx, id) {
//		if err != nil {
//			return err
//		}
//		fmt.Println(job.State, job.Progress.GetMessage())
//	}
//
// An error is the last that is yielded: codes.NotFound, or that ctx is done. Until the first answer it gives up as any
// call does; after it, it goes on until the job has ended.
func (c *Client) Watch(ctx context.Context, id string) iter.Seq2[*Job, error] {
	return c.watch(ctx, &droverv1.WatchJobRequest{JobId: id})
}

// WatchAfter is [Client.Watch] of the states newer than a revision, which the caller has seen; the last state is shown
// in any case.
func (c *Client) WatchAfter(ctx context.Context, id string, revision int64) iter.Seq2[*Job, error] {
	return c.watch(ctx, &droverv1.WatchJobRequest{JobId: id, AfterRevision: &revision})
}

func (c *Client) watch(ctx context.Context, first *droverv1.WatchJobRequest) iter.Seq2[*Job, error] {
	return func(yield func(*Job, error) bool) {
		// A sequence may be ranged over again, and then begins again.
		request := proto.CloneOf(first)
		var counts *BatchCounts
		show := func(answer *droverv1.WatchJobResponse) (job *Job, ended bool) {
			job = answer.GetJob()
			if job == nil {
				return nil, false
			}
			// A server that is behind another may show what was seen already. Of a master also the counts are news: they
			// change without a revision of its own.
			ended = HasEnded(job)
			seen := request.AfterRevision
			news := seen == nil || job.GetRevision() > *seen ||
				job.GetRevision() == *seen && job.BatchCounts != nil && !proto.Equal(counts, job.BatchCounts)
			if !ended && !news {
				return nil, false
			}
			request.AfterRevision, counts = proto.Int64(job.GetRevision()), job.GetBatchCounts()
			return job, ended
		}
		open := func(ctx context.Context) (grpc.ServerStreamingClient[droverv1.WatchJobResponse], error) {
			return c.Jobs.WatchJob(ctx, request)
		}
		if err := follow(ctx, c.pace, open, func(answer *droverv1.WatchJobResponse) bool {
			job, ended := show(answer)
			return (job == nil || yield(job, nil)) && !ended
		}); err != nil {
			yield(nil, err)
		}
	}
}

// WatchBatch is the watch of a batch: it yields the batch now with its counts, then each change that the reader is quick
// enough to see, and always its end.
func (c *Client) WatchBatch(ctx context.Context, id string) iter.Seq2[*Batch, error] {
	return func(yield func(*Batch, error) bool) {
		request := &droverv1.WatchBatchRequest{BatchId: id}
		var last *Batch
		open := func(ctx context.Context) (grpc.ServerStreamingClient[droverv1.WatchBatchResponse], error) {
			return c.Jobs.WatchBatch(ctx, request)
		}
		if err := follow(ctx, c.pace, open, func(answer *droverv1.WatchBatchResponse) bool {
			batch := answer.GetBatch()
			ended := hasEnded(batch)
			// Members change without a revision of the batch.
			news := last == nil || batch.GetRevision() > last.GetRevision() ||
				batch.GetRevision() == last.GetRevision() && !proto.Equal(batch.GetCounts(), last.GetCounts())
			if batch == nil || !ended && !news {
				return true
			}
			request.AfterRevision, last = proto.Int64(batch.GetRevision()), batch
			return yield(batch, nil) && !ended
		}); err != nil {
			yield(nil, err)
		}
	}
}

func hasEnded(batch *Batch) bool {
	switch batch.GetState() {
	case droverv1.BatchState_BATCH_STATE_SUCCEEDED, droverv1.BatchState_BATCH_STATE_FAILED, droverv1.BatchState_BATCH_STATE_CANCELLED:
		return true
	}
	return false
}

// follow reads messages until take returns false, from as many streams as that needs.
func follow[Message any](
	ctx context.Context,
	pace pace,
	open func(context.Context) (grpc.ServerStreamingClient[Message], error),
	take func(*Message) bool,
) error {
	giveUp := time.Now().Add(pace.callLimit)
	_, limited := ctx.Deadline()
	failures, heard := 0, false
	for {
		err := read(ctx, pace, open, func(message *Message) bool {
			failures, heard = 0, true
			return take(message)
		})
		if err == nil {
			return nil
		}
		failures++
		failed := failure(ctx, err)
		tired := !heard && !limited && time.Now().After(giveUp)
		// A server that has as many watches as it takes may have inherited those of another that went.
		again := transient(failed) || heard && failed.Code == codes.ResourceExhausted
		if ctx.Err() != nil || tired || !again || !pace.wait(ctx, failures, failed.RetryDelay) {
			return failed
		}
	}
}

// read reads one stream. It returns nil only if take returned false: a stream that ends by itself ended too early.
func read[Message any](
	ctx context.Context,
	pace pace,
	open func(context.Context) (grpc.ServerStreamingClient[Message], error),
	take func(*Message) bool,
) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// The clock runs only while the next message is awaited.
	dead := time.AfterFunc(pace.idle, cancel)
	defer dead.Stop()
	stream, err := open(ctx)
	for err == nil {
		var message *Message
		if message, err = stream.Recv(); err == nil {
			dead.Stop()
			if !take(message) {
				return nil
			}
			dead.Reset(pace.idle)
		}
	}
	if errors.Is(err, io.EOF) {
		return status.Error(codes.Unavailable, "the stream ended before what it shows did")
	}
	return err
}
