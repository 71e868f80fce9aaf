// The one error of this package, and what a server tells by google.rpc: the reason, the fields at fault, when to try
// again. It knows no call.

package drover

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// What [Reason] returns of an error with codes.FailedPrecondition or codes.PermissionDenied.
const (
	ReasonLeaseLost          = "LEASE_LOST"           // The attempt no longer holds the job: stop, nothing counts any more.
	ReasonSealed             = "SEALED"               // The batch takes no more jobs.
	ReasonCancelled          = "CANCELLED"            // The job or batch was cancelled.
	ReasonTerminal           = "TERMINAL"             // The job or batch has ended.
	ReasonCountMismatch      = "COUNT_MISMATCH"       // The batch holds another number of jobs.
	ReasonEndpointNotAllowed = "ENDPOINT_NOT_ALLOWED" // The page may not be called.
	ReasonNotRetryable       = "NOT_RETRYABLE"        // It neither failed nor was cancelled.
	ReasonTokenInvalid       = "TOKEN_INVALID"        // The attempt token was not signed by this service.
)

// FieldViolation is a field of a request that breaks a rule; Field is a path such as "job.endpoint.url".
type FieldViolation struct {
	Field, Description string
}

// Error is what every call of this package fails with. Use [errors.As] to get at it, or [Reason] and [status.Code].
type Error struct {
	Code    codes.Code
	Message string
	// Reason is one of the constants of this package, or "".
	Reason string
	// Fields are those at fault, with codes.InvalidArgument.
	Fields []FieldViolation
	// RetryDelay is how long the server asks to wait at least before the call is repeated.
	RetryDelay time.Duration

	cause error
}

// Error tells the code, the reason and the message.
func (e *Error) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("drover: %v: %s", e.Code, e.Message)
	}
	return fmt.Sprintf("drover: %v (%s): %s", e.Code, e.Reason, e.Message)
}

// Unwrap returns what it was made of: the error of gRPC, and that of the context if it was done.
func (e *Error) Unwrap() error { return e.cause }

// GRPCStatus lets the status package read the error.
func (e *Error) GRPCStatus() *status.Status {
	var inner interface{ GRPCStatus() *status.Status }
	if errors.As(e.cause, &inner) {
		return inner.GRPCStatus()
	}
	return status.New(e.Code, e.Message)
}

// Reason returns what the server calls the error, such as [ReasonLeaseLost]; "" if it has no name, or err is nil.
func Reason(err error) string {
	if err == nil {
		return ""
	}
	return AsError(err).Reason
}

// AsError makes an [*Error] of any error: of one of gRPC, whoever called it, it reads the details. That of one job of
// SubmitJobs is made by status.ErrorProto before. It returns nil for nil.
func AsError(err error) *Error {
	var own *Error
	if err == nil || errors.As(err, &own) {
		return own
	}
	told, ok := status.FromError(err)
	if !ok {
		told = status.FromContextError(err)
	}
	made := &Error{Code: told.Code(), Message: told.Message(), cause: err}
	for _, detail := range told.Details() {
		switch detail := detail.(type) {
		case *errdetails.ErrorInfo:
			made.Reason = detail.GetReason()
		case *errdetails.RetryInfo:
			made.RetryDelay = detail.GetRetryDelay().AsDuration()
		case *errdetails.BadRequest:
			for _, field := range detail.GetFieldViolations() {
				made.Fields = append(made.Fields, FieldViolation{field.GetField(), field.GetDescription()})
			}
		}
	}
	return made
}

// failure is what a call ends with. One whose context is done says so to errors.Is, with the cause that it was given.
func failure(ctx context.Context, err error) *Error {
	failed := *AsError(err)
	if ctx.Err() != nil {
		failed.cause = errors.Join(failed.cause, ctx.Err(), context.Cause(ctx))
	}
	return &failed
}

// invalid is an argument that cannot be sent as it is.
func invalid(field, description string) *Error {
	return &Error{
		Code:    codes.InvalidArgument,
		Message: field + ": " + description,
		Fields:  []FieldViolation{{field, description}},
	}
}

// renamed is the same error with other names for its fields, in the message too.
func renamed(err error, rename func(string) string) error {
	if err == nil {
		return nil
	}
	same := *AsError(err)
	same.Message = rename(same.Message)
	same.Fields = nil
	for _, field := range AsError(err).Fields {
		same.Fields = append(same.Fields, FieldViolation{rename(field.Field), field.Description})
	}
	return &same
}

// clipped is a message that the server takes: at most 1,024 characters, and text.
func clipped(message string) string {
	const most = 1_024
	if len(message) > most {
		message = message[:most]
	}
	return strings.ToValidUTF8(message, "")
}
