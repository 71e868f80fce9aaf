// What an app talks to: one connection to the gRPC door, and the calls that are made of it. How a call is repeated is
// retry's; batches and watches have files of their own.

package drover

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/binary"
	"fmt"
	"net"
	"net/url"
	"strings"
	"time"

	droverv1 "drover.dev/go/gen/drover/v1"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
	"google.golang.org/protobuf/proto"
)

// Client is the client of an app. Make one and share it: it has one connection, and is safe for use by many goroutines.
type Client struct {
	// Jobs and Queues are the generated clients of the same connection, for all that has no method of Client. They call
	// once: wrap them in Retry.
	Jobs   droverv1.JobServiceClient
	Queues droverv1.QueueServiceClient

	connection *grpc.ClientConn
	pace       pace
}

// Option is a setting of [NewClient].
type Option func(*settings)

type settings struct {
	headers headers
	dial    []grpc.DialOption
}

// WithToken sends "authorization: Bearer TOKEN" with each call, for a proxy before the server, which has to take it away:
// in calls for batches Drover reads it as the token of a page, and any other is [ReasonTokenInvalid].
func WithToken(token string) Option { return WithHeader("authorization", "Bearer "+token) }

// WithHeader sends a header with each call.
func WithHeader(name, value string) Option {
	return func(s *settings) { s.headers[strings.ToLower(name)] = value }
}

// WithDialOptions is for all else that gRPC can be told, such as credentials and interceptors. They win over the client's.
func WithDialOptions(options ...grpc.DialOption) Option {
	return func(s *settings) { s.dial = append(s.dial, options...) }
}

// NewClient makes a client of the gRPC door at "host:port", "http://host:port" or, with TLS, "https://host". It connects
// when it is first used, and again when a connection breaks. Close it in the end.
func NewClient(address string, options ...Option) (*Client, error) {
	target, transport, err := targetOf(address)
	if err != nil {
		return nil, err
	}
	own := settings{headers: headers{}}
	for _, option := range options {
		option(&own)
	}
	dial := append([]grpc.DialOption{
		grpc.WithTransportCredentials(transport),
		grpc.WithPerRPCCredentials(own.headers),
		// gRPC would wait for up to two minutes before it looks for a server that was away.
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff:           backoff.Config{BaseDelay: 100 * time.Millisecond, Multiplier: 2, Jitter: 0.5, MaxDelay: 5 * time.Second},
			MinConnectTimeout: 5 * time.Second,
		}),
		// A connection with calls on it is tested when nothing was read for so long.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 30 * time.Second, Timeout: 10 * time.Second}),
		// A page of a list that is shown in full is the largest answer that a server gives.
		grpc.WithDefaultCallOptions(grpc.MaxCallRecvMsgSize(64 << 20)),
	}, own.dial...)
	connection, err := grpc.NewClient(target, dial...)
	if err != nil {
		return nil, invalid("address", err.Error())
	}
	return &Client{
		Jobs:       droverv1.NewJobServiceClient(connection),
		Queues:     droverv1.NewQueueServiceClient(connection),
		connection: connection,
		pace:       usualPace,
	}, nil
}

// Conn is the client's connection, for generated clients of other services.
func (c *Client) Conn() grpc.ClientConnInterface { return c.connection }

// Close ends all calls and watches, and closes the connection.
func (c *Client) Close() error { return c.connection.Close() }

// Submit stores one job; when it returns, the job is durable. A job without an id gets one, so that trying again is
// safe. The job is returned as it is stored, without payload; existing says that the same job was there already.
//
// It fails with codes.InvalidArgument and Fields; with codes.AlreadyExists for an id that has other content; with
// codes.PermissionDenied and [ReasonEndpointNotAllowed] for a page that may not be called.
func (c *Client) Submit(ctx context.Context, job *Job) (stored *Job, existing bool, err error) {
	if job.GetId() == "" {
		job = proto.CloneOf(job)
		job.Id = newID()
	}
	answer, err := retry(ctx, c.pace, func(ctx context.Context) (*droverv1.SubmitJobResponse, error) {
		return c.Jobs.SubmitJob(ctx, &droverv1.SubmitJobRequest{Job: job})
	})
	return answer.GetJob(), answer.GetExisting(), err
}

// Get returns a job with its payload and result. It fails with codes.NotFound.
func (c *Client) Get(ctx context.Context, id string) (*Job, error) {
	answer, err := retry(ctx, c.pace, func(ctx context.Context) (*droverv1.GetJobResponse, error) {
		return c.Jobs.GetJob(ctx, &droverv1.GetJobRequest{JobId: id})
	})
	return answer.GetJob(), err
}

// Wait waits until a job has ended, however long that takes, and returns it with its result. That it ended well is for
// the caller to see: its State may be [Succeeded], [Failed] or [Cancelled].
func (c *Client) Wait(ctx context.Context, id string) (*Job, error) {
	for _, err := range c.Watch(ctx, id) {
		if err != nil {
			return nil, err
		}
	}
	return c.Get(ctx, id)
}

// Cancel cancels a job with all below it, and returns it as it is now: a running one ends a little later, one that has
// ended is unchanged. It fails with codes.NotFound.
func (c *Client) Cancel(ctx context.Context, id, reason string) (*Job, error) {
	answer, err := retry(ctx, c.pace, func(ctx context.Context) (*droverv1.CancelJobResponse, error) {
		return c.Jobs.CancelJob(ctx, &droverv1.CancelJobRequest{JobId: id, Reason: reason})
	})
	return answer.GetJob(), err
}

// headers go with each call. They are sent without TLS as well, since a server on the same machine has none.
type headers map[string]string

func (h headers) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	return h, nil
}

func (h headers) RequireTransportSecurity() bool { return false }

func targetOf(address string) (string, credentials.TransportCredentials, error) {
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	parsed, err := url.Parse(address)
	if err != nil || parsed.Host == "" {
		return "", nil, invalid("address", fmt.Sprintf("%q is no address", address))
	}
	host, port := parsed.Hostname(), parsed.Port()
	switch parsed.Scheme {
	case "http":
		if port == "" {
			port = "80"
		}
		return net.JoinHostPort(host, port), insecure.NewCredentials(), nil
	case "https":
		if port == "" {
			port = "443"
		}
		return net.JoinHostPort(host, port), credentials.NewTLS(&tls.Config{MinVersion: tls.VersionTLS12}), nil
	}
	return "", nil, invalid("address", fmt.Sprintf("must be http or https, not %s", parsed.Scheme))
}

// newID makes a UUIDv7: ids in the order of time are kind to the store.
func newID() string {
	var id [16]byte
	now := time.Now().UnixMilli()
	binary.BigEndian.PutUint32(id[:4], uint32(now>>16))
	binary.BigEndian.PutUint16(id[4:6], uint16(now))
	rand.Read(id[6:]) // Never fails.
	id[6] = id[6]&0x0f | 0x70
	id[8] = id[8]&0x3f | 0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", id[:4], id[4:6], id[6:8], id[8:10], id[10:])
}
