"""A gRPC server in this process whose answers a test writes itself.

Knows nothing of what is tested.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent import futures
from contextlib import contextmanager

import grpc
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from google.rpc.status_pb2 import Status

from drover import Client, connect
from drover.v1.job_service_pb2_grpc import JobServiceServicer, add_JobServiceServicer_to_server


@contextmanager
def client_of(jobs: JobServiceServicer, **options: object) -> Iterator[Client]:
    """A client of a server that answers with this."""
    server, address = start(jobs)
    try:
        with connect(address, **options) as client:
            yield client
    finally:
        server.stop(None).wait()


def start(jobs: JobServiceServicer, address: str = "127.0.0.1:0") -> tuple[grpc.Server, str]:
    """A server, and where it listens."""
    server = grpc.server(futures.ThreadPoolExecutor(4), options=[("grpc.max_receive_message_length", 4 * 2**20)])
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
