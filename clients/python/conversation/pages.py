"""The page server of a conversation: one page, whose payload says what it does, by the page helper on wsgiref.

Owns gates and the calls that were seen. Knows nothing of steps.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Generator
from functools import partial
from socketserver import ThreadingMixIn
from types import TracebackType
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from drover import Answer, Attempt, Batch, Client, Progress, wsgi
from drover.v1.attempt_service_pb2 import CompleteAttemptRequest, FailAttemptRequest, ReportProgressRequest

from .generated_jobs import jobs_of


class Pages:
    """Serves ``/act`` on a free port of the loopback, while it is used in ``with``."""

    def __init__(self, client: Client, secret: str) -> None:
        self._client = client
        self._gates: defaultdict[str, threading.Event] = defaultdict(threading.Event)
        self._calls: defaultdict[str, list[Attempt]] = defaultdict(list)
        self._changed = threading.Condition()
        self._server = make_server("127.0.0.1", 0, wsgi(self._page, secrets=secret), _Server, _Listener)
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Pages:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        # Work that still waits, as when a step failed, would keep the process.
        with self._changed:
            for gate in self._gates.values():
                gate.set()

    def gate(self, name: str) -> threading.Event:
        """Set: it is open, for good."""
        with self._changed:
            return self._gates[name]

    def called(self, job_id: str, call: int) -> Attempt:
        """Waits for the call of that number, from 1, for this job."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._calls[job_id]) >= call)
            return self._calls[job_id][call - 1]

    def _page(self, attempt: Attempt) -> Any:
        with self._changed:
            self._calls[attempt.job_id].append(attempt)
            call = len(self._calls[attempt.job_id])
            self._changed.notify_all()
        given = attempt.json()
        body = given
        if "batch" in given:
            given = given["input"]
        if given["act"] == "turns":
            given = given["turns"][min(call, len(given["turns"])) - 1]
        return getattr(self, f"_act_{given['act']}")(attempt, given, body)

    def _act_answer(self, attempt: Attempt, given: dict[str, Any], body: Any) -> Answer:
        self._pass(given)
        return _answered(given)

    def _act_job(self, attempt: Attempt, given: dict[str, Any], body: Any) -> Any:
        return {"id": attempt.job_id, "attempt": attempt.number, "queue": attempt.queue, "kind": attempt.kind}

    def _act_counts(self, attempt: Attempt, given: dict[str, Any], body: Any) -> Any:
        return {name: body["batch"][name] for name in ("key", "state", "counts")}

    def _act_progress(self, attempt: Attempt, given: dict[str, Any], body: Any) -> Generator[Progress, None, Any]:
        for report in given.get("reports", ()):
            yield _progress(report)
            self._pass(report)
        return given.get("body", {})

    def _act_accept(self, attempt: Attempt, given: dict[str, Any], body: Any) -> Answer:
        return Answer(202, after=partial(self._work_on, attempt, given))

    def _act_children(self, attempt: Attempt, given: dict[str, Any], body: Any) -> Answer:
        self._client.children(attempt, Batch(key=given["key"]), jobs_of(given["job"], given["count"]))
        return _answered(given)

    def _work_on(self, attempt: Attempt, given: dict[str, Any]) -> None:
        own = self._client.attempts
        for report in given.get("reports", ()):
            own.ReportProgress(ReportProgressRequest(progress=_progress(report)), metadata=attempt.metadata)
        self._pass(given)
        if given["then"] == "complete":
            result = json.dumps(given.get("body", {})).encode()
            own.CompleteAttempt(CompleteAttemptRequest(result=result), metadata=attempt.metadata)
        elif given["then"] == "fail":
            own.FailAttempt(FailAttemptRequest(message=given["message"]), metadata=attempt.metadata)

    def _pass(self, given: dict[str, Any]) -> None:
        if "gate" in given:
            self.gate(given["gate"]).wait()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    #: A server calls up to a hundred pages at the same time.
    request_queue_size = 256


class _Listener(WSGIRequestHandler):
    disable_nagle_algorithm = True

    def log_message(self, format: str, *args: Any) -> None:
        """Calls are no news."""


def _progress(report: dict[str, Any]) -> Progress:
    return Progress(done=report.get("done"), total=report.get("total"), message=report.get("message"))


def _answered(given: dict[str, Any]) -> Answer:
    body = given.get("body", {})
    is_text = isinstance(body, str)
    own = {"content-type": "text/plain" if is_text else "application/json"}
    content = (body if is_text else json.dumps(body)).encode()
    return Answer(given.get("status", 200), {**own, **given.get("headers", {})}, content)
