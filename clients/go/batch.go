// A batch on its way to the server: opened, filled chunk by chunk, sealed. It holds one chunk of jobs at a time.

package drover

import (
	"context"
	"crypto/sha256"
	"fmt"
	"iter"
	"slices"

	droverv1 "drover.dev/go/gen/drover/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// SubmitBatch stores any number of jobs as one batch, in chunks of up to 1,000 jobs and 4 MiB, and returns it sealed. Jobs
// are taken from the sequence as they are sent; one that cannot go on cancels ctx, which leaves the batch unsealed.
//
// The same key with the same jobs is the same batch, and goes on where it was broken off; existing is true then. Other
// jobs are codes.AlreadyExists; once the batch is sealed, more are "SEALED" and fewer "COUNT_MISMATCH", see [Reason]. A
// batch without a key gets one.
func (c *Client) SubmitBatch(ctx context.Context, batch *Batch, jobs iter.Seq[*Job]) (stored *Batch, existing bool, err error) {
	if batch.GetKey() == "" {
		batch = proto.CloneOf(batch)
		batch.Key = newID()
	}
	// Named by its place, so that a chunk that holds something else than it did is refused.
	place := func(number int, _ []*Job) (string, error) { return fmt.Sprintf("chunk-%d", number), nil }
	return c.fill(ctx, batch, jobs, place, true)
}

// Children makes a batch below the job of the attempt, which ends when the batch has. Called again, by a further attempt,
// it finds the same batch by its key and the same children by theirs: both must be given. A child that has ended is not
// run again; one that is new is added unless the batch is sealed.
func (c *Client) Children(ctx context.Context, attempt Attempt, batch *Batch, children iter.Seq[*Job]) (stored *Batch, existing bool, err error) {
	if batch.GetKey() == "" {
		return nil, false, status.Error(codes.InvalidArgument, "batch.key must be given")
	}
	return c.fill(attempt.Context(ctx), batch, children, digest, false)
}

// digest names a chunk by what it holds: children in another order, or with other settings, are then found by their keys.
func digest(_ int, children []*Job) (string, error) {
	if slices.ContainsFunc(children, func(child *Job) bool { return child.GetChildKey() == "" }) {
		return "", status.Error(codes.InvalidArgument, "child_key must be given")
	}
	content, err := proto.MarshalOptions{Deterministic: true}.Marshal(&droverv1.AddJobsRequest{Jobs: children})
	return fmt.Sprintf("%x", sha256.Sum256(content)), err
}

// fill makes a batch. One that is exact has these jobs and no others; else what an attempt before gave stays, and once
// it is sealed it is taken as it is.
func (c *Client) fill(
	ctx context.Context, batch *Batch, jobs iter.Seq[*Job], keyOf func(number int, chunk []*Job) (string, error), exact bool,
) (*Batch, bool, error) {
	opened, err := c.Jobs.SubmitBatch(ctx, &droverv1.SubmitBatchRequest{Batch: batch, Open: true})
	if err != nil || !exact && opened.GetBatch().GetState() != droverv1.BatchState_BATCH_STATE_OPEN {
		return opened.GetBatch(), opened.GetExisting(), err
	}
	id, number, count := opened.GetBatch().GetId(), 0, int64(0)
	for chunk := range chunksOf(jobs) {
		key, err := keyOf(number, chunk)
		if err == nil {
			_, err = c.Jobs.AddJobs(ctx, &droverv1.AddJobsRequest{BatchId: id, ChunkKey: key, Jobs: chunk})
		}
		if err != nil {
			return nil, opened.GetExisting(), fmt.Errorf("in the chunk that begins with job %d: %w", count, err)
		}
		number, count = number+1, count+int64(len(chunk))
	}
	seal := &droverv1.SealBatchRequest{BatchId: id}
	if exact {
		seal.ExpectedJobCount = &count
	}
	sealed, err := c.Jobs.SealBatch(ctx, seal)
	return sealed.GetBatch(), opened.GetExisting(), err
}

// The bounds of one call. The server takes 4 MiB; the rest is for what stands around the jobs.
const (
	jobsPerChunk  = 1_000
	bytesPerChunk = 4<<20 - 4<<10
)

// chunksOf cuts jobs by count and by bytes. A job that is too large for any call is a chunk by itself: the server tells
// what is wrong with it.
func chunksOf(jobs iter.Seq[*Job]) iter.Seq[[]*Job] {
	return func(yield func([]*Job) bool) {
		var chunk []*Job
		bytes := 0
		for job := range jobs {
			size := proto.Size(job) + 6 // Its tag and its length.
			if len(chunk) == jobsPerChunk || len(chunk) > 0 && bytes+size > bytesPerChunk {
				if !yield(chunk) {
					return
				}
				chunk, bytes = nil, 0
			}
			chunk, bytes = append(chunk, job), bytes+size
		}
		if len(chunk) > 0 {
			yield(chunk)
		}
	}
}
