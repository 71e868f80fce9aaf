"""For pages: the job that a request is, and what a page may tell and make while it works.

Owns the headers of a call. Knows no web framework: a request is headers and a body.
"""

from __future__ import annotations

import enum
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any, Final, Literal
from urllib.parse import unquote

from .batches import SubmittedBatch, send_batch
from .errors import DroverError, invalid
from .http_calls import HttpCalls
from .jobs import decoded, encoded
from .signature import is_signed
from .v1 import attempt_service_pb2 as messages
from .v1.attempt_pb2 import Progress as ProgressMessage
from .v1.batch_pb2 import Batch
from .v1.job_pb2 import Job

#: What the server allows a payload: a request that brings more is not from Drover.
PAYLOAD_BYTES = 256 * 1024
#: What the server takes of a message, in units of UTF-16.
MESSAGE_UNITS = 1_024


def shortened(message: str) -> str:
    """As much of it as the server takes. No character is split, and what is none, half a pair, is left out."""
    # No character has less than a unit: the first cut keeps the work small.
    units = message[:MESSAGE_UNITS].encode("utf-16-le", "surrogatepass")[: 2 * MESSAGE_UNITS]
    return units.decode("utf-16-le", "ignore")


class _Unsigned(enum.Enum):
    UNSIGNED = "UNSIGNED"


#: Given for a secret: whoever reaches the page may call it.
UNSIGNED: Final = _Unsigned.UNSIGNED
Secret = str | Sequence[str] | Literal[_Unsigned.UNSIGNED] | None


class Refused(Exception):
    """A request that is no call of Drover's. Answer it with ``status`` and the text."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass(frozen=True)
class Progress:
    """How far the work is: units done, units in all, both 0 or more, and a message of at most 1,024
    characters."""

    done: float | None = None
    total: float | None = None
    message: str = ""

    def __post_init__(self) -> None:
        for name, value in (("done", self.done), ("total", self.total)):
            if value is not None and not (math.isfinite(value) and value >= 0):
                raise invalid(name, "must be 0 or more")


@dataclass(frozen=True)
class Reported:
    """What the server says to a report."""

    #: The job is to be cancelled: stop, and end the attempt.
    cancel_requested: bool
    #: Report again before then, by the server's clock, or the job is given to another attempt.
    lease_expire_time: datetime


@dataclass(frozen=True)
class PageJob:
    """The job whose page is being called, for one attempt."""

    id: str
    #: 1 for the first.
    attempt: int
    #: Rises with every call of this job: the highest is the one that counts.
    fence: int
    queue: str
    kind: str
    #: When this attempt will be given up, by the server's clock.
    deadline: datetime
    #: Base address of the server's HTTP door.
    service: str
    #: Lets its bearer report on this attempt as long as that holds the job. Not to be logged.
    token: str = field(repr=False)
    payload: bytes = field(repr=False)
    content_type: str
    #: Of the request, with names in lower case.
    headers: Mapping[str, str] = field(repr=False)

    @classmethod
    def from_request(
        cls, headers: Mapping[str, str], body: bytes, *, secret: Secret, service: str | None = None
    ) -> PageJob:
        """Reads the job from a request, after its signature was checked. Raises `Refused`.

        Args:
            headers: Of the request; their names may be in any case.
            body: As it came.
            secret: ``whsec_…``, as the server has it, or several of them. `UNSIGNED` checks nothing. None, such as a
                setting that is missing, refuses every call with 500.
            service: Base address of the HTTP door, seen from the page. Default: what the server says of itself.
        """
        if secret is None:
            raise Refused(500, "this page is to check signatures, and its secret is not set")
        if len(body) > PAYLOAD_BYTES:
            raise Refused(413, f"a payload has at most {PAYLOAD_BYTES} bytes")
        given = {name.lower(): value for name, value in headers.items()}
        try:
            signed = isinstance(secret, _Unsigned) or is_signed(secret, given, body)
        except DroverError as error:
            raise Refused(500, "this page is to check signatures, and its secret is none") from error
        if not signed:
            raise Refused(401, "the signature is missing, old or wrong")
        try:
            job = cls(
                id=given["job-id"],
                attempt=int(given["job-attempt"]),
                fence=int(given["job-fence"]),
                queue=given.get("job-queue", ""),
                kind=unquote(given.get("job-kind", ""), errors="strict"),
                deadline=datetime.fromisoformat(given["job-deadline"].replace("Z", "+00:00")),
                service=service or given["job-service"],
                token=given["job-token"],
                payload=body,
                content_type=given.get("content-type", ""),
                headers=given,
            )
        except KeyError as error:
            raise Refused(400, f"{error.args[0]} is missing: the request does not come from Drover") from error
        except ValueError as error:
            raise Refused(400, f"a header of the request is wrong: {error}") from error
        # Else a signature that somebody was given for one job would do for any.
        if not isinstance(secret, _Unsigned) and given["webhook-id"] != f"{job.id}.{job.fence}":
            raise Refused(401, "the signature is that of another call")
        return job

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt, so that work can be done once however often the page is called."""
        return self.id

    def value(self) -> Any:
        """The payload: JSON as a value, other text as a string, anything else as bytes, nothing as None."""
        return decoded(self.payload, self.content_type)

    def report(self, progress: Progress | None = None) -> Reported:
        """Shows progress and renews the lease; without progress, only renews it.

        Like the calls below it raises DroverError. LEASE_LOST says that the attempt no longer holds the job: stop,
        nothing that it does counts any more.
        """
        request = messages.ReportProgressRequest()
        if progress is not None:
            shown = ProgressMessage(done=progress.done, total=progress.total, message=shortened(progress.message))
            request.progress.CopyFrom(shown)
        answer = self._calls().call("AttemptService/ReportProgress", request, messages.ReportProgressResponse)
        return Reported(answer.cancel_requested, answer.lease_expire_time.ToDatetime(timezone.utc))

    def complete(self, result: Any = None, content_type: str = "") -> Job:
        """Ends an attempt that was answered with 202, and with it the job, with success. Repeating is fine."""
        body, own_type = encoded(result, content_type)
        request = messages.CompleteAttemptRequest(result=body, content_type=own_type)
        return self._calls().call("AttemptService/CompleteAttempt", request, messages.CompleteAttemptResponse).job

    def fail(self, message: str, *, retryable: bool = True, retry_delay: timedelta | None = None) -> Job:
        """Ends such an attempt as a failure: tried again after ``retry_delay`` or the job's backoff, or never."""
        request = messages.FailAttemptRequest(message=shortened(message), retryable=retryable, retry_delay=retry_delay)
        return self._calls().call("AttemptService/FailAttempt", request, messages.FailAttemptResponse).job

    def batch(self, key: str, children: Iterable[Job], settings: Batch | None = None) -> SubmittedBatch:
        """Makes this job a master: submits any number of child jobs, and returns when the batch is sealed.

        The job then succeeds when they have. A further attempt finds its children and runs none of them again: each is
        known by its ``child_key``, or without one by what it calls with what, which takes some 150 bytes a child.

        Args:
            key: Names the batch among those of this job.
            children: From a list or a generator, read once, a thousand at a time.
            settings: What else there is to say: ``Batch(on_complete=new_job(…), failure_policy=…)``.
        """
        batch = Batch()
        if settings is not None:
            batch.CopyFrom(settings)
        batch.key = key
        return send_batch(self._calls(), batch, children, of_master=True)

    def _calls(self) -> HttpCalls:
        return HttpCalls(self.service, self.token)
