"""How a page's work becomes an HTTP answer: a result, a stream of progress, accepted, later, never, failed.

A handler takes a `PageJob`. Knows no web framework: an answer is a status, headers and pieces of a body.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

from .jobs import encoded, json_bytes
from .page import PageJob, Progress, Refused, Secret, shortened

Handler = Callable[[PageJob], Any]

#: Returned by a handler that works on, in a thread or elsewhere, and ends the job by `PageJob.complete` or `fail`.
ACCEPTED: Final = object()

_log = logging.getLogger("drover")


class Later(Exception):
    """Nothing is wrong with the job, only with the moment: it is tried again, and no attempt is used."""

    def __init__(self, message: str, delay: timedelta | None = None) -> None:
        super().__init__(message)
        self.delay = delay


class Never(Exception):
    """No further attempt would help: the job has FAILED for good."""


@dataclass(frozen=True)
class Answer:
    """To be sent as it is. Each piece of the body is flushed by itself, since somebody may watch."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    chunks: Iterable[bytes] = ()


def answer(
    handler: Handler, headers: Mapping[str, str], body: bytes, *, secret: Secret, service: str | None = None
) -> Answer:
    """Checks a request, runs the handler and says what to answer. Never raises what the handler raises.

    - What the handler returns is the job's result: JSON, or bytes as they are. `ACCEPTED` is 202, and an `Answer` is
      sent as it is.
    - A generator is a stream: each `Progress`, or str for a line of a log, that it yields reaches watchers at once;
      what it returns is the result, and never `ACCEPTED` or an `Answer`: the job fails for good. Its work is done
      while ``chunks`` is read.
    - `Later` and `Never` say that it is not for now, or not at all. Any other exception is a failure, after which the
      job is tried again; it is logged, to the logger ``drover``.

    The arguments are those of `PageJob.from_request`.
    """
    try:
        job = PageJob.from_request(headers, body, secret=secret, service=service)
    except Refused as refused:
        return _told(refused.status, str(refused))
    try:
        result: Any = handler(job)
        if isinstance(result, Generator):
            # Proxies that gather answers before they pass them on are asked not to.
            shown = {"content-type": "application/x-ndjson", "cache-control": "no-store", "x-accel-buffering": "no"}
            return Answer(200, shown, _lines(job, result))
        if isinstance(result, Answer):
            return result
        if result is ACCEPTED:
            return _told(202, "")
        content, content_type = encoded(result)
        sent = {"content-type": content_type or "application/json", "content-length": str(len(content))}
        return Answer(200, sent, [content] if content else [])
    except Later as later:
        wait = {} if later.delay is None else {"retry-after": str(math.ceil(later.delay.total_seconds()))}
        return _told(503, _message_of(later), wait)
    except Never as never:
        return _told(422, _message_of(never), {"job-retry": "no"})
    except Exception as error:
        _log.exception("the page of job %s failed", job.id)
        return _told(500, _message_of(error))


def _lines(job: PageJob, work: Generator[Progress | str, None, Any]) -> Iterator[bytes]:
    """The work, as lines of JSON. Closed, since its reader left, it closes the work: the lease is lost, or will be."""
    try:
        while True:
            try:
                news = next(work)
            except StopIteration as end:
                if end.value is ACCEPTED or isinstance(end.value, Answer):
                    raise Never("the page began a stream, and then answered with a status of its own") from None
                yield _line({"result": end.value})
                return
            yield _line({"log": shortened(news)} if isinstance(news, str) else {"progress": _shown(news)})
    except Later as later:
        seconds = 0.0 if later.delay is None else later.delay.total_seconds()
        delay = {"retryDelayMs": math.ceil(seconds * 1_000)} if seconds > 0 else {}
        yield _line({"error": {"message": _message_of(later), "busy": True, "retryable": True, **delay}})
    except Never as never:
        yield _line({"error": {"message": _message_of(never), "retryable": False}})
    except Exception as error:
        _log.exception("the page of job %s failed", job.id)
        yield _line({"error": {"message": _message_of(error), "retryable": True}})
    finally:
        work.close()


def _shown(progress: Progress) -> dict[str, Any]:
    given = {"done": progress.done, "total": progress.total, "message": shortened(progress.message) or None}
    return {name: value for name, value in given.items() if value is not None}


def _line(frame: dict[str, Any]) -> bytes:
    return json_bytes(frame) + b"\n"


def _told(status: int, message: str, more: Mapping[str, str] | None = None) -> Answer:
    body = message.encode()
    length = {"content-type": "text/plain; charset=utf-8", "content-length": str(len(body))}
    return Answer(status, {**length, **(more or {})}, [body])


def _message_of(error: Exception) -> str:
    return shortened(str(error) or type(error).__name__)
