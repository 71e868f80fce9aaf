// How a batch is cut into chunks, and that one whose answer is lost is sent again under the same key.

package drover

import (
	"context"
	"iter"
	"slices"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"

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
	var lengths []int
	for chunk := range chunksOf(jobsOf(2_500, nil)) {
		if first := strconv.Itoa(1_000 * len(lengths)); chunk[0].Kind != first {
			t.Errorf("a chunk begins with job %s instead of %s", chunk[0].Kind, first)
		}
		lengths = append(lengths, len(chunk))
	}
	if !slices.Equal(lengths, []int{1_000, 1_000, 500}) {
		t.Errorf("got %v", lengths)
	}
	for chunk := range chunksOf(jobsOf(0, nil)) {
		t.Errorf("no jobs, and yet a chunk: %v", chunk)
	}
}

func TestChunksByBytes(t *testing.T) {
	const most = 4 << 20
	total := 0
	for chunk := range chunksOf(jobsOf(100, make([]byte, 200<<10))) {
		request := &droverv1.AddJobsRequest{BatchId: string(make([]byte, 128)), ChunkKey: string(make([]byte, 128)), Jobs: chunk}
		total += len(chunk)
		if size := proto.Size(request); size > most || total < 100 && size < most-(205<<10) {
			t.Errorf("%d jobs are a message of %d bytes", len(chunk), size)
		}
	}
	if total != 100 {
		t.Errorf("%d jobs of 100 came", total)
	}
	for chunk := range chunksOf(jobsOf(1, make([]byte, most))) {
		total += len(chunk)
	}
	if total != 101 {
		t.Error("a job that is too large for a call was lost")
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
	synctest.Test(t, func(t *testing.T) {
		stored := &storedBatch{}
		fake := stored.fake()
		// Each call is done, and its first answer is lost.
		lost := map[string]bool{}
		lose := func(key string) error {
			if lost[key] {
				return nil
			}
			lost[key] = true
			return refused(t, codes.Unavailable)
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
		batch, existing, err := clientOf(t, fake).SubmitBatch(context.Background(), &Batch{Key: "june"}, jobsOf(1_500, make([]byte, 3<<10)))
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
	})
}

func TestBatchThatIsSentAgainIsCompared(t *testing.T) {
	stored := &storedBatch{}
	fake := stored.fake()
	fake.submitBatch = func(*droverv1.SubmitBatchRequest) (*droverv1.SubmitBatchResponse, error) {
		return &droverv1.SubmitBatchResponse{Batch: &Batch{Id: "batch-1", State: droverv1.BatchState_BATCH_STATE_SUCCEEDED}, Existing: true}, nil
	}
	fake.addJobs = func(request *droverv1.AddJobsRequest) (*droverv1.AddJobsResponse, error) {
		if request.ChunkKey == "chunk-2" {
			return nil, refused(t, codes.FailedPrecondition, reason("SEALED"))
		}
		return &droverv1.AddJobsResponse{}, nil
	}
	fake.sealBatch = func(request *droverv1.SealBatchRequest) (*droverv1.SealBatchResponse, error) {
		if request.GetExpectedJobCount() != 2_000 {
			return nil, refused(t, codes.FailedPrecondition, reason("COUNT_MISMATCH"))
		}
		return &droverv1.SealBatchResponse{Batch: &Batch{Id: request.BatchId}}, nil
	}
	client := clientOf(t, fake)
	for count, want := range map[int]string{1_000: "COUNT_MISMATCH", 2_000: "", 2_500: "SEALED"} {
		if _, _, err := client.SubmitBatch(context.Background(), &Batch{Key: "june"}, jobsOf(count, nil)); Reason(err) != want {
			t.Errorf("%d jobs: %v", count, err)
		}
	}
}

func TestBatchTellsInWhichChunkAJobIsBad(t *testing.T) {
	stored := &storedBatch{}
	fake := stored.fake()
	fake.addJobs = func(request *droverv1.AddJobsRequest) (*droverv1.AddJobsResponse, error) {
		if request.ChunkKey == "chunk-1" {
			return nil, refused(t, codes.InvalidArgument, fieldAt("jobs[17].endpoint.url"))
		}
		return &droverv1.AddJobsResponse{}, nil
	}
	_, _, err := clientOf(t, fake).SubmitBatch(context.Background(), &Batch{}, jobsOf(1_500, nil))
	if status.Code(err) != codes.InvalidArgument || Fields(err)[0].Field != "jobs[17].endpoint.url" ||
		!strings.Contains(err.Error(), "in the chunk that begins with job 1000") {
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

func keyed(jobs iter.Seq[*Job]) iter.Seq[*Job] {
	return func(yield func(*Job) bool) {
		for job := range jobs {
			job.ChildKey = "child-" + job.Kind
			if !yield(job) {
				return
			}
		}
	}
}

func TestChildrenAreMadeWithTheToken(t *testing.T) {
	stored := &storedBatch{}
	fake := stored.fake()
	client, attempt := clientOf(t, fake), Attempt{Token: "a-token"}
	make := func(payload string) (string, error) {
		clear(stored.chunks)
		_, _, err := client.Children(context.Background(), attempt, &Batch{Key: "users"}, keyed(jobsOf(3, []byte(payload))))
		for key := range stored.chunks {
			return key, err
		}
		return "", err
	}
	first, err := make("1")
	if err != nil || fake.authorization != "Bearer a-token" || stored.count != nil {
		t.Errorf("sent %q, sealed with %v: %v", fake.authorization, stored.count, err)
	}
	again, err := make("1")
	other, otherErr := make("2")
	if err != nil || otherErr != nil || again != first || other == first {
		t.Errorf("chunks %q, %q and %q: %v, %v", first, again, other, err, otherErr)
	}
}

func TestChildrenOfABatchThatIsSealedAreThere(t *testing.T) {
	stored := &storedBatch{}
	fake := stored.fake()
	fake.submitBatch = func(*droverv1.SubmitBatchRequest) (*droverv1.SubmitBatchResponse, error) {
		return &droverv1.SubmitBatchResponse{Batch: &Batch{Id: "batch-1", State: droverv1.BatchState_BATCH_STATE_RUNNING}, Existing: true}, nil
	}
	batch, existing, err := clientOf(t, fake).Children(context.Background(), Attempt{}, &Batch{Key: "users"}, keyed(jobsOf(3, nil)))
	if err != nil || !existing || batch.Id != "batch-1" || len(stored.calls) != 0 {
		t.Errorf("got %v, %v, %v after %q", batch, existing, err, stored.calls)
	}
}

func TestChildrenNeedKeys(t *testing.T) {
	stored := &storedBatch{}
	client := clientOf(t, stored.fake())
	for want, test := range map[string]struct {
		batch    *Batch
		children iter.Seq[*Job]
	}{
		"batch.key must be given": {&Batch{}, keyed(jobsOf(1, nil))},
		"child_key must be given": {&Batch{Key: "users"}, jobsOf(1, nil)},
	} {
		_, _, err := client.Children(context.Background(), Attempt{}, test.batch, test.children)
		if status.Code(err) != codes.InvalidArgument || !strings.Contains(err.Error(), want) || len(stored.chunks) != 0 {
			t.Errorf("got %v with %d chunks", err, len(stored.chunks))
		}
	}
}
