// A batch on its way to the server: opened, filled chunk by chunk, sealed. Each call may be repeated after a lost answer.
// It holds one chunk of jobs at a time, so any length is fine. Over which connection is the caller's.

package drover

import (
	"context"
	"iter"
	"regexp"
	"strconv"

	droverv1 "drover.dev/go/gen/drover/v1"
	"google.golang.org/protobuf/proto"
)

// SubmitBatch stores any number of jobs as one batch and returns it sealed, with its counts. Jobs are taken from the
// sequence when they are needed, and sent in chunks of up to 1,000 jobs and 4 MiB. A sequence that cannot go on cancels
// ctx, which leaves the batch unsealed.
//
// The same key with the same jobs is the same batch: what was broken off goes on, and existing is true. Other jobs fail
// with codes.AlreadyExists; once the batch is sealed, more fail with [ReasonSealed] and fewer with [ReasonCountMismatch].
// A batch without a key gets one. Fields of an error name a job by its place in the whole sequence, such as
// "jobs[1017].endpoint.url".
func (c *Client) SubmitBatch(ctx context.Context, batch *Batch, jobs iter.Seq[*Job]) (stored *Batch, existing bool, err error) {
	batch = proto.CloneOf(batch)
	if batch.GetKey() == "" {
		batch.Key = newID()
	}
	filling := filling{jobs: c.Jobs, pace: c.pace}
	stored, existing, err = filling.open(ctx, batch)
	if err != nil {
		return nil, false, err
	}
	count := int64(0)
	for chunk := range chunksOf(jobs) {
		// Named by its place, so that a chunk that holds something else than it did is refused.
		if err := filling.add(ctx, stored.GetId(), "chunk-"+strconv.Itoa(chunk.number), chunk); err != nil {
			return nil, existing, err
		}
		count += int64(len(chunk.jobs))
	}
	stored, err = filling.seal(ctx, stored.GetId(), &count)
	return stored, existing, err
}

// filling is the three calls that make a batch, each repeated until it succeeds.
type filling struct {
	jobs droverv1.JobServiceClient
	pace pace
}

func (f filling) open(ctx context.Context, batch *Batch) (*Batch, bool, error) {
	answer, err := retry(ctx, f.pace, func(ctx context.Context) (*droverv1.SubmitBatchResponse, error) {
		return f.jobs.SubmitBatch(ctx, &droverv1.SubmitBatchRequest{Batch: batch, Open: true})
	})
	return answer.GetBatch(), answer.GetExisting(), err
}

func (f filling) add(ctx context.Context, batchID, key string, chunk chunk) error {
	_, err := retry(ctx, f.pace, func(ctx context.Context) (*droverv1.AddJobsResponse, error) {
		return f.jobs.AddJobs(ctx, &droverv1.AddJobsRequest{BatchId: batchID, ChunkKey: key, Jobs: chunk.jobs})
	})
	return renamed(err, chunk.placed)
}

func (f filling) seal(ctx context.Context, batchID string, count *int64) (*Batch, error) {
	answer, err := retry(ctx, f.pace, func(ctx context.Context) (*droverv1.SealBatchResponse, error) {
		return f.jobs.SealBatch(ctx, &droverv1.SealBatchRequest{BatchId: batchID, ExpectedJobCount: count})
	})
	return answer.GetBatch(), err
}

// The bounds of one call. The server takes 4 MiB; the rest is for what stands around the jobs.
const (
	jobsPerChunk  = 1_000
	bytesPerChunk = 4<<20 - 4<<10
)

// chunk is the jobs of one call.
type chunk struct {
	// number counts chunks, start counts jobs, both from 0.
	number, start int
	jobs          []*Job
}

// chunksOf cuts jobs by count and by bytes. A job that is too large for any call is a chunk by itself: the server names
// what is wrong with it.
func chunksOf(jobs iter.Seq[*Job]) iter.Seq[chunk] {
	return func(yield func(chunk) bool) {
		var held chunk
		bytes := 0
		for job := range jobs {
			size := proto.Size(job) + 6 // Its tag and its length.
			if full := len(held.jobs) == jobsPerChunk || bytes+size > bytesPerChunk; full && bytes > 0 {
				if !yield(held) {
					return
				}
				held = chunk{number: held.number + 1, start: held.start + len(held.jobs)}
				bytes = 0
			}
			held.jobs = append(held.jobs, job)
			bytes += size
		}
		if len(held.jobs) > 0 {
			yield(held)
		}
	}
}

var placeInCall = regexp.MustCompile(`\bjobs\[(\d+)\]`)

// placed says where a job stands among all jobs. The server knows its place in the call.
func (c chunk) placed(text string) string {
	return placeInCall.ReplaceAllStringFunc(text, func(found string) string {
		place, err := strconv.Atoi(found[len("jobs[") : len(found)-1])
		if err != nil {
			return found // More digits than a number has: no place of ours.
		}
		return "jobs[" + strconv.Itoa(c.start+place) + "]"
	})
}
