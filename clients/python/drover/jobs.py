"""Jobs as messages: made of Python values, and read as such.

Owns what a value becomes as bytes, and back. Makes no call.
"""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from .errors import invalid
from .v1.batch_pb2 import Batch, BatchState
from .v1.endpoint_pb2 import Backoff, Endpoint
from .v1.job_pb2 import Job, JobState

_JSON = re.compile(r"application/(?:json|[^;\s]+\+json)\s*(?:;|$)", re.IGNORECASE)


def new_job(
    url: str,
    payload: Any = None,
    *,
    id: str = "",
    kind: str = "",
    queue: str = "",
    method: str = "",
    headers: Mapping[str, str] | None = None,
    content_type: str = "",
    labels: Mapping[str, str] | None = None,
    priority: int | None = None,
    delay: timedelta | None = None,
    schedule_time: datetime | None = None,
    deadline_time: datetime | None = None,
    max_attempts: int | None = None,
    backoff: Backoff | None = None,
    attempt_timeout: timedelta | None = None,
    retention: timedelta | None = None,
    child_key: str = "",
) -> Job:
    """A job that calls the page at ``url`` with ``payload``.

    ``bytes`` are sent as they are, None is nothing at all, and any other value becomes JSON. What is left out has the
    default of the server; bounds and defaults stand in ``job.proto``. Times must have a time zone.

    >>> new_job("http://127.0.0.1:8000/compileuserstats", {"userid": 7}).payload
    b'{"userid":7}'
    """
    body, own_type = encoded(payload, content_type)
    return Job(
        id=id,
        kind=kind,
        queue=queue,
        endpoint=Endpoint(url=url, method=method, headers=headers),
        payload=body,
        content_type=own_type,
        labels=labels,
        priority=priority,
        delay=delay,
        schedule_time=_zoned("schedule_time", schedule_time),
        deadline_time=_zoned("deadline_time", deadline_time),
        max_attempts=max_attempts,
        backoff=backoff,
        attempt_timeout=attempt_timeout,
        retention=retention,
        child_key=child_key,
    )


def state_of(what: Job | Batch) -> str:
    """The name of its state, such as ``SUCCEEDED``."""
    if isinstance(what, Job):
        return JobState.Name(what.state).removeprefix("JOB_STATE_")
    return BatchState.Name(what.state).removeprefix("BATCH_STATE_")


def has_ended(what: Job | Batch) -> bool:
    """Its state is final."""
    return state_of(what) in ("SUCCEEDED", "FAILED", "CANCELLED")


def result_of(job: Job) -> Any:
    """What its page answered: JSON as a value, other text as a string, anything else as bytes, nothing as None."""
    return decoded(job.result, job.result_content_type)


def new_id() -> str:
    """An id that nobody else has."""
    return str(uuid.uuid4())


def encoded(value: Any, content_type: str = "") -> tuple[bytes, str]:
    """A value as bytes and content type; an empty one stands for application/json."""
    if value is None:
        return b"", content_type
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value), content_type or "application/octet-stream"
    if content_type and not _JSON.match(content_type):
        if isinstance(value, str):
            return value.encode(), content_type
        raise invalid("payload", f"must be str or bytes with content type {content_type}")
    return json_bytes(value), content_type


def decoded(body: bytes, content_type: str = "") -> Any:
    """The way back. Bytes that are not what they are said to be stay bytes: a page may say JSON and mean something."""
    is_json = not content_type or _JSON.match(content_type) is not None
    if not body:
        return None
    if not is_json and not content_type.lower().startswith("text/"):
        return body
    try:
        return json.loads(body) if is_json else body.decode()
    except ValueError:
        return body


def json_bytes(value: Any) -> bytes:
    """Compact JSON in UTF-8. TypeError or ValueError for what JSON cannot hold, NaN among it."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def _zoned(name: str, time: datetime | None) -> datetime | None:
    """A time without a zone would be taken for UTC, whatever its author meant."""
    if time is not None and time.tzinfo is None:
        raise invalid(name, "must have a time zone")
    return time
