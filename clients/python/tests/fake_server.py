"""A gRPC server in this process whose answers a test writes itself, and requests as Drover signs them.

Knows nothing of what is tested.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import time
from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from drover import Client, RetryPolicy
from drover.v1.job_service_pb2_grpc import JobServiceServicer, add_JobServiceServicer_to_server

SECRET = "whsec_" + base64.b64encode(b"a secret of thirty-two bytes....").decode()
QUICK = RetryPolicy(tries=5, initial_delay=0.001, max_delay=0.01)


@contextmanager
def client_of(jobs: JobServiceServicer, retry: RetryPolicy = QUICK, **options: object) -> Iterator[Client]:
    """A client of a server that answers with this."""
    server, address = start(jobs)
    try:
        with Client(address, retry=retry, **options) as client:
            yield client
    finally:
        server.stop(None).wait()


def start(jobs: JobServiceServicer, address: str = "127.0.0.1:0") -> tuple[grpc.Server, str]:
    """A server, and where it listens."""
    server = grpc.server(futures.ThreadPoolExecutor(4), options=[("grpc.max_receive_message_length", 4 * 1024 * 1024)])
    add_JobServiceServicer_to_server(jobs, server)
    host = address.rpartition(":")[0]
    port = server.add_insecure_port(address)
    server.start()
    return server, f"{host}:{port}"


def abort(context: grpc.ServicerContext, code: grpc.StatusCode, message: str, *details: Message) -> None:
    """Ends a call with an error that has details, as Drover's have."""
    status = Status(code=code.value[0], message=message)
    for detail in details:
        packed = Any()
        packed.Pack(detail)
        status.details.append(packed)
    context.set_trailing_metadata([("grpc-status-details-bin", status.SerializeToString())])
    context.abort(code, message)


def signed(body: bytes, secret: str = SECRET, **more: str) -> dict[str, str]:
    """The headers of a call of Drover."""
    seconds = str(int(time.time()))
    key = base64.b64decode(secret.removeprefix("whsec_"))
    digest = hmac.new(key, f"stats-7.3.{seconds}.".encode() + body, hashlib.sha256).digest()
    return {
        "Job-Id": "stats-7",
        "Job-Attempt": "2",
        "Job-Fence": "3",
        "Job-Queue": "default",
        "Job-Kind": "a%20bill",
        "Job-Deadline": "2026-01-31T12:00:00.000Z",
        "Job-Token": "a.token",
        "Job-Service": "http://127.0.0.1:1",
        "Idempotency-Key": "stats-7",
        "Content-Type": "application/json",
        "webhook-id": "stats-7.3",
        "webhook-timestamp": seconds,
        "webhook-signature": "v1," + base64.b64encode(digest).decode(),
        **more,
    }
