"""A batch on its way to the server: cut into chunks, created with the first, appended to, sealed.

Every call may be repeated after a lost answer, and all of it may be done once more: keys make it the same batch.
Holds two chunks at a time, so any length is fine. Knows not how calls are made.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from .calls import MIB, Calls
from .errors import DroverError
from .jobs import json_bytes
from .v1.batch_pb2 import Batch, BatchState
from .v1.job_pb2 import Job
from .v1.job_service_pb2 import (
    AddJobsRequest,
    AddJobsResponse,
    SealBatchRequest,
    SealBatchResponse,
    SubmitBatchRequest,
    SubmitBatchResponse,
)

#: What the server takes in one call.
JOBS_PER_CALL = 1_000
#: The server takes 4 MiB; the rest is for the batch itself, whose on_complete job may hold a payload.
BYTES_PER_CALL = 4 * MIB - MIB // 2
#: Beside a job in a message: its tag, and how long it is.
FRAMING_BYTES = 6


@dataclass(frozen=True)
class SubmittedBatch:
    """A batch that is stored and sealed."""

    id: str
    #: The same batch was there already.
    existing: bool


@dataclass(frozen=True)
class Chunk:
    """The jobs of one call."""

    key: str
    #: The place of its first job among all, from 0.
    start: int
    jobs: list[Job]


def chunks_of(jobs: Iterable[Job], of_master: bool = False) -> Iterator[Chunk]:
    """Cuts by count and by bytes.

    The chunks of an app are named by their place, so that one that holds something else than it did is refused. A
    master's are named by what they hold, and each child has a key, so that a master that runs again finds its children
    in whatever order they come.
    """
    seen: Counter[bytes] = Counter()
    number, start, size = 0, 0, 0
    held: list[Job] = []
    for job in jobs:
        member = _with_child_key(job, seen) if of_master else job
        bytes_more = member.ByteSize() + FRAMING_BYTES
        if held and (len(held) >= JOBS_PER_CALL or size + bytes_more > BYTES_PER_CALL):
            yield Chunk(_digest(held) if of_master else f"chunk-{number}", start, held)
            number, start, size, held = number + 1, start + len(held), 0, []
        held.append(member)
        size += bytes_more
    if held:
        yield Chunk(_digest(held) if of_master else f"chunk-{number}", start, held)


def send_batch(calls: Calls, batch: Batch, jobs: Iterable[Job], of_master: bool) -> SubmittedBatch:
    """Returns when all jobs are stored and the batch is sealed.

    What was stored before an error stays: the same again goes on from there. INVALID_ARGUMENT names a job by its place
    among ``jobs``.
    """
    chunks = chunks_of(jobs, of_master)
    first = next(chunks, None)
    # Only what follows tells whether the batch has to stay open.
    second = next(chunks, None)
    try:
        answer = _create(calls, batch, first, is_open=second is not None)
    except DroverError as error:
        if not of_master or not (error.reason == "SEALED" or error.code == "ALREADY_EXISTS"):
            raise
        # An attempt before made the batch with other children first. Without any, it is found as it is.
        answer = _create(calls, batch, None, is_open=True)
    stored = SubmittedBatch(answer.batch.id, answer.existing)
    # Sealed, by this call or by one before: it has all its jobs. Whether an app's has the same jobs is asked for.
    if answer.batch.state != BatchState.BATCH_STATE_OPEN and (of_master or not stored.existing):
        return stored
    total = len(first.jobs) if first else 0
    # What is stored may be another order of children: by their keys those of the first chunk are found or added.
    if first and of_master and stored.existing:
        _append(calls, stored.id, first)
    for chunk in itertools.chain([second] if second else [], chunks):
        _append(calls, stored.id, chunk)
        total += len(chunk.jobs)
    # A master's batch may hold more than was given now: what an attempt before gave stays.
    seal = SealBatchRequest(batch_id=stored.id, expected_job_count=None if of_master else total)
    calls.call("JobService/SealBatch", seal, SealBatchResponse)
    return stored


def _create(calls: Calls, batch: Batch, chunk: Chunk | None, is_open: bool) -> SubmitBatchResponse:
    request = SubmitBatchRequest(batch=batch, jobs=chunk.jobs if chunk else (), open=is_open)
    with _places_from(chunk.start if chunk else 0):
        return calls.call("JobService/SubmitBatch", request, SubmitBatchResponse)


def _append(calls: Calls, batch_id: str, chunk: Chunk) -> None:
    request = AddJobsRequest(batch_id=batch_id, chunk_key=chunk.key, jobs=chunk.jobs)
    with _places_from(chunk.start):
        calls.call("JobService/AddJobs", request, AddJobsResponse)


@contextmanager
def _places_from(start: int) -> Iterator[None]:
    """The server names a job by its place in the call; the caller knows its place among all."""
    try:
        yield
    except DroverError as error:
        if start == 0:
            raise

        def placed(text: str) -> str:
            return re.sub(r"\bjobs\[(\d+)\]", lambda match: f"jobs[{start + int(match[1])}]", text)

        fields = {placed(field): description for field, description in error.fields.items()}
        renamed = DroverError(
            error.code, placed(error.message), reason=error.reason, fields=fields, retry_delay=error.retry_delay
        )
        raise renamed from error


def _with_child_key(job: Job, seen: Counter[bytes]) -> Job:
    """A child without a key gets one of what it calls with what, and for equal ones of which of them it is.

    When and how it runs makes no other child of it: a time that a master computes is another one when it runs again.
    """
    if job.child_key:
        return job
    called = [job.endpoint.method, job.endpoint.url, sorted(job.endpoint.headers.items()), job.kind, job.content_type]
    digest = hashlib.sha256(json_bytes(called) + job.payload).digest()[:16]
    seen[digest] += 1
    member = Job()
    member.CopyFrom(job)
    member.child_key = digest.hex() if seen[digest] == 1 else f"{digest.hex()}.{seen[digest]}"
    return member


def _digest(jobs: list[Job]) -> str:
    """Of all that a chunk holds: the same children with other settings, such as a time, are another chunk."""
    digest = hashlib.sha256()
    for job in jobs:
        content = job.SerializeToString(deterministic=True)
        digest.update(b"%d:" % len(content) + content)
    return digest.hexdigest()
