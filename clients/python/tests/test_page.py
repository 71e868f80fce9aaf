"""The job that a request is, and what a page calls while it works: over HTTP, with its token, again if need be."""

import base64
import json
import threading
import unittest
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from google.rpc.error_details_pb2 import ErrorInfo

from drover import UNSIGNED, DroverError, PageJob, Progress, Refused, new_job
from drover.v1 import attempt_service_pb2 as attempts
from drover.v1 import job_service_pb2 as jobs
from drover.v1.batch_pb2 import Batch, BatchState

from .fake_server import SECRET, signed


class Reading(unittest.TestCase):
    def refusal(self, headers: dict[str, str], body: bytes = b"{}", secret: object = SECRET) -> int:
        with self.assertRaises(Refused) as caught:
            PageJob.from_request(headers, body, secret=secret)
        return caught.exception.status

    def test_all_that_the_headers_tell(self) -> None:
        body = b'{"userid": 7}'
        job = PageJob.from_request(signed(body), body, secret=SECRET)
        self.assertEqual((job.id, job.attempt, job.fence, job.queue), ("stats-7", 2, 3, "default"))
        self.assertEqual(job.kind, "a bill")
        self.assertEqual(job.deadline, datetime(2026, 1, 31, 12, tzinfo=timezone.utc))
        self.assertEqual((job.token, job.service), ("a.token", "http://127.0.0.1:1"))
        self.assertEqual(job.value(), {"userid": 7})
        self.assertEqual(job.idempotency_key, "stats-7")

    def test_a_token_is_not_shown(self) -> None:
        self.assertNotIn("a.token", repr(PageJob.from_request(signed(b""), b"", secret=UNSIGNED)))

    def test_who_may_not_call(self) -> None:
        self.assertEqual(self.refusal(signed(b"{}"), b"{} "), 401)
        self.assertEqual(self.refusal({"Job-Id": "stats-7"}), 401)
        self.assertEqual(self.refusal(signed(b"{}", **{"Job-Id": "stats-8"})), 401)
        self.assertEqual(self.refusal(signed(b"{}", **{"Job-Fence": "4"})), 401)
        self.assertEqual(self.refusal(signed(b"{}"), secret="whsec_b3RoZXI="), 401)
        self.assertEqual(self.refusal(signed(b"{}"), secret=None), 500)
        self.assertEqual(self.refusal(signed(b"{}"), b"x" * (256 * 1024 + 1)), 413)

    def test_what_is_no_call_of_drover(self) -> None:
        for name in ("Job-Id", "Job-Attempt", "Job-Fence", "Job-Deadline", "Job-Token", "Job-Service"):
            with self.subTest(name):
                headers = {key: value for key, value in signed(b"{}").items() if key != name}
                self.assertEqual(self.refusal(headers, secret=UNSIGNED), 400)
        for name, value in (("Job-Attempt", "one"), ("Job-Deadline", "soon"), ("Job-Kind", "%ff")):
            with self.subTest(name):
                self.assertEqual(self.refusal(signed(b"{}", **{name: value}), secret=UNSIGNED), 400)


class Door:
    """An HTTP door whose answers a test writes: what is asked is kept."""

    def __init__(self, *answers) -> None:
        self.asked: list[tuple[str, str, bytes]] = []
        self.answers = list(answers)


@contextmanager
def served(door: Door) -> Iterator[str]:
    class Listener(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            door.asked.append((self.path, self.headers["authorization"], body))
            status, content = door.answers.pop(0)
            self.send_response(status)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format, *args) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Listener)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}/drover"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def error(code: str, *details) -> bytes:
    packed = []
    for detail in details:
        value = base64.b64encode(detail.SerializeToString()).decode().rstrip("=")
        packed.append({"type": detail.DESCRIPTOR.full_name, "value": value})
    return json.dumps({"code": code, "message": "no", "details": packed}).encode()


class Calling(unittest.TestCase):
    @contextmanager
    def page(self, door: Door) -> Iterator[PageJob]:
        with served(door) as service:
            yield PageJob.from_request(signed(b""), b"", secret=SECRET, service=service)

    def test_a_report(self) -> None:
        answer = attempts.ReportProgressResponse(cancel_requested=True)
        answer.lease_expire_time.FromDatetime(datetime(2026, 1, 31, 12))
        door = Door((200, answer.SerializeToString()), (200, b""))
        with self.page(door) as job:
            reported = job.report(Progress(1, 3, "reading"))
            job.report()
        self.assertTrue(reported.cancel_requested)
        self.assertEqual(reported.lease_expire_time, datetime(2026, 1, 31, 12, tzinfo=timezone.utc))
        path, token, body = door.asked[0]
        self.assertEqual((path, token), ("/drover/drover.v1.AttemptService/ReportProgress", "Bearer a.token"))
        shown = attempts.ReportProgressRequest.FromString(body).progress
        self.assertEqual((shown.done, shown.total, shown.message), (1, 3, "reading"))
        self.assertFalse(attempts.ReportProgressRequest.FromString(door.asked[1][2]).HasField("progress"))

    def test_the_ends_of_an_accepted_attempt(self) -> None:
        door = Door((200, b""), (200, b""))
        with self.page(door) as job:
            job.complete({"rows": 3})
            job.fail("x" * 2_000, retryable=False, retry_delay=timedelta(seconds=5))
        completed = attempts.CompleteAttemptRequest.FromString(door.asked[0][2])
        self.assertEqual(completed.result, b'{"rows":3}')
        failed = attempts.FailAttemptRequest.FromString(door.asked[1][2])
        self.assertEqual((len(failed.message), failed.retryable, failed.retry_delay.seconds), (1_024, False, 5))

    def test_a_message_is_cut_as_the_server_counts(self) -> None:
        for message, cut in (
            ("x" * 1_024, "x" * 1_024),
            ("x" * 1_025, "x" * 1_024),
            ("😀" * 1_000, "😀" * 512),
            ("x" + "😀" * 512, "x" + "😀" * 511),
            ("x\udcff😀", "x😀"),
        ):
            door = Door((200, b""))
            with self.subTest(message[:3]), self.page(door) as job:
                job.fail(message)
                self.assertEqual(attempts.FailAttemptRequest.FromString(door.asked[0][2]).message, cut)

    def test_a_lost_lease_has_its_reason(self) -> None:
        lost = error("failed_precondition", ErrorInfo(reason="LEASE_LOST", domain="drover"))
        with self.page(Door((412, lost))) as job, self.assertRaises(DroverError) as caught:
            job.complete()
        self.assertEqual((caught.exception.code, caught.exception.reason), ("FAILED_PRECONDITION", "LEASE_LOST"))

    def test_what_could_not_be_answered_is_asked_again(self) -> None:
        door = Door((503, error("unavailable")), (502, b"<html>a proxy</html>"), (200, b""))
        with self.page(door) as job:
            job.complete({"rows": 3})
        self.assertEqual(len(door.asked), 3)
        self.assertEqual(len({body for _, _, body in door.asked}), 1)

    def test_children_of_a_master(self) -> None:
        made = jobs.SubmitBatchResponse(batch=Batch(id="b1", state=BatchState.BATCH_STATE_RUNNING))
        door = Door((200, made.SerializeToString()))
        with self.page(door) as job:
            children = (new_job("http://127.0.0.1:8000/compileuserstats", {"userid": id}) for id in range(3))
            batch = job.batch("users", children, Batch(labels={"team": "stats"}))
        self.assertEqual((batch.id, batch.existing), ("b1", False))
        request = jobs.SubmitBatchRequest.FromString(door.asked[0][2])
        self.assertEqual((request.batch.key, request.open, len(request.jobs)), ("users", False, 3))
        self.assertEqual(request.batch.labels["team"], "stats")
        self.assertEqual(len({child.child_key for child in request.jobs} - {""}), 3)


if __name__ == "__main__":
    unittest.main()
