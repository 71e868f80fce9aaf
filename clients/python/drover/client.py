"""What an app talks to: submits jobs and batches, reads, watches, cancels and retries them.

Each method is one call; how it is repeated is that of `calls`, how a batch is cut that of `batches`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import TracebackType
from typing import TypeVar

import grpc
from google.protobuf.message import Message

from .batches import SubmittedBatch, send_batch
from .calls import DEFAULT_TIMEOUT, GrpcCalls, open_channel
from .errors import DroverError
from .jobs import has_ended, new_id
from .retry import RetryPolicy
from .v1 import job_service_pb2 as messages
from .v1.batch_pb2 import Batch
from .v1.job_pb2 import Job
from .watching import watch_batch, watch_job

_M = TypeVar("_M", bound=Message)


@dataclass(frozen=True)
class SubmittedJob:
    """A job that is stored."""

    id: str
    #: The same job was there already.
    existing: bool
    #: As it was stored, without payload.
    job: Job


class Client:
    """A connection to a server. Make one and share it among threads; close it, or use it in ``with``.

    Every method raises `DroverError`: UNAVAILABLE and DEADLINE_EXCEEDED only after the tries that ``retry`` and
    ``timeout`` allow. Every call may be repeated, since an id or a key goes with it.

    Args:
        address: The gRPC door: ``host:port`` or ``http://host:port`` in the clear, ``https://host:port`` over TLS.
        token: Sent as ``authorization: Bearer …`` with each call, for a proxy before the server, which has to take it
            away: in calls for batches Drover reads it as the token of a page, and any other is TOKEN_INVALID.
        headers: Sent with each call.
        timeout: How many seconds one call may take with all of its tries. Watches have no limit.
        retry: How calls are repeated.
        channel: Any channel of grpc, instead of ``address``. It is closed with the client.
    """

    def __init__(
        self,
        address: str = "127.0.0.1:7070",
        *,
        token: str | None = None,
        headers: Mapping[str, str] | None = None,
        timeout: float = DEFAULT_TIMEOUT,
        retry: RetryPolicy | None = None,
        channel: grpc.Channel | None = None,
    ) -> None:
        metadata = [(name.lower(), value) for name, value in (headers or {}).items()]
        if token is not None:
            metadata.append(("authorization", f"Bearer {token}"))
        self._calls = GrpcCalls(channel or open_channel(address), metadata, timeout, retry)

    def __enter__(self) -> Client:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends all calls and watches with CANCELLED, and the connection. Idempotent."""
        self._calls.close()

    def call(self, method: str, request: Message, answer: type[_M]) -> _M:
        """Any unary call: ``call("QueueService/PauseQueue", PauseQueueRequest(queue="mail"), PauseQueueResponse)``.

        It is repeated when it could not be answered, so what it submits should have an id.
        """
        return self._calls.call(method, request, answer)

    def submit(self, job: Job) -> SubmittedJob:
        """Stores one job; when this returns the job is durable.

        A job without an id gets one here, so that a repeat finds it. INVALID_ARGUMENT with `fields`; ALREADY_EXISTS for
        an id that has other content; PERMISSION_DENIED, ENDPOINT_NOT_ALLOWED for a page that may not be called.
        """
        named = Job()
        named.CopyFrom(job)
        named.id = job.id or new_id()
        request = messages.SubmitJobRequest(job=named)
        answer = self.call("JobService/SubmitJob", request, messages.SubmitJobResponse)
        return SubmittedJob(answer.job.id, answer.existing, answer.job)

    def batch(self, jobs: Iterable[Job], *, key: str = "", settings: Batch | None = None) -> SubmittedBatch:
        """Stores any number of jobs as one batch, from a list or a generator, and returns when it is sealed.

        The same key with the same jobs is the same batch, and goes on where it was broken off; other jobs are
        ALREADY_EXISTS, more are SEALED and fewer COUNT_MISMATCH once it is sealed. INVALID_ARGUMENT names a job by its
        place, such as ``jobs[17].endpoint.url``.

        Args:
            jobs: Read once, a thousand at a time. They have no id of their own.
            key: 1 to 128 of ``A-Z a-z 0-9 . _ : -``. Default: a new one.
            settings: What else there is to say: ``Batch(on_complete=new_job(…), labels=…, failure_policy=…)``.
        """
        batch = Batch()
        if settings is not None:
            batch.CopyFrom(settings)
        batch.key = key or batch.key or new_id()
        return send_batch(self._calls, batch, jobs, of_master=False)

    def get(self, job_id: str) -> Job:
        """One job, whole. NOT_FOUND."""
        return self.call("JobService/GetJob", messages.GetJobRequest(job_id=job_id), messages.GetJobResponse).job

    def get_batch(self, batch_id: str) -> Batch:
        """One batch. NOT_FOUND."""
        request = messages.GetBatchRequest(batch_id=batch_id)
        return self.call("JobService/GetBatch", request, messages.GetBatchResponse).batch

    def list(self, filters: messages.ListJobsRequest | None = None) -> Iterator[Job]:
        """Jobs in order of creation, newest first unless asked, page by page as they are read.

        ``list(ListJobsRequest(queue="mail", state="JOB_STATE_FAILED"))``. A combination without an index is
        INVALID_ARGUMENT.
        """
        request = messages.ListJobsRequest()
        if filters is not None:
            request.CopyFrom(filters)
        while True:
            page = self.call("JobService/ListJobs", request, messages.ListJobsResponse)
            yield from page.jobs
            if not page.next_page_token:
                return
            request.page_token = page.next_page_token

    def watch(self, job_id: str, after_revision: int | None = None) -> Iterator[Job]:
        """The job now, then each newer state that the reader is quick enough to see, and always its end; then it ends.

        Reconnects by itself, from where it was. Until the first answer it gives up like any call; after it, it goes on
        until the job has ended or the client is closed. NOT_FOUND. A job that is shown has no payload.

        Args:
            job_id: The job.
            after_revision: Only states newer than this; the last state is shown in any case.
        """
        return watch_job(self._calls, job_id, after_revision)

    def watch_batch(self, batch_id: str) -> Iterator[Batch]:
        """The same for a batch and its counts."""
        return watch_batch(self._calls, batch_id)

    def wait(self, job_id: str) -> Job:
        """Waits until the job has ended, however long that takes, and returns it as it ended."""
        return _last(self.watch(job_id))

    def wait_batch(self, batch_id: str) -> Batch:
        """Waits until the batch has ended, its on_complete job included, and returns it as it ended."""
        return _last(self.watch_batch(batch_id))

    def cancel(self, job_id: str, reason: str = "") -> Job:
        """Cancels a job with all below it. A running one ends a little later; one that has ended is unchanged."""
        request = messages.CancelJobRequest(job_id=job_id, reason=reason)
        return self.call("JobService/CancelJob", request, messages.CancelJobResponse).job

    def cancel_batch(self, batch_id: str, reason: str = "") -> Batch:
        """Cancels a batch with all below it."""
        request = messages.CancelBatchRequest(batch_id=batch_id, reason=reason)
        return self.call("JobService/CancelBatch", request, messages.CancelBatchResponse).batch

    def retry(self, job_id: str) -> SubmittedJob:
        """Makes a new job of one that failed or was cancelled; asked again, returns the same. NOT_RETRYABLE."""
        request = messages.RetryJobRequest(job_id=job_id)
        answer = self.call("JobService/RetryJob", request, messages.RetryJobResponse)
        return SubmittedJob(answer.job.id, answer.existing, answer.job)

    def retry_batch(self, batch_id: str) -> SubmittedBatch:
        """Makes a new batch of the members that failed or were cancelled; asked again, returns the same."""
        request = messages.RetryBatchRequest(batch_id=batch_id)
        answer = self.call("JobService/RetryBatch", request, messages.RetryBatchResponse)
        return SubmittedBatch(answer.batch.id, answer.existing)


_W = TypeVar("_W", Job, Batch)


def _last(states: Iterator[_W]) -> _W:
    for state in states:
        if has_ended(state):
            return state
    raise DroverError("INTERNAL", "a watch ended without an end")
