// Package drover is the client of Drover, a background job service in which every job is a web page: an app submits
// jobs and watches them, and pages, which are HTTP endpoints, are called for them. This file owns the words that the
// rest is told in; what they hold is the protos'.
//
// An app has one [Client], which is safe for use by many goroutines:
//
//	client, err := drover.NewClient("127.0.0.1:7070")
//	job, existing, err := client.Submit(ctx, &drover.Job{Endpoint: &drover.Endpoint{Url: "http://127.0.0.1:8000/report"}})
//	for job, err := range client.Watch(ctx, job.Id) { … }
//
// A page is a [Page], which is an [net/http.Handler]:
//
//	http.Handle("/report", &drover.Page{Handle: report, Verifier: verifier})
//
// Whatever fails is an [*Error], in one of the codes of gRPC; [Reason] tells what it was.
//
// Every call may be repeated, since ids and keys make a repeat find what is there. So what the server or the way to it
// could not answer is tried again, until the context is done; a context without a deadline gives one call a minute.
package drover

import droverv1 "drover.dev/go/gen/drover/v1"

// The messages of the API, by names that are short. Their fields and bounds are told in the package droverv1.
type (
	Job         = droverv1.Job
	Endpoint    = droverv1.Endpoint
	Batch       = droverv1.Batch
	BatchCounts = droverv1.BatchCounts
	Progress    = droverv1.Progress
)

// Where a job stands.
const (
	Pending   = droverv1.JobState_JOB_STATE_PENDING
	Running   = droverv1.JobState_JOB_STATE_RUNNING
	Waiting   = droverv1.JobState_JOB_STATE_WAITING
	Succeeded = droverv1.JobState_JOB_STATE_SUCCEEDED
	Failed    = droverv1.JobState_JOB_STATE_FAILED
	Cancelled = droverv1.JobState_JOB_STATE_CANCELLED
)

// HasEnded tells whether a job will not change any more.
func HasEnded(job *Job) bool {
	state := job.GetState()
	return state == Succeeded || state == Failed || state == Cancelled
}
