"""What the work of a page becomes: each ending as an answer, streams as lines, and all of it as WSGI."""

import http.client
import json
import threading
import unittest
from collections.abc import Generator
from datetime import timedelta
from io import BytesIO
from typing import Any
from wsgiref.util import setup_testing_defaults
from wsgiref.validate import validator

from drover import ACCEPTED, Answer, DroverError, Later, Never, PageJob, Progress, answer, page_server, wsgi

from .fake_server import SECRET, signed

BODY = b'{"userid": 7}'


def answered(handler: Any, body: bytes = BODY, secret: object = SECRET) -> Answer:
    return answer(handler, signed(body), body, secret=secret)


def raising(error: Exception) -> Any:
    def handler(job: PageJob) -> None:
        raise error

    return handler


def yielding(*news: Any, then: Any = None) -> Any:
    def handler(job: PageJob) -> Generator[Any, None, Any]:
        yield from news
        if isinstance(then, Exception):
            raise then
        return then

    return handler


def lines(handler: Any) -> list[Any]:
    stream = answered(handler)
    assert (stream.status, stream.headers["content-type"]) == (200, "application/x-ndjson")
    return [json.loads(chunk) for chunk in stream.chunks]


class Answers(unittest.TestCase):
    def test_results(self) -> None:
        for result, sent, content_type in (
            ({"rows": 3}, b'{"rows":3}', "application/json"),
            (b"\xff", b"\xff", "application/octet-stream"),
            (None, b"", "application/json"),
        ):
            with self.subTest(result=result):
                got = answered(lambda job, result=result: result)
                self.assertEqual((got.status, b"".join(got.chunks)), (200, sent))
                self.assertEqual(got.headers["content-type"], content_type)
                self.assertEqual(got.headers["content-length"], str(len(sent)))

    def test_the_handler_gets_the_job(self) -> None:
        got = answered(lambda job: {"user": job.value()["userid"], "attempt": job.attempt})
        self.assertEqual(json.loads(b"".join(got.chunks)), {"user": 7, "attempt": 2})

    def test_accepted_and_own_answers(self) -> None:
        self.assertEqual(answered(lambda job: ACCEPTED).status, 202)
        self.assertEqual(answered(lambda job: Answer(409)).status, 409)

    def test_words(self) -> None:
        later = answered(raising(Later("no paper", timedelta(seconds=1.2))))
        self.assertEqual((later.status, later.headers["retry-after"]), (503, "2"))
        self.assertNotIn("retry-after", answered(raising(Later("no paper"))).headers)
        never = answered(raising(Never("no such user")))
        self.assertEqual((never.status, never.headers["job-retry"]), (422, "no"))
        self.assertEqual(b"".join(never.chunks), b"no such user")
        with self.assertLogs("drover", "ERROR"):
            failed = answered(raising(OSError("disk full")))
        self.assertEqual((failed.status, b"".join(failed.chunks)), (500, b"disk full"))

    def test_a_result_that_is_no_json_is_a_failure(self) -> None:
        with self.assertLogs("drover", "ERROR"):
            self.assertEqual(answered(lambda job: {1, 2}).status, 500)
        with self.assertLogs("drover", "ERROR"):
            self.assertIn("error", lines(yielding(then={1, 2}))[0])

    def test_requests_that_are_refused_never_reach_the_handler(self) -> None:
        def handler(job: PageJob) -> None:
            self.fail("called")

        self.assertEqual(answer(handler, signed(BODY), b"other", secret=SECRET).status, 401)
        self.assertEqual(answered(handler, secret=None).status, 500)


class Streams(unittest.TestCase):
    def test_progress_and_logs_as_lines(self) -> None:
        got = lines(yielding(Progress(1, 3), "reading", Progress(message="nearly"), then={"rows": 3}))
        self.assertEqual(
            got,
            [
                {"progress": {"done": 1, "total": 3}},
                {"log": "reading"},
                {"progress": {"message": "nearly"}},
                {"result": {"rows": 3}},
            ],
        )

    def test_words(self) -> None:
        later = lines(yielding(then=Later("no paper", timedelta(seconds=1.5))))[-1]["error"]
        self.assertEqual(later, {"message": "no paper", "busy": True, "retryable": True, "retryDelayMs": 1_500})
        never = lines(yielding(Progress(1), then=Never("no such user")))[-1]["error"]
        self.assertEqual(never, {"message": "no such user", "retryable": False})
        with self.assertLogs("drover", "ERROR"):
            failed = lines(yielding(then=OSError("disk full")))[-1]["error"]
        self.assertEqual(failed, {"message": "disk full", "retryable": True})

    def test_what_the_server_would_refuse_is_made_fit(self) -> None:
        # Half a pair, as the names of some files have; more than a message; a time that has passed.
        late = Later("soon", timedelta(seconds=-5))
        shown = lines(yielding("a\udcff", "x" * 2_000, Progress(message="b\udcff"), then=late))
        self.assertEqual(shown[0], {"log": "a"})
        self.assertEqual(len(shown[1]["log"]), 1_024)
        self.assertEqual(shown[2], {"progress": {"message": "b"}})
        self.assertEqual(shown[3], {"error": {"message": "soon", "busy": True, "retryable": True}})

    def test_a_secret_that_is_none_is_the_pages_fault(self) -> None:
        self.assertEqual(answered(lambda job: None, secret="whsec_?").status, 500)

    def test_a_stream_cannot_end_with_a_status_of_its_own(self) -> None:
        for end in (ACCEPTED, Answer(204)):
            with self.subTest(end=end):
                shown, last = lines(yielding(Progress(1), then=end))
                self.assertEqual(shown, {"progress": {"done": 1}})
                self.assertIs(last["error"]["retryable"], False)
                self.assertIn("status of its own", last["error"]["message"])

    def test_each_line_is_made_when_it_is_read(self) -> None:
        steps: list[str] = []

        def handler(job: PageJob) -> Generator[Progress, None, None]:
            try:
                steps.append("first")
                yield Progress(1)
                steps.append("second")
                yield Progress(2)
            finally:
                steps.append("closed")

        chunks = iter(answered(handler).chunks)
        self.assertEqual(steps, [])
        next(chunks)
        self.assertEqual(steps, ["first"])
        chunks.close()
        self.assertEqual(steps, ["first", "closed"])

    def test_progress_that_is_none(self) -> None:
        for done in (-1, float("nan"), float("inf")):
            with self.subTest(done=done), self.assertRaises(DroverError):
                Progress(done)


class Wsgi(unittest.TestCase):
    def test_what_it_says_is_wsgi(self) -> None:
        handlers = [yielding(Progress(1)), lambda job: {"rows": 3}, lambda job: ACCEPTED, raising(Never("no"))]
        for handler in handlers:
            environ = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in signed(BODY).items()}
            environ |= {"REQUEST_METHOD": "POST", "PATH_INFO": "/page", "SCRIPT_NAME": "", "wsgi.input": BytesIO(BODY)}
            environ |= {
                "QUERY_STRING": "",
                "CONTENT_LENGTH": str(len(BODY)),
                "CONTENT_TYPE": environ.pop("HTTP_CONTENT_TYPE"),
            }
            setup_testing_defaults(environ)
            said: list[str] = []

            def start_response(status: str, headers: object, error: object = None, said: list[str] = said) -> object:
                said.append(status)
                return lambda written: None

            chunks = validator(wsgi({"/page": handler}, secret=SECRET))(environ, start_response)
            list(chunks)
            chunks.close()
            self.assertEqual(len(said), 1)

    def test_a_length_that_is_none_is_refused_and_nothing_is_read(self) -> None:
        def said_to(length: str | None, body: Any) -> str:
            environ: dict[str, Any] = {"REQUEST_METHOD": "POST", "PATH_INFO": "/page", "wsgi.input": body}
            if length is not None:
                environ["CONTENT_LENGTH"] = length
            said: list[str] = []
            wsgi({"/page": lambda job: None}, secret=SECRET)(environ, lambda status, headers: said.append(status))
            return said[0]

        class Unread:
            def read(self, length: int) -> bytes:
                raise AssertionError(f"{length} bytes were asked for")

        for length in ("-1", "+1", "1.0", "0x10", "1_0", "ten", "1 1", "\u0661"):
            with self.subTest(length=length):
                self.assertEqual(said_to(length, Unread()), "400 Bad Request")
        for none in (None, "", "0", "00"):
            with self.subTest(none=none):
                self.assertEqual(said_to(none, BytesIO(b"more")), "401 Unauthorized")
        large = BytesIO(b"x" * 300_000)
        for length in ("300000", "9" * 5_000):
            large.seek(0)
            self.assertTrue(said_to(length, large).startswith("413 "))
            self.assertEqual(large.tell(), 256 * 1024 + 1)

    def test_a_server_with_pages(self) -> None:
        first_was_read = threading.Event()

        def slow(job: PageJob) -> Generator[Progress, None, Any]:
            yield Progress(1, 2)
            first_was_read.wait(10)
            return job.value()

        server = page_server({"/quick": lambda job: job.value(), "/slow": slow}, secret=SECRET, port=0)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            self.assertEqual(self.post(server.server_port, "/quick").read(), b'{"userid":7}')
            response = self.post(server.server_port, "/slow")
            self.assertEqual(json.loads(response.readline()), {"progress": {"done": 1, "total": 2}})
            first_was_read.set()
            self.assertEqual(json.loads(response.readline()), {"result": {"userid": 7}})
            self.assertEqual(self.post(server.server_port, "/none").status, 404)
            self.assertEqual(self.post(server.server_port, "/quick", b"x" * (256 * 1024 + 1)).status, 413)
        finally:
            server.shutdown()
            thread.join()
            server.server_close()

    def post(self, port: int, path: str, body: bytes = BODY) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("POST", path, body, signed(body))
        response = connection.getresponse()
        self.addCleanup(connection.close)
        return response


if __name__ == "__main__":
    unittest.main()
