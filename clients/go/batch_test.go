// How a batch is cut into chunks, and that one whose answer is lost is sent again under the same key.

package drover

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"testing"
	"time"

	droverv1 "drover.dev/go/gen/drover/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

func jobsOf(count int, payload []byte) iter.Seq[*Job] {
	return func(yield func(*Job) bool) {
		for place := range count {
			if !yield(&Job{Kind: strconv.Itoa(place), Payload: payload}) {
				return
			}
		}
	}
}

func TestChunksByCount(t *testing.T) {
	var lengths, starts []int
	for chunk := range chunksOf(jobsOf(2_500, nil)) {
		lengths, starts = append(lengths, len(chunk.jobs)), append(starts, chunk.start)
		if first := chunk.jobs[0].Kind; first != strconv.Itoa(chunk.start) {
			t.Errorf("chunk %d begins with job %s", chunk.number, first)
		}
	}
	if !slices.Equal(lengths, []int{1_000, 1_000, 500}) || !slices.Equal(starts, []int{0, 1_000, 2_000}) {
		t.Errorf("got %v from %v", lengths, starts)
	}
	for chunk := range chunksOf(jobsOf(0, nil)) {
		t.Errorf("no jobs, and yet a chunk: %v", chunk)
	}
}

func TestChunksByBytes(t *testing.T) {
	const most = 4 << 20
	total := 0
	for chunk := range chunksOf(jobsOf(100, make([]byte, 200<<10))) {
		request := &droverv1.AddJobsRequest{BatchId: string(make([]byte, 128)), ChunkKey: string(make([]byte, 128)), Jobs: chunk.jobs}
		if size := proto.Size(request); size > most {
			t.Errorf("chunk %d is a message of %d bytes", chunk.number, size)
		} else if last := total+len(chunk.jobs) == 100; !last && size < most-(205<<10) {
			t.Errorf("chunk %d has %d bytes and room for another job", chunk.number, size)
		}
		total += len(chunk.jobs)
	}
	if total != 100 {
		t.Errorf("%d jobs of 100 came", total)
	}
}

func TestChunksTakeJobsWhenTheyAreNeeded(t *testing.T) {
	taken := 0
	counted := func(yield func(*Job) bool) {
		for job := range jobsOf(10_000, nil) {
			taken++
			if !yield(job) {
				return
			}
		}
	}
	for range chunksOf(counted) {
		break
	}
	if taken != jobsPerChunk+1 {
		t.Errorf("%d jobs were taken for one chunk", taken)
	}
}

// storedBatch is a server that knows chunks by their keys.
type storedBatch struct {
	chunks map[string][]*Job
	calls  []string
	count  *int64
}

func (s *storedBatch) fake() *fakeService {
	s.chunks = map[string][]*Job{}
	return &fakeService{
		submitBatch: func(request *droverv1.SubmitBatchRequest) (*droverv1.SubmitBatchResponse, error) {
			s.calls = append(s.calls, "open "+request.Batch.Key)
			return &droverv1.SubmitBatchResponse{Batch: &Batch{Id: "batch-1", State: droverv1.BatchState_BATCH_STATE_OPEN}}, nil
		},
		addJobs: func(request *droverv1.AddJobsRequest) (*droverv1.AddJobsResponse, error) {
			s.calls = append(s.calls, "add "+request.ChunkKey)
			s.chunks[request.ChunkKey] = request.Jobs
			return &droverv1.AddJobsResponse{}, nil
		},
		sealBatch: func(request *droverv1.SealBatchRequest) (*droverv1.SealBatchResponse, error) {
			s.calls = append(s.calls, "seal")
			s.count = request.ExpectedJobCount
			return &droverv1.SealBatchResponse{Batch: &Batch{Id: request.BatchId}}, nil
		},
	}
}

func TestBatchWhoseAnswersAreLost(t *testing.T) {
	stored := &storedBatch{}
	fake := stored.fake()
	// Each call is done, and its first answer is lost.
	lost := map[string]bool{}
	lose := func(key string) error {
		if lost[key] {
			return nil
		}
		lost[key] = true
		return refused(t, codes.Unavailable, retryAfter(time.Millisecond))
	}
	add, seal := fake.addJobs, fake.sealBatch
	fake.addJobs = func(request *droverv1.AddJobsRequest) (*droverv1.AddJobsResponse, error) {
		answer, err := add(request)
		if err == nil {
			err = lose(request.ChunkKey)
		}
		return answer, err
	}
	fake.sealBatch = func(request *droverv1.SealBatchRequest) (*droverv1.SealBatchResponse, error) {
		answer, err := seal(request)
		if err == nil {
			err = lose("seal")
		}
		return answer, err
	}
	batch, existing, err := clientOf(t, fake).SubmitBatch(context.Background(), &Batch{Key: "june"}, jobsOf(1_500, nil))
	if err != nil || existing || batch.Id != "batch-1" {
		t.Fatal(batch, existing, err)
	}
	want := []string{"open june", "add chunk-0", "add chunk-0", "add chunk-1", "add chunk-1", "seal", "seal"}
	if !slices.Equal(stored.calls, want) {
		t.Errorf("called %q", stored.calls)
	}
	if len(stored.chunks["chunk-0"]) != 1_000 || len(stored.chunks["chunk-1"]) != 500 || *stored.count != 1_500 {
		t.Errorf("%d chunks, sealed with %d", len(stored.chunks), *stored.count)
	}
}

func TestBatchThatIsSentAgainIsCompared(t *testing.T) {
	stored := &storedBatch{}
	fake := stored.fake()
	fake.submitBatch = func(*droverv1.SubmitBatchRequest) (*droverv1.SubmitBatchResponse, error) {
		return &droverv1.SubmitBatchResponse{Batch: &Batch{Id: "batch-1", State: droverv1.BatchState_BATCH_STATE_SUCCEEDED}, Existing: true}, nil
	}
	fake.addJobs = func(request *droverv1.AddJobsRequest) (*droverv1.AddJobsResponse, error) {
		if request.ChunkKey == "chunk-2" {
			return nil, refused(t, codes.FailedPrecondition, reason(ReasonSealed))
		}
		return &droverv1.AddJobsResponse{}, nil
	}
	fake.sealBatch = func(request *droverv1.SealBatchRequest) (*droverv1.SealBatchResponse, error) {
		if request.GetExpectedJobCount() != 2_000 {
			return nil, refused(t, codes.FailedPrecondition, reason(ReasonCountMismatch))
		}
		return &droverv1.SealBatchResponse{Batch: &Batch{Id: request.BatchId}}, nil
	}
	client := clientOf(t, fake)
	for count, want := range map[int]string{1_000: ReasonCountMismatch, 2_000: "", 2_500: ReasonSealed} {
		if _, _, err := client.SubmitBatch(context.Background(), &Batch{Key: "june"}, jobsOf(count, nil)); Reason(err) != want {
			t.Errorf("%d jobs: %v", count, err)
		}
	}
}

func TestBatchNamesAJobByItsPlaceAmongAll(t *testing.T) {
	stored := &storedBatch{}
	fake := stored.fake()
	fake.addJobs = func(request *droverv1.AddJobsRequest) (*droverv1.AddJobsResponse, error) {
		if request.ChunkKey == "chunk-1" {
			return nil, refused(t, codes.InvalidArgument, fieldAt("jobs[17].endpoint.url"))
		}
		return &droverv1.AddJobsResponse{}, nil
	}
	_, _, err := clientOf(t, fake).SubmitBatch(context.Background(), &Batch{}, jobsOf(1_500, nil))
	if status.Code(err) != codes.InvalidArgument || AsError(err).Fields[0].Field != "jobs[1017].endpoint.url" {
		t.Errorf("got %v", err)
	}
}

func TestBatchOfASequenceThatCannotGoOnIsNotSealed(t *testing.T) {
	stored := &storedBatch{}
	ctx, cancel := context.WithCancelCause(context.Background())
	broken := func(yield func(*Job) bool) {
		for job := range jobsOf(10, nil) {
			if !yield(job) {
				return
			}
		}
		cancel(context.DeadlineExceeded)
	}
	_, _, err := clientOf(t, stored.fake()).SubmitBatch(ctx, &Batch{Key: "june"}, broken)
	if status.Code(err) != codes.Canceled || !slices.Equal(stored.calls, []string{"open june"}) {
		t.Errorf("called %q: %v", stored.calls, err)
	}
}
