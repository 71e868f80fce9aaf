"""What an app talks to: the generated stubs on one channel, and the few calls that are more than a call.

Owns the channel, the pieces of a batch and the watch that goes on. How calls are repeated is gRPC's own work, by
``grpc_service_config.json``; that is safe, since what is sent again carries the same id or key. Serves no page.
"""

import hashlib
import random
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from importlib import resources
from typing import Any, Self, TypeVar

import grpc
from google.protobuf.message import Message
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo
from google.rpc.status_pb2 import Status

from .page import Attempt
from .v1 import job_service_pb2 as messages
from .v1.attempt_service_pb2_grpc import AttemptServiceStub
from .v1.batch_counts_pb2 import BatchCounts
from .v1.batch_pb2 import Batch, BatchState
from .v1.job_pb2 import Job, JobState
from .v1.job_service_pb2_grpc import JobServiceStub
from .v1.queue_service_pb2_grpc import QueueServiceStub

_MIB = 1024 * 1024
_OPTIONS: dict[str, Any] = {
    "grpc.service_config": resources.files(__package__).joinpath("grpc_service_config.json").read_text("utf-8"),
    "grpc.enable_retries": 1,
    # What does not fit in here is not sent again; by default that is a quarter of a MiB, less than a chunk of a batch.
    "grpc.per_rpc_retry_buffer_size": 8 * _MIB,
    "grpc.keepalive_time_ms": 30_000,
    "grpc.keepalive_timeout_ms": 10_000,
    "grpc.max_receive_message_length": 64 * _MIB,
    "grpc.max_reconnect_backoff_ms": 5_000,
}
#: What the server takes in one call: so many jobs, and 4 MiB, of which some is left for what stands beside the jobs.
_JOBS_PER_CALL = 1_000
_BYTES_PER_CALL = 4 * _MIB - 4 * 1024
#: Beside a job in a message: its tag, and how long it is.
_FRAMING_BYTES = 6
#: The states of a batch that are final have the same numbers.
_ENDED = (JobState.JOB_STATE_SUCCEEDED, JobState.JOB_STATE_FAILED, JobState.JOB_STATE_CANCELLED)
#: How a stream ends that another one may take up, once it has shown something. By the service config each has an end;
#: UNKNOWN is what gRPC makes of one that ends without a status.
_BROKEN = ("UNAVAILABLE", "DEADLINE_EXCEEDED", "CANCELLED", "INTERNAL", "RESOURCE_EXHAUSTED", "UNKNOWN")
_M = TypeVar("_M", bound=Message)


class Client:
    """All of Drover's services on one channel. Make one after a fork, and share it among threads.

    ``jobs``, ``attempts`` and ``queues`` are the generated stubs. Every method here and there raises ``grpc.RpcError``.
    A call takes at most 60 s with all its tries, and waits for a server where there is none. Those of the stubs are
    repeated too: the methods here give ids and keys, and what goes to ``jobs.SubmitJob``, ``SubmitJobs`` and
    ``SubmitBatch`` should have them, else a repeat makes it twice.
    """

    def __init__(self, channel: grpc.Channel) -> None:
        self.jobs = JobServiceStub(channel)
        self.attempts = AttemptServiceStub(channel)
        self.queues = QueueServiceStub(channel)
        self._channel = channel
        self._closed = threading.Event()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Ends all calls and watches with CANCELLED, and the connection; later ones are a ValueError. Idempotent."""
        self._closed.set()
        self._channel.close()

    def submit(self, job: Job) -> messages.SubmitJobResponse:
        """Stores one job: ``job`` as stored, without payload, and whether it was ``existing``.

        A job without an id is sent with a new one, which is noted on an error: the job may be stored all the same.
        """
        request = messages.SubmitJobRequest(job=job)
        request.job.id = job.id or _new_id()
        with _noted(f"job.id is {request.job.id}"):
            response: messages.SubmitJobResponse = self.jobs.SubmitJob(request)
        return response

    def submit_batch(self, batch: Batch, jobs: Iterable[Job]) -> messages.SubmitBatchResponse:
        """Stores any number of jobs, read once and a chunk at a time, as one batch: ``batch`` as sealed, ``existing``.

        The same key with the same jobs is the same batch, and goes on where it was broken off; without a key it is a
        new one. An error names a job by its place in its call, and has a note of where that call began.
        """
        return self._send(batch, jobs, None)

    def children(self, attempt: Attempt, batch: Batch, jobs: Iterable[Job]) -> messages.SubmitBatchResponse:
        """The same for a page, whose job then succeeds when its children have. ValueError for a key that is missing.

        ``batch.key`` and each ``child_key`` say what is the same when the page is called again. A batch that an attempt
        before has sealed is returned as it is, and ``jobs`` are not read.
        """
        if not batch.key:
            raise ValueError("batch.key: is required for a batch of a page")
        return self._send(batch, jobs, attempt)

    def watch(self, job_id: str, after_revision: int | None = None) -> Iterator[Job]:
        """The job now, each newer state that the reader is quick enough to see, and always its end; then it ends.

        Jobs are shown without payload. A stream that breaks is replaced by one that goes on after the last revision.
        """
        request = messages.WatchJobRequest(job_id=job_id, after_revision=after_revision)
        return self._states(self.jobs.WatchJob, request, "job", "batch_counts")

    def watch_batch(self, batch_id: str) -> Iterator[Batch]:
        """The same for a batch and its counts."""
        return self._states(self.jobs.WatchBatch, messages.WatchBatchRequest(batch_id=batch_id), "batch", "counts")

    def wait(self, job_id: str) -> Job:
        """The job as it ended, with its result, however long that takes. That a job failed is no error."""
        return deque(self.watch(job_id), maxlen=1).pop()

    def _send(self, batch: Batch, jobs: Iterable[Job], attempt: Attempt | None) -> messages.SubmitBatchResponse:
        metadata = attempt.metadata if attempt else ()
        request = messages.SubmitBatchRequest(batch=batch, open=True)
        request.batch.key = batch.key or _new_id()
        opened: messages.SubmitBatchResponse = self.jobs.SubmitBatch(request, metadata=metadata)
        if attempt and opened.batch.state != BatchState.BATCH_STATE_OPEN:
            return opened
        count = 0
        for number, chunk in enumerate(_chunks(jobs)):
            keyless = next((place for place, job in enumerate(chunk, count) if not job.child_key), None)
            if attempt and keyless is not None:
                raise ValueError(f"jobs[{keyless}].child_key: is required for a job of a page")
            added = messages.AddJobsRequest(jobs=chunk)
            # A page that is called again may give its children in another order, which then are other chunks.
            digest = hashlib.sha256(added.SerializeToString(deterministic=True)).hexdigest()
            added.chunk_key = digest[:32] if attempt else f"chunk-{number}"
            added.batch_id = opened.batch.id
            with _noted(f"jobs[0] of this call is jobs[{count}] of the batch"):
                self.jobs.AddJobs(added, metadata=metadata)
            count += len(chunk)
        # What an attempt before gave stays: a page may have more children than it gave now.
        seal = messages.SealBatchRequest(batch_id=opened.batch.id, expected_job_count=None if attempt else count)
        sealed = self.jobs.SealBatch(seal, metadata=metadata)
        return messages.SubmitBatchResponse(batch=sealed.batch, existing=opened.existing)

    def _states(self, watch: Callable[[Any], Any], request: Any, kind: str, counts: str) -> Iterator[Any]:
        heard, counted = False, BatchCounts()
        broken: grpc.RpcError | None = None
        while True:
            stream = watch(request)
            try:
                for message in stream:
                    heard = True
                    # Without one the message only keeps the stream alive.
                    if not message.HasField(kind):
                        continue
                    now = getattr(message, kind)
                    # A server that is behind another may show what was seen; counts change without a revision.
                    is_older = now.revision < request.after_revision
                    is_same = now.revision == request.after_revision and getattr(now, counts) == counted
                    if now.state in _ENDED or not (is_older or is_same):
                        request.after_revision, counted = now.revision, getattr(now, counts)
                        yield now
                    if now.state in _ENDED:
                        return
            except grpc.RpcError as error:
                if not heard or error.code().name not in _BROKEN or self._closed.is_set():
                    raise
                broken = error
            finally:
                stream.cancel()
            if self._closed.wait(random.uniform(0.5, 1.5)) and broken is not None:
                raise broken


def connect(
    address: str, credentials: grpc.ChannelCredentials | None = None, options: Sequence[tuple[str, Any]] = ()
) -> Client:
    """A client of the gRPC door at ``host:port``: in the clear, or by ``credentials``, such as those for TLS.

    Connects with the first call. ``options`` are gRPC's own for a channel, and win over those of this package.
    """
    chosen = list({**_OPTIONS, **dict(options)}.items())
    if credentials is None:
        return Client(grpc.insecure_channel(address, chosen))
    return Client(grpc.secure_channel(address, credentials, chosen))


def reason(error: grpc.RpcError) -> str:
    """The name of an error's ``drover.v1.ErrorReason`` without prefix, such as ``LEASE_LOST``; empty if it has none."""
    return str(_detail(error, ErrorInfo()).reason)


def fields(error: grpc.RpcError) -> list[BadRequest.FieldViolation]:
    """The fields at fault, each with ``field``, such as ``job.endpoint.url``, and ``description``; maybe none."""
    return list(_detail(error, BadRequest()).field_violations)


def _detail(error: grpc.RpcError, found: _M) -> _M:
    for key, value in error.trailing_metadata() or ():
        if key == "grpc-status-details-bin":
            for detail in Status.FromString(value).details:
                detail.Unpack(found)
    return found


def _chunks(jobs: Iterable[Job]) -> Iterator[list[Job]]:
    """As many as go in one call; one that is too large for any goes alone, and the server says so."""
    chunk: list[Job] = []
    size = 0
    for job in jobs:
        more = job.ByteSize() + _FRAMING_BYTES
        if chunk and (len(chunk) == _JOBS_PER_CALL or size + more > _BYTES_PER_CALL):
            yield chunk
            chunk, size = [], 0
        chunk.append(job)
        size += more
    if chunk:
        yield chunk


def _new_id() -> str:
    """Nobody else has it, and it sorts after those that were made before."""
    return f"{time.time_ns():016x}-{secrets.token_hex(8)}"


@contextmanager
def _noted(note: str) -> Iterator[None]:
    try:
        yield
    except grpc.RpcError as error:
        error.add_note(note)
        raise
