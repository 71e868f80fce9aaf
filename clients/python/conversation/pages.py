"""The page server of a conversation: one page, whose payload says what it does, by the page helper on http.server.

Owns gates and the calls that were seen. Knows nothing of steps.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from collections.abc import Generator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any

from drover import ACCEPTED, Answer, PageJob, Progress, answer

from .generated_jobs import jobs_of


class Pages:
    """Serves ``/act`` on a free port of the loopback, while it is used in ``with``."""

    def __init__(self, secret: str) -> None:
        self._gates: defaultdict[str, threading.Event] = defaultdict(threading.Event)
        self._calls: defaultdict[str, list[PageJob]] = defaultdict(list)
        self._changed = threading.Condition()
        self._server = _Server(("127.0.0.1", 0), self._listener(secret))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Pages:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def gate(self, name: str) -> threading.Event:
        """Set: it is open, for good."""
        with self._changed:
            return self._gates[name]

    def called(self, job_id: str, call: int) -> PageJob:
        """Waits for the call of that number, from 1, for this job."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._calls[job_id]) >= call)
            return self._calls[job_id][call - 1]

    def _handle(self, job: PageJob) -> Any:
        with self._changed:
            self._calls[job.id].append(job)
            call = len(self._calls[job.id])
            self._changed.notify_all()
        given = job.value()
        body = given
        if "batch" in given:
            given = given["input"]
        if given["act"] == "turns":
            given = given["turns"][min(call, len(given["turns"])) - 1]
        return getattr(self, f"_act_{given['act']}")(job, given, body)

    def _act_answer(self, job: PageJob, given: dict[str, Any], body: Any) -> Answer:
        self._pass(given)
        return _answered(given)

    def _act_job(self, job: PageJob, given: dict[str, Any], body: Any) -> Any:
        return {"id": job.id, "attempt": job.attempt, "queue": job.queue, "kind": job.kind}

    def _act_counts(self, job: PageJob, given: dict[str, Any], body: Any) -> Any:
        return {name: body["batch"][name] for name in ("key", "state", "counts")}

    def _act_progress(self, job: PageJob, given: dict[str, Any], body: Any) -> Generator[Progress, None, Any]:
        for report in given.get("reports", ()):
            yield _progress(report)
            self._pass(report)
        return given.get("body", {})

    def _act_accept(self, job: PageJob, given: dict[str, Any], body: Any) -> Any:
        threading.Thread(target=self._work_on, args=(job, given), daemon=True).start()
        return ACCEPTED

    def _act_children(self, job: PageJob, given: dict[str, Any], body: Any) -> Answer:
        job.batch(given["key"], jobs_of(given["job"], given["count"]))
        return _answered(given)

    def _work_on(self, job: PageJob, given: dict[str, Any]) -> None:
        for report in given.get("reports", ()):
            job.report(_progress(report))
        self._pass(given)
        if given["then"] == "complete":
            job.complete(given.get("body", {}))
        elif given["then"] == "fail":
            job.fail(given["message"], retryable=False)

    def _pass(self, given: dict[str, Any]) -> None:
        if "gate" in given:
            self.gate(given["gate"]).wait()

    def _listener(self, secret: str) -> type[BaseHTTPRequestHandler]:
        handle = self._handle

        class Listener(BaseHTTPRequestHandler):
            """One connection."""

            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_POST(self) -> None:
                """One call."""
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                answered = answer(handle, dict(self.headers.items()), body, secret=secret)
                self.send_response(answered.status)
                for name, value in answered.headers.items():
                    self.send_header(name, value)
                if "content-length" not in answered.headers:
                    self.send_header("connection", "close")
                self.end_headers()
                for chunk in answered.chunks:
                    self.wfile.write(chunk)

            def log_message(self, format: str, *args: Any) -> None:
                """Calls are no news."""

        return Listener


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    #: A server calls up to a hundred pages at the same time.
    request_queue_size = 256


def _progress(report: dict[str, Any]) -> Progress:
    return Progress(report.get("done"), report.get("total"), report.get("message", ""))


def _answered(given: dict[str, Any]) -> Answer:
    body = given.get("body", {})
    is_text = isinstance(body, str)
    content = (body if is_text else json.dumps(body)).encode()
    own = {"content-type": "text/plain" if is_text else "application/json", "content-length": str(len(content))}
    return Answer(given.get("status", 200), {**own, **given.get("headers", {})}, [content])
