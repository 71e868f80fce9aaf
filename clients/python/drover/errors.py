"""The one error of this library, and how it is made of what a server tells.

Owns: codes, reasons and fields out of the google.rpc details, for gRPC and for JSON over HTTP.
Knows nothing of jobs, nor of how calls are made.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TypeVar

import grpc
from google.protobuf.message import DecodeError, Message
from google.rpc.code_pb2 import Code
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo
from google.rpc.status_pb2 import Status

_M = TypeVar("_M", bound=Message)

#: The words with which gRPC says that a stream was reset, by whoever was on the way.
_BROKEN = ("RST_STREAM", "Stream removed", "GOAWAY", "Connection reset")


class DroverError(Exception):
    """What every call of this library raises.

    Attributes:
        code: The name of the gRPC code, such as ``INVALID_ARGUMENT``; ``UNAVAILABLE`` also for a connection that broke.
        reason: With ``FAILED_PRECONDITION`` and ``PERMISSION_DENIED`` the machine-readable reason, such as
            ``LEASE_LOST`` or ``SEALED``; else empty. The names are those of ``drover.v1.ErrorReason``.
        fields: With ``INVALID_ARGUMENT`` the fields at fault: path, such as ``job.endpoint.url``, to what is wrong.
        retry_delay: How many seconds the server asks to wait before the call is repeated, or None.
    """

    def __init__(
        self,
        code: str,
        message: str,
        *,
        reason: str = "",
        fields: Mapping[str, str] | None = None,
        retry_delay: float | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.reason = reason
        self.fields = dict(fields or {})
        self.retry_delay = retry_delay

    def __str__(self) -> str:
        return f"{self.code}{f' ({self.reason})' if self.reason else ''}: {self.message}"

    @property
    def is_transient(self) -> bool:
        """The same call may succeed later."""
        return self.code in ("UNAVAILABLE", "DEADLINE_EXCEEDED")

    @classmethod
    def from_rpc(cls, error: grpc.RpcError) -> DroverError:
        """Turns what grpc raised into this error."""
        for key, value in error.trailing_metadata() or ():
            if key == "grpc-status-details-bin":
                return cls.from_status(_parsed(Status, value))
        code, text = error.code().name, error.details() or ""
        # Nobody on this side cancels a call that somebody waits for: a server that stops, or a proxy, let go of it.
        broken = code in ("INTERNAL", "UNKNOWN") and any(word in text for word in _BROKEN)
        return cls("UNAVAILABLE" if broken or code == "CANCELLED" else code, text)

    @classmethod
    def from_status(cls, status: Status) -> DroverError:
        """Turns a ``google.rpc.Status``, as ``SubmitJobs`` gives it for one job, into this error."""
        reason, retry_delay = "", None
        fields: dict[str, str] = {}
        for detail in status.details:
            if detail.Is(ErrorInfo.DESCRIPTOR):
                reason = _parsed(ErrorInfo, detail.value).reason
            elif detail.Is(BadRequest.DESCRIPTOR):
                for violation in _parsed(BadRequest, detail.value).field_violations:
                    said = fields.get(violation.field)
                    fields[violation.field] = f"{said}; {violation.description}" if said else violation.description
            elif detail.Is(RetryInfo.DESCRIPTOR):
                retry_delay = _parsed(RetryInfo, detail.value).retry_delay.ToTimedelta().total_seconds()
        return cls(_code_name(status.code), status.message, reason=reason, fields=fields, retry_delay=retry_delay)

    @classmethod
    def from_http(cls, http_status: int, body: bytes) -> DroverError:
        """Turns the JSON of an error of the HTTP door into this error."""
        try:
            told = json.loads(body)
            status = Status(code=Code.Value(told["code"].upper()), message=told.get("message", ""))
            for detail in told.get("details", ()):
                padded = detail["value"] + "=" * (-len(detail["value"]) % 4)
                status.details.add(type_url=f"type.googleapis.com/{detail['type']}", value=base64.b64decode(padded))
        except (ValueError, KeyError, TypeError, AttributeError):
            # Not from Drover: a proxy on the way says so in its own words.
            code = "UNAVAILABLE" if http_status in (429, 502, 503, 504) else "UNKNOWN"
            return cls(code, f"HTTP {http_status}: {body[:200].decode('utf-8', 'replace')}")
        return cls.from_status(status)


def invalid(field: str, description: str) -> DroverError:
    """An argument that cannot be sent as it is."""
    return DroverError("INVALID_ARGUMENT", f"{field}: {description}", fields={field: description})


def _code_name(code: int) -> str:
    name = Code.Name(code) if code in Code.values() else "UNKNOWN"
    return str(name)


def _parsed(kind: type[_M], value: bytes) -> _M:
    """A detail that cannot be read is one that tells nothing: the code and the message are still there."""
    try:
        return kind.FromString(value)
    except DecodeError:
        return kind()
