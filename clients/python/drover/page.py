"""For pages: who calls and for which attempt, and how what a page function does becomes an HTTP answer, for WSGI.

Owns the headers of a call, its signature and the answer, as ``docs/endpoint-contract.md`` tells them. Makes no call:
what a page tells Drover beside its answer goes through the app's own `Client`, with ``attempt.metadata``.
"""

import base64
import hmac
import json
import logging
import math
import re
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http.client import responses
from threading import Thread
from typing import TYPE_CHECKING, Any, Self, TypeVar
from urllib.parse import unquote

from .v1.attempt_pb2 import Progress

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_T = TypeVar("_T")
#: A payload has at most so many bytes, and a result: a request that brings more is not from Drover.
_PAYLOAD_BYTES = 256 * 1024
#: How old or new a signature may be, in seconds: what Standard Webhooks recommends.
_TOLERANCE = 300
_log = logging.getLogger("drover")


class Later(Exception):
    """Only the moment is wrong: the job is tried again after ``delay``, or its backoff, and no attempt is used."""

    def __init__(self, message: str, delay: timedelta = timedelta(0)) -> None:
        super().__init__(message)
        self.seconds = max(0.0, delay.total_seconds())


class Never(Exception):
    """No further attempt would help: the job has FAILED for good."""


@dataclass(frozen=True)
class Answer:
    """Sent as it is. ``after`` is called in a thread of its own when the answer was sent: for work after a 202.

    That work tells and ends by `Client.attempts`, with ``attempt.metadata``: an exception tells Drover nothing. Nothing
    here renews its lease: it reports at least once in a lease, 30 s by default, and stops at the reason LEASE_LOST.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | Iterator[bytes] = b""
    after: Callable[[], object] | None = None


@dataclass(frozen=True)
class Attempt:
    """One attempt to do a job, for which the page is called. Its number is from 1; a higher fence is a later call.

    ``token`` lets its bearer act for the attempt as long as that holds the job. ``deadline`` is by the server's clock.
    """

    job_id: str
    number: int
    fence: int
    queue: str
    kind: str
    deadline: datetime
    token: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    payload: bytes = field(repr=False)

    @classmethod
    def from_request(cls, headers: Mapping[str, str], payload: bytes) -> Self:
        """Of headers whose names are in lower case. ValueError names the one that is missing or wrong."""

        def read(name: str, parsed: Callable[[str], _T]) -> _T:
            try:
                return parsed(headers[name])
            except (KeyError, ValueError) as error:
                raise ValueError(f"the header {name} is missing or wrong: {error}") from error

        return cls(
            job_id=read("job-id", str),
            number=read("job-attempt", int),
            fence=read("job-fence", int),
            queue=read("job-queue", str),
            # Absent if empty.
            kind=read("job-kind", lambda text: unquote(text, errors="strict")) if "job-kind" in headers else "",
            deadline=read("job-deadline", datetime.fromisoformat),
            token=read("job-token", str),
            headers=headers,
            payload=payload,
        )

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """For any method of a stub: ``client.attempts.ReportProgress(request, metadata=attempt.metadata)``."""
        return (("authorization", f"Bearer {self.token}"),)

    def json(self) -> Any:
        """The payload as the value that it is in JSON. ValueError if it is none."""
        return json.loads(self.payload)


#: Returns the job's result, a JSON value or None, or an `Answer`; a generator yields progress and lines of a log first.
Page = Callable[[Attempt], Any | Generator[Progress | str, None, Any]]


def wsgi(page: Page, *, secrets: str | Sequence[str] = (), unsigned: bool = False) -> "WSGIApplication":
    """The page as a WSGI application, for any path and method.

    An exception is a failure, after which the job is tried again, unless it is `Later` or `Never`. Once a generator has
    yielded, the answer is a stream: each line is sent at once, and a connection that Drover closes, as after a cancel,
    closes the generator where it stands. A page may be called by several threads, and more than once for a job.

    Args:
        page: What does the job.
        secrets: ``whsec_…``, as the server has it; several while one is replaced. ValueError for what is none.
        unsigned: Instead of secrets: whoever reaches the page may call it.
    """
    if unsigned == bool(secrets and _keys(secrets)):
        raise ValueError("secrets: give what the server signs with, or say that the page is unsigned, and not both")

    def application(environ: "WSGIEnvironment", start_response: "StartResponse") -> _Sent:
        answer = called(environ)
        headers = dict(answer.headers)
        if isinstance(answer.body, bytes) and answer.status != 204:
            headers["content-length"] = str(len(answer.body))
        start_response(f"{answer.status} {responses.get(answer.status, 'Other')}", list(headers.items()))
        return _Sent(answer)

    def called(environ: "WSGIEnvironment") -> Answer:
        headers = {name[5:].replace("_", "-").lower(): text for name, text in environ.items() if name[:5] == "HTTP_"}
        headers["content-type"] = environ.get("CONTENT_TYPE", "")
        # A body in pieces would have no length, and be taken for none.
        length = environ.get("CONTENT_LENGTH") or ("unknown" if "transfer-encoding" in headers else "0")
        if not re.fullmatch("[0-9]{1,6}", length) or int(length) > _PAYLOAD_BYTES:
            return _refused(413, f"a payload has a length, and at most {_PAYLOAD_BYTES} bytes")
        payload = environ["wsgi.input"].read(int(length))
        if not unsigned and not is_signed(secrets, headers, payload):
            return _refused(401, "the signature is missing, old or wrong")
        try:
            attempt = Attempt.from_request(headers, payload)
        except ValueError as error:
            return _refused(400, str(error))
        return _answered(page, attempt)

    return application


def is_signed(secrets: str | Sequence[str], headers: Mapping[str, str], body: bytes) -> bool:
    """Whether one of the secrets signed this call, at most five minutes from now. Names of headers in lower case."""
    message_id, seconds = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    # Else a signature that somebody was given for one job would do for any.
    is_own = message_id == f"{headers.get('job-id')}.{headers.get('job-fence')}"
    if not is_own or not re.fullmatch("[0-9]{1,15}", seconds) or abs(time.time() - int(seconds)) > _TOLERANCE:
        return False
    # Frameworks make surrogates of bytes that are no text.
    signed = f"{message_id}.{seconds}.".encode(errors="surrogatepass") + body
    expected = [b"v1," + base64.b64encode(hmac.digest(key, signed, "sha256")) for key in _keys(secrets)]
    given = headers.get("webhook-signature", "").encode(errors="surrogatepass").split(b" ")
    return any(hmac.compare_digest(one, other) for one in expected for other in given)


def _keys(secrets: str | Sequence[str]) -> list[bytes]:
    texts = [secrets] if isinstance(secrets, str) else secrets
    if not all(re.fullmatch("whsec_[A-Za-z0-9+/]{2,}={0,2}", text) for text in texts):
        raise ValueError("secrets: must be whsec_ and base64")
    encoded = [text.removeprefix("whsec_").rstrip("=") for text in texts]
    return [base64.b64decode(text + "=" * (-len(text) % 4)) for text in encoded]


class _Sent:
    """The body of an answer; WSGI calls close when it was sent, or its reader has left."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer
        self._is_whole = False

    def __iter__(self) -> Iterator[bytes]:
        body = self._answer.body
        yield from [body] if isinstance(body, bytes) else body
        # Asked for more, so all of it was taken.
        self._is_whole = True

    def close(self) -> None:
        if isinstance(self._answer.body, Generator):
            self._answer.body.close()
        if self._answer.after is not None and self._is_whole:
            Thread(target=self._answer.after).start()


def _answered(page: Page, attempt: Attempt) -> Answer:
    try:
        result = page(attempt)
        if isinstance(result, Generator):
            try:
                first = next(result)
            except StopIteration as end:
                result = end.value
            else:
                # A proxy that gathers answers before it passes them on is asked not to.
                shown = {"content-type": "application/x-ndjson", "x-accel-buffering": "no"}
                return Answer(200, shown, _lines(attempt, first, result))
        if isinstance(result, Answer):
            return result
        return Answer(204) if result is None else Answer(200, {"content-type": "application/json"}, _result(result))
    except Later as later:
        # 0 would be at once.
        return _refused(503, str(later), {"retry-after": str(math.ceil(later.seconds))} if later.seconds else {})
    except Never as never:
        return _refused(422, str(never))
    except Exception as error:
        _log.exception("the page of job %s failed", attempt.job_id)
        return _refused(500, str(error) or type(error).__name__)


def _lines(attempt: Attempt, first: Progress | str, work: Generator[Progress | str, None, Any]) -> Iterator[bytes]:
    def frames() -> Generator[Progress | str | dict[str, Any], None, None]:
        yield first
        result = yield from work
        _result(result)
        yield {"result": result}

    try:
        # A reader that leaves closes this, and with it the work.
        with closing(frames()) as news:
            yield from map(_line, news)
    except Later as later:
        delay = {"retryDelayMs": math.ceil(later.seconds * 1_000)} if later.seconds else {}
        yield _line({"error": {"message": _cut(str(later)), "retryable": True, "busy": True, **delay}})
    except Never as never:
        yield _line({"error": {"message": _cut(str(never)), "retryable": False}})
    except Exception as error:
        _log.exception("the page of job %s failed", attempt.job_id)
        yield _line({"error": {"message": _cut(str(error) or type(error).__name__), "retryable": True}})


def _line(news: Progress | str | dict[str, Any]) -> bytes:
    if isinstance(news, Progress):
        counts = {name: getattr(news, name) for name in ("done", "total") if news.HasField(name)}
        news = {"progress": {**counts, "message": _cut(news.message)}}
    if isinstance(news, str):
        news = {"log": _cut(news)}
    return _json(news) + b"\n"


def _result(value: Any) -> bytes:
    """Never for what is no result: no further attempt would make another."""
    try:
        body = _json(value)
    except (TypeError, ValueError) as error:
        raise Never(f"the result is no JSON: {error}") from error
    if len(body) > _PAYLOAD_BYTES:
        raise Never(f"the result has more than {_PAYLOAD_BYTES} bytes")
    return body


def _refused(status: int, message: str, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, {"content-type": "text/plain; charset=utf-8", **(headers or {})}, _cut(message).encode())


def _json(value: Any) -> bytes:
    """TypeError or ValueError for what JSON cannot hold, NaN among it."""
    return json.dumps(value, allow_nan=False).encode()


def _cut(message: str) -> str:
    """As much as the server takes, and without half characters, as names of files may have."""
    return message[:1_024].encode(errors="replace").decode()
