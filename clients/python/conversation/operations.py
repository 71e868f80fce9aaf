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

from drover import Client, DroverError, Job
from drover.v1 import attempt_service_pb2, job_service_pb2, job_service_pb2_grpc, queue_service_pb2

from .generated_jobs import jobs_of
from .pages import Pages
from .values import Failed, decoded, mismatch

_SERVICES = (attempt_service_pb2, job_service_pb2, queue_service_pb2)
_SHOWN = ("state", "stateReason", "attemptCount", "progress", "result", "failure", "revision")


class Operations:
    """All that steps do, against one server and one page server."""

    def __init__(self, client: Client, address: str, pages: Pages) -> None:
        self._client = client
        self._address = address
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
        except DroverError as error:
            told = {"code": error.code, "reason": error.reason, "fields": sorted(error.fields)}
            return {"error": {key: value for key, value in told.items() if value}}

    def _call(self, given: dict[str, Any]) -> Any:
        method = _method(given["method"])
        request = ParseDict(given["request"], GetMessageClass(method.input_type)())
        answer = GetMessageClass(method.output_type)
        if "token" not in given:
            return MessageToDict(self._client.call(given["method"], request, answer))
        with Client(self._address, token=given["token"]) as page:
            return MessageToDict(page.call(given["method"], request, answer))

    def _submit(self, given: dict[str, Any]) -> Any:
        submitted = self._client.submit(ParseDict(given["job"], Job()))
        return {"id": submitted.id, "existing": submitted.existing}

    def _batch(self, given: dict[str, Any]) -> Any:
        submitted = self._client.batch(jobs_of(given["job"], given["count"]), key=given["key"])
        return {"id": submitted.id, "existing": submitted.existing}

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
        method = _method(given["method"])
        request = ParseDict(given["request"], GetMessageClass(method.input_type)())
        last: Message | None = None
        field = {named.json_name: named.name for named in method.output_type.fields}[given["field"]]
        try:
            with grpc.insecure_channel(self._address) as channel:
                stub = job_service_pb2_grpc.JobServiceStub(channel)
                for message in getattr(stub, method.name)(request):
                    last = getattr(message, field) if message.HasField(field) else last
        except grpc.RpcError as error:
            raise DroverError.from_rpc(error) from error
        return {} if last is None else {given["field"]: MessageToDict(last)}

    def _called(self, given: dict[str, Any]) -> Any:
        job = self._pages.called(given["job"], given.get("call", 1))
        return {"attempt": job.attempt, "queue": job.queue, "kind": job.kind, "token": job.token}

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


def _method(name: str) -> MethodDescriptor:
    service_name, _, method_name = name.partition("/")
    for module in _SERVICES:
        service = module.DESCRIPTOR.services_by_name.get(service_name)
        if service is not None and method_name in service.methods_by_name:
            return service.methods_by_name[method_name]
    raise Failed(f"there is no method {name}")
