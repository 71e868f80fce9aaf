// What the tests share: a server in this process whose calls are functions of the test. It knows no test.

package drover

import (
	"context"
	"net"
	"strings"
	"testing"

	droverv1 "drover.dev/go/gen/drover/v1"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
	"google.golang.org/protobuf/protoadapt"
)

// fakeService answers with the functions that a test gives it.
type fakeService struct {
	droverv1.UnimplementedJobServiceServer
	submitJob   func(*droverv1.SubmitJobRequest) (*droverv1.SubmitJobResponse, error)
	submitBatch func(*droverv1.SubmitBatchRequest) (*droverv1.SubmitBatchResponse, error)
	addJobs     func(*droverv1.AddJobsRequest) (*droverv1.AddJobsResponse, error)
	sealBatch   func(*droverv1.SealBatchRequest) (*droverv1.SealBatchResponse, error)
	watchJob    func(*droverv1.WatchJobRequest, grpc.ServerStreamingServer[droverv1.WatchJobResponse]) error
	watchBatch  func(*droverv1.WatchBatchRequest, grpc.ServerStreamingServer[droverv1.WatchBatchResponse]) error
	// authorization is what the last SubmitBatch came with.
	authorization string
}

func (f *fakeService) SubmitJob(_ context.Context, request *droverv1.SubmitJobRequest) (*droverv1.SubmitJobResponse, error) {
	return f.submitJob(request)
}

func (f *fakeService) SubmitBatch(ctx context.Context, request *droverv1.SubmitBatchRequest) (*droverv1.SubmitBatchResponse, error) {
	f.authorization = strings.Join(metadata.ValueFromIncomingContext(ctx, "authorization"), ",")
	return f.submitBatch(request)
}

func (f *fakeService) AddJobs(_ context.Context, request *droverv1.AddJobsRequest) (*droverv1.AddJobsResponse, error) {
	return f.addJobs(request)
}

func (f *fakeService) SealBatch(_ context.Context, request *droverv1.SealBatchRequest) (*droverv1.SealBatchResponse, error) {
	return f.sealBatch(request)
}

func (f *fakeService) WatchJob(request *droverv1.WatchJobRequest, stream grpc.ServerStreamingServer[droverv1.WatchJobResponse]) error {
	return f.watchJob(request, stream)
}

func (f *fakeService) WatchBatch(request *droverv1.WatchBatchRequest, stream grpc.ServerStreamingServer[droverv1.WatchBatchResponse]) error {
	return f.watchBatch(request, stream)
}

// clientOf serves the fake over a connection in memory.
func clientOf(t *testing.T, fake *fakeService) *Client {
	t.Helper()
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer()
	droverv1.RegisterJobServiceServer(server, fake)
	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	client, err := NewClient("passthrough:///drover", grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) {
		return listener.DialContext(ctx)
	}))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		client.Close() // An error says that the test has closed it.
		server.Stop()
		if err := <-served; err != nil {
			t.Error(err)
		}
	})
	return client
}

// refused is an error as a server sends it.
func refused(t *testing.T, code codes.Code, details ...protoadapt.MessageV1) error {
	t.Helper()
	made, err := status.New(code, "refused").WithDetails(details...)
	if err != nil {
		t.Fatal(err)
	}
	return made.Err()
}

func reason(name string) *errdetails.ErrorInfo {
	return &errdetails.ErrorInfo{Domain: "drover", Reason: name}
}

func fieldAt(field string) *errdetails.BadRequest {
	return &errdetails.BadRequest{FieldViolations: []*errdetails.BadRequest_FieldViolation{
		{Field: field, Description: "is wrong"},
	}}
}
