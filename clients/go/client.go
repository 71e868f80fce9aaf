// Package drover is the client of Drover, a background job service in which every job is a web page: an app submits jobs
// and watches them by a [Client], and a [Page] is called for them. Whatever fails is an error of gRPC, with its code; see
// [Reason] and [Fields]. This file owns the connection. Trying again is gRPC's own, by grpc_service_config.json.
package drover

import (
	"context"
	"crypto/rand"
	_ "embed"
	"fmt"
	"time"

	droverv1 "drover.dev/go/gen/drover/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// The messages of the API that one meets most, by short names. Their fields and bounds are told in droverv1.
type (
	Job         = droverv1.Job
	Endpoint    = droverv1.Endpoint
	Batch       = droverv1.Batch
	BatchCounts = droverv1.BatchCounts
	Progress    = droverv1.Progress
)

//go:embed grpc_service_config.json
var serviceConfig string

// Client is one connection with the generated clients on it. Make one and share it: any number of goroutines may use it.
// What the server or the way to it could not answer is asked again, for a minute at most. That is safe, since an id or a
// key makes a repeat find what is there: the methods of Client give them, and what is sent to SubmitJob, SubmitJobs and
// SubmitBatch of Jobs should have them.
type Client struct {
	*grpc.ClientConn // To be closed in the end.
	Jobs             droverv1.JobServiceClient
	Attempts         droverv1.AttemptServiceClient
	Queues           droverv1.QueueServiceClient
}

// NewClient makes a client of the gRPC door at "host:port", which connects when it is first used. Options of gRPC win over
// those that are set here: grpc.WithTransportCredentials makes it TLS.
func NewClient(address string, options ...grpc.DialOption) (*Client, error) {
	connection, err := grpc.NewClient(address, append([]grpc.DialOption{
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		grpc.WithDefaultServiceConfig(serviceConfig),
		// gRPC would wait for up to two minutes before it looks for a server that was away.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 2, Jitter: 0.5, MaxDelay: 5 * time.Second},
			MinConnectTimeout: 5 * time.Second,
		}),
		// A connection that died without a word is found out.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}),
		grpc.WithDefaultCallOptions(
			// What does not fit in here is not repeated. By default that is less than a chunk of a batch.
			grpc.MaxRetryRPCBufferSize(8<<20),
			// A page of a list that is shown in full is the largest answer that a server gives.
			grpc.MaxCallRecvMsgSize(64<<20),
		),
	}, options...)...)
	if err != nil {
		return nil, err
	}
	return &Client{
		ClientConn: connection,
		Jobs:       droverv1.NewJobServiceClient(connection),
		Attempts:   droverv1.NewAttemptServiceClient(connection),
		Queues:     droverv1.NewQueueServiceClient(connection),
	}, nil
}

// Submit stores one job; when it returns, the job is durable. A job without an id gets one, so that a repeat is the same
// job; an error tells it, since the job may be stored all the same. It fails with codes.InvalidArgument and [Fields], and
// with codes.AlreadyExists for an id that has other content.
func (c *Client) Submit(ctx context.Context, job *Job) (*droverv1.SubmitJobResponse, error) {
	if job.GetId() == "" {
		job = proto.CloneOf(job)
		job.Id = newID()
	}
	stored, err := c.Jobs.SubmitJob(ctx, &droverv1.SubmitJobRequest{Job: job})
	if err != nil {
		return nil, fmt.Errorf("job %s: %w", job.Id, err)
	}
	return stored, nil
}

// newID makes ids in the order of time, which are kind to the store.
func newID() string { return fmt.Sprintf("%012x-%s", time.Now().UnixMilli(), rand.Text()) }

// Reason is what the server calls an error, such as "LEASE_LOST" or "SEALED": a name of [droverv1.ErrorReason] without its
// prefix. It is "" for an error without one, and for nil.
func Reason(err error) string { return detail[*errdetails.ErrorInfo](err).GetReason() }

// Fields are those at fault, with codes.InvalidArgument: their paths, such as "job.endpoint.url", and what is wrong.
func Fields(err error) []*errdetails.BadRequest_FieldViolation {
	return detail[*errdetails.BadRequest](err).GetFieldViolations()
}

func detail[T proto.Message](err error) (none T) {
	for _, detail := range status.Convert(err).Details() {
		if found, ok := detail.(T); ok {
			return found
		}
	}
	return none
}
