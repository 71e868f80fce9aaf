"""The operations of a conversation: what each ``do`` means, done by the client of this language.

Messages are JSON here; an error of the client is an answer too. Knows nothing of steps.
"""

from __future__ import annotations

import http.client
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import grpc
from google.protobuf.descriptor import MethodDescriptor
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from drover import Batch, Client, Job, fields, reason
from drover.v1 import attempt_service_pb2, job_service_pb2, queue_service_pb2

from .generated_jobs import jobs_of
from .pages import Pages
from .values import Failed, decoded, mismatch

_SERVICES = (attempt_service_pb2, job_service_pb2, queue_service_pb2)
_SHOWN = ("state", "stateReason", "attemptCount", "progress", "result", "failure", "revision")


class Operations:
    """All that steps do, against one server and one page server."""

    def __init__(self, client: Client, pages: Pages) -> None:
        self._client = client
        self._stubs = {"AttemptService": client.attempts, "JobService": client.jobs, "QueueService": client.queues}
        self._pages = pages
        self._all: dict[str, Callable[[dict[str, Any]], Any]] = {
            "call": self._call,
            "submit": self._submit,
            "batch": self._batch,
            "watch": self._watch,
            "stream": self._stream,
            "called": self._called,
            "open": self._open,
            "post": self._post,
        }

    def do(self, name: str, given: dict[str, Any]) -> Any:
        """The answer of one operation."""
        if name not in self._all:
            raise Failed(f"this runner knows no operation {name}")
        try:
            return self._all[name](given)
        except grpc.RpcError as error:
            at_fault = sorted(violation.field for violation in fields(error))
            told = {"code": error.code().name, "reason": reason(error), "fields": at_fault}
            return {"error": {key: value for key, value in told.items() if value}}

    def _call(self, given: dict[str, Any]) -> Any:
        metadata = [("authorization", f"Bearer {given['token']}")] if "token" in given else []
        send, request = self._method(given)
        return MessageToDict(send(request, metadata=metadata))

    def _submit(self, given: dict[str, Any]) -> Any:
        stored = self._client.submit(ParseDict(given["job"], Job()))
        return {"id": stored.job.id, "existing": stored.existing}

    def _batch(self, given: dict[str, Any]) -> Any:
        stored = self._client.submit_batch(Batch(key=given["key"]), jobs_of(given["job"], given["count"]))
        return {"id": stored.batch.id, "existing": stored.existing}

    def _watch(self, given: dict[str, Any]) -> Any:
        after = int(given["after"]) if "after" in given else None
        entries = list(given.get("along", ()))
        last: dict[str, Any] = {}
        revision, turns, rising = after or 0, 0, True
        for job in self._client.watch(given["job"], after):
            lowest = revision + 1 if last == {} and after is not None else revision
            rising = rising and job.revision >= lowest
            revision, last = job.revision, MessageToDict(job)
            sight = decoded(last)
            while turns < len(entries) and mismatch(entries[turns]["see"], sight, "the job") is None:
                answer = self.do(entries[turns]["do"], entries[turns].get("with", {}))
                if "error" in answer:
                    raise Failed(f"while watching, {entries[turns]['do']} gave {answer['error']}")
                turns += 1
            if "until" in given and mismatch(given["until"], sight, "the job") is None:
                break
        return {"last": {key: last[key] for key in _SHOWN if key in last}, "along": turns, "rising": rising}

    def _stream(self, given: dict[str, Any]) -> Any:
        send, request = self._method(given)
        last: Any = None
        for message in send(request):
            # Under the name that the field has in JSON.
            last = MessageToDict(message).get(given["field"], last)
        return {} if last is None else {given["field"]: last}

    def _called(self, given: dict[str, Any]) -> Any:
        call = self._pages.called(given["job"], given.get("call", 1))
        return {"attempt": call.number, "queue": call.queue, "kind": call.kind, "token": call.token}

    def _open(self, given: dict[str, Any]) -> Any:
        self._pages.gate(given["gate"]).set()
        return {}

    def _post(self, given: dict[str, Any]) -> Any:
        url = urlsplit(given["url"])
        connection = http.client.HTTPConnection(url.hostname or "", url.port)
        connection.request("POST", url.path, given["body"].encode())
        status = connection.getresponse().status
        connection.close()
        return {"status": status}

    def _method(self, given: dict[str, Any]) -> tuple[Callable[..., Any], Message]:
        """What sends to the method that is named, and the request."""
        service, _, name = given["method"].partition("/")
        method = _described(service, name)
        return getattr(self._stubs[service], name), ParseDict(given["request"], GetMessageClass(method.input_type)())


def _described(service_name: str, name: str) -> MethodDescriptor:
    for module in _SERVICES:
        service = module.DESCRIPTOR.services_by_name.get(service_name)
        if service is not None and name in service.methods_by_name:
            return service.methods_by_name[name]
    raise Failed(f"there is no method {service_name}/{name}")
