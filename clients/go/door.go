// The HTTP door as a connection for generated clients: unary calls by the Connect protocol, with protobuf bodies. A page
// knows the address of this door and no other. It knows no service and repeats nothing. Of the options of a call it takes
// [grpc.Header].

package drover

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"

	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
)

// doorClient keeps as many connections as a busy page has calls. Of the two that are usual, all others would be closed
// after each call.
var doorClient = &http.Client{Transport: &http.Transport{
	Proxy:               http.ProxyFromEnvironment,
	MaxIdleConnsPerHost: 100,
	IdleConnTimeout:     90 * time.Second,
	TLSHandshakeTimeout: 10 * time.Second,
	ForceAttemptHTTP2:   true,
}}

// answerBytes is far more than what the calls of a page are answered with.
const answerBytes = 8 << 20

// door implements [grpc.ClientConnInterface].
type door struct {
	service, token string
	client         *http.Client
}

func (d door) Invoke(ctx context.Context, method string, request, answer any, options ...grpc.CallOption) error {
	if d.token == "" || d.service == "" {
		return status.Error(codes.InvalidArgument, "Job-Token and Job-Service are missing: the call does not come from Drover")
	}
	body, err := proto.Marshal(request.(proto.Message))
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	address := strings.TrimRight(d.service, "/") + method
	call, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return status.Error(codes.InvalidArgument, err.Error())
	}
	call.Header.Set("content-type", "application/proto")
	call.Header.Set("connect-protocol-version", "1")
	call.Header.Set("authorization", "Bearer "+d.token)
	response, err := d.client.Do(call)
	if err != nil {
		return brokenOff(ctx, err)
	}
	defer response.Body.Close()
	for _, option := range options {
		if wanted, ok := option.(grpc.HeaderCallOption); ok {
			*wanted.HeaderAddr = metadata.MD{}
			for name, values := range response.Header {
				wanted.HeaderAddr.Append(name, values...)
			}
		}
	}
	content, err := io.ReadAll(io.LimitReader(response.Body, answerBytes))
	if err != nil {
		return brokenOff(ctx, err)
	}
	if response.StatusCode != http.StatusOK {
		return refusal(response, content)
	}
	if err := proto.Unmarshal(content, answer.(proto.Message)); err != nil {
		return status.Errorf(codes.Internal, "the answer of %s is none: %v", method, err)
	}
	return nil
}

func (d door) NewStream(context.Context, *grpc.StreamDesc, string, ...grpc.CallOption) (grpc.ClientStream, error) {
	return nil, status.Error(codes.Unimplemented, "a page has calls with one answer only")
}

// brokenOff is a call that got no whole answer, by the caller's wish or by the network's.
func brokenOff(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return status.FromContextError(ctx.Err()).Err()
	}
	return status.Error(codes.Unavailable, err.Error())
}

// refusal reads an error of Connect, which is JSON. One of a proxy is not: then the HTTP status has to do.
func refusal(response *http.Response, content []byte) error {
	var told struct {
		Code    string
		Message string
		Details []struct{ Type, Value string }
	}
	if err := json.Unmarshal(content, &told); err != nil || told.Code == "" {
		return status.Error(codeOf(response.StatusCode), fmt.Sprintf("HTTP status %s", response.Status))
	}
	made := &spb.Status{Code: int32(codeNamed(told.Code)), Message: told.Message}
	for _, detail := range told.Details {
		value, err := bytesOf(detail.Value)
		if err != nil {
			return status.Errorf(codes.Internal, "a detail of the error %q cannot be read: %v", told.Message, err)
		}
		made.Details = append(made.Details, &anypb.Any{TypeUrl: "type.googleapis.com/" + detail.Type, Value: value})
	}
	return status.ErrorProto(made)
}

// codeNamed takes names such as "not_found"; gRPC reads them in upper case.
func codeNamed(name string) codes.Code {
	if name == "canceled" {
		return codes.Canceled
	}
	var code codes.Code
	if err := code.UnmarshalJSON([]byte(`"` + strings.ToUpper(name) + `"`)); err != nil {
		return codes.Unknown
	}
	return code
}

func codeOf(httpStatus int) codes.Code {
	switch httpStatus {
	case http.StatusUnauthorized:
		return codes.Unauthenticated
	case http.StatusForbidden:
		return codes.PermissionDenied
	case http.StatusNotFound:
		return codes.Unimplemented
	case http.StatusTooManyRequests, http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout:
		return codes.Unavailable
	}
	return codes.Unknown
}
