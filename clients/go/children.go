// The children of a master: a batch of its own, made with the attempt token. A page that runs again finds its children
// by their keys. How a batch is filled is batch's.

package drover

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"iter"

	droverv1 "drover.dev/go/gen/drover/v1"
	"google.golang.org/protobuf/proto"
)

// Children makes a batch below the attempt's job under batch.Key, of any number of children, and seals it. The job ends
// when they have. Called again, by a further attempt, it finds the same batch and the same children, and existing is
// true: a child that has ended is not run again, and one that is new is added unless the batch is sealed.
//
// A child is known by its ChildKey. One without gets a digest of what it calls with what, and of how many equal ones
// came before it, so that order does not matter. The children themselves are left as they are.
func (a *Attempt) Children(ctx context.Context, batch *Batch, children iter.Seq[*Job]) (stored *Batch, existing bool, err error) {
	if batch.GetKey() == "" {
		return nil, false, invalid("batch.key", "must be given: a page that runs again finds its children by it")
	}
	filling := filling{jobs: droverv1.NewJobServiceClient(a.door()), pace: usualPace}
	stored, existing, err = filling.open(ctx, batch)
	if err != nil || stored.GetState() != droverv1.BatchState_BATCH_STATE_OPEN {
		return stored, existing, err // Sealed: an attempt before gave all children.
	}
	for chunk := range chunksOf(keyed(children)) {
		key, err := digest(chunk.jobs)
		if err != nil {
			return nil, existing, err
		}
		if err := filling.add(ctx, stored.GetId(), key, chunk); err != nil {
			return nil, existing, err
		}
	}
	// Without a count: what an attempt before gave stays.
	stored, err = filling.seal(ctx, stored.GetId(), nil)
	return stored, existing, err
}

// keyed gives a key to each child that has none. It holds some 20 bytes for each.
func keyed(children iter.Seq[*Job]) iter.Seq[*Job] {
	return func(yield func(*Job) bool) {
		counts := map[[12]byte]uint32{}
		for child := range children {
			if child.GetChildKey() == "" {
				child = proto.CloneOf(child)
				// When and how it runs makes no other child of it: a time that a master computes is another one next time.
				// A map is printed in the order of its keys.
				sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %q %q %q %s", child.GetEndpoint().GetMethod(),
					child.GetEndpoint().GetUrl(), child.GetEndpoint().GetHeaders(), child.GetKind(), child.GetContentType(), child.GetPayload()))
				short := [12]byte(sum[:])
				child.ChildKey = hex.EncodeToString(sum[:16])
				counts[short]++
				if count := counts[short]; count > 1 {
					child.ChildKey = fmt.Sprintf("%s.%d", child.ChildKey, count)
				}
			}
			if !yield(child) {
				return
			}
		}
	}
}

// digest names a chunk by all that it holds: children with the same keys and other settings are another chunk, whose
// children are then found by their keys.
func digest(jobs []*Job) (string, error) {
	body, err := proto.MarshalOptions{Deterministic: true}.Marshal(&droverv1.AddJobsRequest{Jobs: jobs})
	if err != nil {
		return "", invalid("jobs", err.Error())
	}
	sum := sha256.Sum256(body)
	return hex.EncodeToString(sum[:16]), nil
}
