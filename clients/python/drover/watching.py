"""Watching over streams that may break at any time: one is opened where another ended, until the end was seen.

Owns the cursor, which is a revision: a new stream goes on where the last one ended, and nothing else is kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from google.protobuf.message import Message

from .calls import GrpcCalls, Stream
from .errors import DroverError
from .jobs import has_ended
from .v1.batch_pb2 import Batch
from .v1.job_pb2 import Job
from .v1.job_service_pb2 import WatchBatchRequest, WatchBatchResponse, WatchJobRequest, WatchJobResponse

#: A stream is replaced after so many seconds: one that died without a word is noticed by then, whatever is on the way.
STREAM_SECONDS = 300.0


_M = TypeVar("_M", bound=Message)
_W = TypeVar("_W", Job, Batch)


def watch_job(calls: GrpcCalls, job_id: str, after_revision: int | None) -> Iterator[Job]:
    """See `Client.watch`."""

    def open_after(revision: int | None, seconds: float) -> Stream[WatchJobResponse]:
        request = WatchJobRequest(job_id=job_id, after_revision=revision)
        return calls.stream("JobService/WatchJob", request, WatchJobResponse, seconds)

    def shown(message: WatchJobResponse) -> Job | None:
        return message.job if message.HasField("job") else None

    # The counts of a master's batches change by their members, whose changes are none of the master's own.
    return _follow(calls, f"job {job_id}", open_after, shown, lambda job: job.batch_counts, after_revision)


def watch_batch(calls: GrpcCalls, batch_id: str) -> Iterator[Batch]:
    """See `Client.watch_batch`."""

    def open_after(revision: int | None, seconds: float) -> Stream[WatchBatchResponse]:
        request = WatchBatchRequest(batch_id=batch_id, after_revision=revision)
        return calls.stream("JobService/WatchBatch", request, WatchBatchResponse, seconds)

    def shown(message: WatchBatchResponse) -> Batch | None:
        return message.batch if message.HasField("batch") else None

    return _follow(calls, f"batch {batch_id}", open_after, shown, lambda batch: batch.counts, None)


def _follow(
    calls: GrpcCalls,
    name: str,
    open_after: Callable[[int | None, float], Stream[_M]],
    shown: Callable[[_M], _W | None],
    counts_of: Callable[[_W], Message],
    revision: int | None,
) -> Iterator[_W]:
    """Until the first message it gives up like any call, with UNAVAILABLE; after it, it reconnects until the end."""
    give_up_time = time.monotonic() + calls.timeout
    heard, failures = False, 0
    counts: Message | None = None
    while True:
        alive = False
        stream = open_after(revision, STREAM_SECONDS if heard else calls.timeout)
        try:
            for message in stream:
                alive, heard, failures = True, True, 0
                now = shown(message)
                if now is None:
                    continue
                if has_ended(now):
                    yield now
                    return
                # A server that is behind another may show what was seen already.
                behind = revision is not None and now.revision < revision
                again = now.revision == revision and counts_of(now) == counts
                if not behind and not again:
                    revision, counts = now.revision, counts_of(now)
                    yield now
        finally:
            stream.cancel()
        calls.raise_if_closed()
        error = stream.error or DroverError("UNAVAILABLE", f"the stream ended before {name} did")
        # A server that has as many watches as it takes may have inherited those of another that went.
        is_full = heard and error.code == "RESOURCE_EXHAUSTED"
        if not error.is_transient and not is_full:
            raise error
        if alive and error.code == "DEADLINE_EXCEEDED":
            continue
        failures += 1
        delay = calls.policy.delay(failures, error)
        if not heard and (failures >= calls.policy.tries or time.monotonic() + delay >= give_up_time):
            raise error
        calls.wait(delay)
