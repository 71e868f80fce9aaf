// What a step can do, each by its name: from JSON to JSON, over the client of this module. Messages go through protojson,
// so it knows no message.

package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	drover "drover.dev/go"
	"google.golang.org/genproto/googleapis/rpc/code"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"
)

// with is what an operation is done with; each uses some of it.
type with struct {
	Method, Token, Field, Key, Gate, URL, Body, After string
	Request, Job, Until                               any
	Count, Call                                       int
	Along                                             []struct {
		See  any
		Do   string
		With any
	}
}

// talk is a client and the page that it talks about.
type talk struct {
	client *drover.Client
	pages  *pages
}

// do returns an answer; what the server or the client refused is one too. An error is a fault of the conversation.
func (t talk) do(ctx context.Context, name string, given any) (any, error) {
	var with with
	text, err := json.Marshal(given)
	if err == nil {
		err = json.Unmarshal(text, &with)
	}
	if err != nil {
		return nil, err
	}
	answer, err := t.operation(ctx, name, with)
	if refused, ok := status.FromError(err); err != nil && ok {
		return object{"error": told(refused.Code(), err)}, nil
	}
	return answer, err
}

func (t talk) operation(ctx context.Context, name string, with with) (any, error) {
	switch name {
	case "call":
		return t.call(ctx, with)
	case "stream":
		return t.stream(ctx, with)
	case "submit":
		job := &drover.Job{}
		if err := message(with.Job, job); err != nil {
			return nil, err
		}
		stored, err := t.client.Submit(ctx, job)
		return object{"id": stored.GetJob().GetId(), "existing": stored.GetExisting()}, err
	case "batch":
		var bad error
		batch, existing, err := t.client.SubmitBatch(ctx, &drover.Batch{Key: with.Key}, jobsOf(with.Job, with.Count, func(err error) { bad = err }))
		return object{"id": batch.GetId(), "existing": existing}, errors.Join(err, bad)
	case "watch":
		return t.watch(ctx, with)
	case "called":
		got := t.pages.await(with.Job.(string), max(with.Call, 1))
		return object{"attempt": float64(got.Number), "queue": got.Queue, "kind": got.Kind, "token": got.Token}, nil
	case "open":
		t.pages.open(with.Gate)
		return object{}, nil
	case "post":
		response, err := http.Post(with.URL, "application/json", strings.NewReader(with.Body))
		if err != nil {
			return nil, err
		}
		return object{"status": float64(response.StatusCode)}, response.Body.Close()
	}
	return nil, fmt.Errorf("%q is no operation", name)
}

func (t talk) call(ctx context.Context, with with) (any, error) {
	path, request, answer, err := messagesOf(with)
	if err != nil {
		return nil, err
	}
	if with.Token != "" {
		ctx = drover.Attempt{Token: with.Token}.Context(ctx)
	}
	if err := t.client.Invoke(ctx, path, request, answer); err != nil {
		return nil, err
	}
	return jsonOf(answer)
}

func (t talk) stream(ctx context.Context, with with) (any, error) {
	path, request, answer, err := messagesOf(with)
	if err != nil {
		return nil, err
	}
	stream, err := t.client.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true}, path)
	if err == nil {
		err = stream.SendMsg(request)
	}
	if err == nil {
		err = stream.CloseSend()
	}
	last := object{}
	for err == nil {
		if err = stream.RecvMsg(answer); err == nil {
			var shown any
			if shown, err = jsonOf(answer); err == nil && shown.(object)[with.Field] != nil {
				last = object{with.Field: shown.(object)[with.Field]}
			}
		}
	}
	if errors.Is(err, io.EOF) {
		return last, nil
	}
	return nil, err
}

func (t talk) watch(ctx context.Context, with with) (any, error) {
	id := with.Job.(string)
	jobs, after := t.client.Watch(ctx, id), int64(-1)
	if with.After != "" {
		var err error
		if after, err = strconv.ParseInt(with.After, 10, 64); err != nil {
			return nil, err
		}
		jobs = t.client.WatchAfter(ctx, id, after)
	}
	answer := object{"rising": true}
	along, seen := 0, after
	for job, err := range jobs {
		if err != nil {
			return nil, err
		}
		if job.Revision < seen || job.Revision <= after {
			answer["rising"] = false
		}
		seen = job.Revision
		whole, err := jsonOf(job)
		if err != nil {
			return nil, err
		}
		last := object{}
		for _, key := range []string{"state", "stateReason", "attemptCount", "progress", "result", "failure", "revision"} {
			if value, found := whole.(object)[key]; found {
				last[key] = value
			}
		}
		answer["last"] = last
		sight, err := decode(whole)
		if err != nil {
			return nil, err
		}
		for along < len(with.Along) && mismatch(with.Along[along].See, sight, "") == "" {
			entry := with.Along[along]
			along++
			done, err := t.do(ctx, entry.Do, entry.With)
			if err != nil {
				return nil, err
			}
			if failed := done.(object)["error"]; failed != nil {
				return nil, fmt.Errorf("%s, along the watch, failed: %s", entry.Do, shown(failed))
			}
		}
		if with.Until != nil && mismatch(with.Until, sight, "") == "" {
			break
		}
	}
	answer["along"] = float64(along)
	return answer, nil
}

// messagesOf finds a method such as "JobService/GetJob", and makes its request and an empty answer.
func messagesOf(with with) (path string, request, answer proto.Message, err error) {
	service, name, _ := strings.Cut(with.Method, "/")
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(protoreflect.FullName("drover.v1." + service))
	if err != nil {
		return "", nil, nil, err
	}
	method := found.(protoreflect.ServiceDescriptor).Methods().ByName(protoreflect.Name(name))
	if method == nil {
		return "", nil, nil, fmt.Errorf("%s has no method %s", service, name)
	}
	made := [2]proto.Message{}
	for place, each := range []protoreflect.MessageDescriptor{method.Input(), method.Output()} {
		kind, err := protoregistry.GlobalTypes.FindMessageByName(each.FullName())
		if err != nil {
			return "", nil, nil, err
		}
		made[place] = kind.New().Interface()
	}
	return "/drover.v1." + with.Method, made[0], made[1], message(with.Request, made[0])
}

// message reads a message from a JSON value.
func message(value any, into proto.Message) error {
	text, err := json.Marshal(value)
	if err != nil {
		return err
	}
	return protojson.Unmarshal(text, into)
}

func jsonOf(message proto.Message) (any, error) {
	text, err := protojson.Marshal(message)
	if err != nil {
		return nil, err
	}
	var value any
	return value, json.Unmarshal(text, &value)
}

// told is an error as the conversation has it.
func told(failed codes.Code, err error) object {
	made := object{"code": code.Code(failed).String()}
	if reason := drover.Reason(err); reason != "" {
		made["reason"] = reason
	}
	fields := []string{}
	for _, violation := range drover.Fields(err) {
		fields = append(fields, violation.Field)
	}
	if slices.Sort(fields); len(fields) > 0 {
		list := make([]any, len(fields))
		for place, field := range fields {
			list[place] = field
		}
		made["fields"] = list
	}
	return made
}
