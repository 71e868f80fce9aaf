"""Who may call a page, the attempt that a request is, and what becomes of what a page function does."""

import base64
import hashlib
import hmac
import http.client
import json
import threading
import unittest
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any
from unittest import mock
from wsgiref.simple_server import WSGIRequestHandler, make_server
from wsgiref.validate import validator

from drover import Answer, Attempt, Later, Never, Progress, is_signed, wsgi

BODY = b'{"userid": 7}'
TIME = 1769860800
SECRET, OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "whsec_b3RoZXI="
HEADERS = {
    "job-id": "stats-7",
    "job-attempt": "2",
    "job-fence": "3",
    "job-queue": "default",
    "job-kind": "a%20bill",
    "job-deadline": "2026-01-31T12:00:00.000Z",
    "job-token": "a.token",
    "webhook-id": "stats-7.3",
    "webhook-timestamp": str(TIME),
    # By the library of Standard Webhooks for Node.
    "webhook-signature": "v1,FYqAqSj3qh9SiKdGq/58zS9svccvTsXQLjCSgu3OUUk=",
}


class Signature(unittest.TestCase):
    def setUp(self) -> None:
        self.clock = self.enterContext(mock.patch("time.time", return_value=TIME))

    def test_one_of_several_secrets_and_signatures_is_enough(self) -> None:
        several = {**HEADERS, "webhook-signature": f"v1,AAAA v2,x {HEADERS['webhook-signature']}"}
        self.assertTrue(is_signed(SECRET, HEADERS, BODY))
        self.assertTrue(is_signed([OTHER, SECRET], several, BODY))
        self.assertFalse(is_signed(OTHER, several, BODY))

    def test_a_secret_may_come_without_padding(self) -> None:
        signature = hmac.digest(b"other", b"stats-7.3.%d." % TIME + BODY, hashlib.sha256)
        headers = {**HEADERS, "webhook-signature": "v1," + base64.b64encode(signature).decode()}
        for secret in (OTHER, OTHER.rstrip("=")):
            self.assertTrue(is_signed(secret, headers, BODY))

    def test_what_was_changed_or_is_that_of_another_job_is_refused(self) -> None:
        self.assertFalse(is_signed(SECRET, HEADERS, BODY + b" "))
        for name in ("job-id", "job-fence", "webhook-id", "webhook-timestamp", "webhook-signature"):
            for wrong in ({**HEADERS, name: HEADERS[name] + "1"}, {**HEADERS, name: "ü\udcff"}, {**HEADERS, name: ""}):
                self.assertFalse(is_signed(SECRET, wrong, BODY), wrong)
            self.assertFalse(is_signed(SECRET, {key: text for key, text in HEADERS.items() if key != name}, BODY))
        self.assertFalse(is_signed(SECRET, {}, BODY))

    def test_five_minutes_and_no_more(self) -> None:
        for seconds, fresh in ((300, True), (-300, True), (301, False), (-301, False)):
            self.clock.return_value = TIME + seconds
            self.assertEqual(is_signed(SECRET, HEADERS, BODY), fresh)

    def test_a_secret_that_is_none_makes_no_page_and_lets_nobody_in(self) -> None:
        for secrets in (None, "", [], "whsec_", SECRET[6:], "whsec_???", "whsec_ü", "whsec_abcde", [SECRET, ""]):
            with self.subTest(secrets=secrets), self.assertRaises(ValueError):
                wsgi(lambda attempt: None, secrets=secrets)
        with self.assertRaises(ValueError):
            wsgi(lambda attempt: None, secrets=SECRET, unsigned=True)
        self.assertFalse(is_signed([], HEADERS, BODY))


class Reading(unittest.TestCase):
    def test_all_that_the_headers_tell(self) -> None:
        attempt = Attempt.from_request(HEADERS, BODY)
        self.assertEqual((attempt.job_id, attempt.number, attempt.fence), ("stats-7", 2, 3))
        self.assertEqual((attempt.queue, attempt.kind), ("default", "a bill"))
        self.assertEqual(attempt.deadline, datetime(2026, 1, 31, 12, tzinfo=UTC))
        self.assertEqual(attempt.metadata, (("authorization", "Bearer a.token"),))
        self.assertEqual((attempt.json(), attempt.headers["webhook-id"]), ({"userid": 7}, "stats-7.3"))
        self.assertNotIn("a.token", repr(attempt))

    def test_a_kind_may_be_absent_and_nothing_else(self) -> None:
        for name in ("job-id", "job-attempt", "job-fence", "job-queue", "job-deadline", "job-token"):
            with self.assertRaisesRegex(ValueError, name):
                Attempt.from_request({key: text for key, text in HEADERS.items() if key != name}, BODY)
        for name, text in (("job-attempt", "one"), ("job-deadline", "soon"), ("job-kind", "%ff")):
            with self.assertRaisesRegex(ValueError, name):
                Attempt.from_request({**HEADERS, name: text}, BODY)
        self.assertEqual(
            Attempt.from_request({key: text for key, text in HEADERS.items() if key != "job-kind"}, BODY).kind, ""
        )


class Listener(WSGIRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:
        pass


@contextmanager
def served(page: Callable[[Attempt], Any], **who: Any) -> Iterator[int]:
    """The port of a server with this page, which also looks whether all of it is WSGI."""
    application = validator(wsgi(page, **(who or {"unsigned": True})))
    with make_server("127.0.0.1", 0, application, handler_class=Listener) as server:
        thread = threading.Thread(target=server.serve_forever, args=[0.01])
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def post(port: int, body: bytes = BODY, headers: dict[str, str] = HEADERS) -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("POST", "/stats", body, {"content-type": "application/json", **headers})
    return connection.getresponse()


def answered(page: Callable[[Attempt], Any]) -> tuple[int, dict[str, str], bytes]:
    with served(page) as port, post(port) as response:
        return response.status, {name.lower(): text for name, text in response.getheaders()}, response.read()


def lines(page: Callable[[Attempt], Any]) -> list[Any]:
    status, headers, body = answered(page)
    assert (status, headers["content-type"]) == (200, "application/x-ndjson")
    return [json.loads(line) for line in body.splitlines()]


def asked(page: Callable[[Attempt], Any], length: str = "0") -> tuple[int, Any]:
    """The status and the body of the application itself, asked with this length and nothing to read."""
    said: list[str] = []
    environ = {f"HTTP_{name.upper().replace('-', '_')}": text for name, text in HEADERS.items()}
    environ |= {"CONTENT_LENGTH": length, "wsgi.input": BytesIO()}
    body = wsgi(page, unsigned=True)(environ, lambda status, headers: said.append(status))
    return int(said[0].split()[0]), body


def raising(error: Exception) -> Callable[[Attempt], Any]:
    return mock.Mock(side_effect=error)


def yielding(*news: Any, then: Any = None) -> Callable[[Attempt], Any]:
    def page(attempt: Attempt) -> Generator[Any, None, Any]:
        yield from news
        if isinstance(then, Exception):
            raise then
        return then

    return page


class Answers(unittest.TestCase):
    def test_results(self) -> None:
        for page in (lambda attempt: attempt.json(), yielding(then={"userid": 7})):
            status, headers, body = answered(page)
            self.assertEqual((status, headers["content-type"]), (200, "application/json"))
            self.assertEqual((json.loads(body), headers["content-length"]), ({"userid": 7}, str(len(body))))
        status, headers, body = answered(lambda attempt: None)
        self.assertEqual((status, "content-length" in headers, body), (204, False, b""))

    def test_an_answer_of_ones_own(self) -> None:
        for sent in (b"no", iter([b"n", b"o"])):
            answer = Answer(409, {"content-type": "text/x-why"}, sent)
            status, headers, body = answered(lambda attempt, answer=answer: answer)
            self.assertEqual((status, headers["content-type"], body), (409, "text/x-why", b"no"))

    def test_failures(self) -> None:
        status, headers, body = answered(raising(Later("no paper", timedelta(seconds=1.2))))
        self.assertEqual((status, headers["retry-after"], body), (503, "2", b"no paper"))
        self.assertNotIn("retry-after", answered(raising(Later("no paper")))[1])
        self.assertEqual(answered(yielding(then=Later("no paper")))[0], 503)
        status, headers, body = answered(raising(Never("no such user")))
        self.assertEqual((status, body), (422, b"no such user"))
        for page, told in ((raising(OSError("disk\udcff")), b"disk?"), (raising(OSError()), b"OSError")):
            with self.assertLogs("drover", "ERROR"):
                self.assertEqual(answered(page)[::2], (500, told))
        with self.assertLogs("drover", "ERROR"):
            self.assertEqual(len(answered(raising(OSError("x" * 2_000)))[2]), 1_024)
        for result in (float("nan"), {1, 2}, "x" * 2**18):
            self.assertEqual(answered(lambda attempt, result=result: result)[0], 422)

    def test_who_is_refused_never_reaches_the_page(self) -> None:
        page = mock.Mock(return_value=None)
        with served(page, secrets=SECRET) as port, mock.patch("time.time", return_value=TIME):
            self.assertEqual(post(port).status, 204)
            self.assertEqual(post(port, b"{}").status, 401)
            self.assertEqual(post(port, headers={}).status, 401)
        with served(page) as port:
            self.assertEqual(post(port, headers={}).status, 400)
            self.assertEqual(post(port, b"x" * 2**18).status, 204)
        for length in (str(2**18 + 1), "9" * 5_000, "-1", "ten"):
            self.assertEqual(asked(page, length)[0], 413)
        with served(page) as port:
            pieces = {**HEADERS, "transfer-encoding": "chunked"}
            self.assertEqual(post(port, b"2\r\n{}\r\n0\r\n\r\n", pieces).status, 413)
        self.assertEqual(page.call_count, 2)
        self.assertEqual(page.call_args.args[0].headers["content-type"], "application/json")

    def test_what_comes_after_a_202_begins_when_it_was_sent(self) -> None:
        answer_was_read, began = threading.Event(), threading.Event()

        def work() -> None:
            if answer_was_read.wait(10):
                began.set()

        with served(lambda attempt: Answer(202, {"content-type": "text/plain"}, after=work)) as port:
            response = post(port)
            self.assertEqual((response.status, response.read()), (202, b""))
            answer_was_read.set()
            self.assertTrue(began.wait(10))
        began.clear()
        status, body = asked(lambda attempt: Answer(202, after=work))
        self.assertEqual((status, b"".join(body), began.is_set()), (202, b"", False))
        body.close()
        self.assertTrue(began.wait(10))

    def test_what_comes_after_a_202_does_not_begin_when_it_was_not_sent(self) -> None:
        work = mock.Mock()
        status, body = asked(lambda attempt: Answer(202, after=work))
        next(iter(body))
        with mock.patch("drover.page.Thread") as thread:
            body.close()
        self.assertEqual((status, thread.called), (202, False))


class Streams(unittest.TestCase):
    def test_progress_and_lines_of_a_log_and_the_result(self) -> None:
        got = lines(yielding(Progress(done=1, total=3), "reading", "x" * 2_000, "a\udcff", then={"rows": 3}))
        first = {"progress": {"done": 1, "total": 3, "message": ""}}
        self.assertEqual(got, [first, {"log": "reading"}, {"log": "x" * 1_024}, {"log": "a?"}, {"result": {"rows": 3}}])
        self.assertEqual(lines(yielding(Progress(message="x" * 2_000)))[0], {"progress": {"message": "x" * 1_024}})

    def test_failures(self) -> None:
        def last(error: Any) -> Any:
            return lines(yielding("reading", then=error))[-1]["error"]

        busy = {"message": "no paper", "busy": True, "retryable": True}
        self.assertEqual(last(Later("no paper", timedelta(seconds=1.5))), {**busy, "retryDelayMs": 1_500})
        self.assertEqual(last(Later("no paper", timedelta(seconds=-5))), busy)
        self.assertEqual(last(Never("no such user")), {"message": "no such user", "retryable": False})
        with self.assertLogs("drover", "ERROR"):
            self.assertEqual(last(OSError("disk full")), {"message": "disk full", "retryable": True})
        for result, why in ((Answer(202), "not JSON serializable"), ("x" * 2**18, "more than 262144 bytes")):
            told = lines(yielding("reading", then=result))[-1]["error"]
            self.assertFalse(told["retryable"])
            self.assertIn(why, told["message"])
        with self.assertLogs("drover", "ERROR"):
            told = lines(yielding("reading", Progress(done=float("nan"))))[-1]["error"]
        self.assertTrue(told["retryable"])

    def test_each_line_is_sent_at_once_and_a_reader_that_leaves_closes_the_work(self) -> None:
        read, closed = threading.Event(), threading.Event()

        def page(attempt: Attempt) -> Generator[Progress | str, None, None]:
            try:
                yield Progress(done=1)
                read.wait(10)
                while True:
                    yield "x" * 1_000
            finally:
                closed.set()

        with self.assertNoLogs("drover"), mock.patch("sys.stderr"), served(page) as port:
            with post(port) as response:
                self.assertEqual(json.loads(response.readline()), {"progress": {"done": 1, "message": ""}})
            read.set()
            self.assertTrue(closed.wait(10))


if __name__ == "__main__":
    unittest.main()
