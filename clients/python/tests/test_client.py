"""Calls: ids, what goes with them, errors by reason, tries, lists, the end of a client."""

import threading
import unittest

import grpc
from google.protobuf.duration_pb2 import Duration
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo

from drover import Client, DroverError, Job, RetryPolicy, new_job
from drover.v1 import job_service_pb2 as messages
from drover.v1.job_service_pb2_grpc import JobServiceServicer

from .fake_server import abort, client_of

URL = "http://127.0.0.1:8000/compileuserstats"


class Submitting(JobServiceServicer):
    """Keeps what it is sent, after so many failures."""

    def __init__(self, failures: int = 0, *details) -> None:
        self.sent: list[Job] = []
        self.metadata: dict[str, str] = {}
        self.refused = threading.Event()
        self._failures = failures
        self._details = details

    def SubmitJob(self, request, context):
        self.sent.append(request.job)
        self.metadata = dict(context.invocation_metadata())
        if len(self.sent) <= self._failures:
            self.refused.set()
            abort(context, grpc.StatusCode.UNAVAILABLE, "the store is away", *self._details)
        return messages.SubmitJobResponse(job=request.job, existing=len(self.sent) > 1)


class Submit(unittest.TestCase):
    def test_an_id_is_always_sent_and_is_the_same_at_each_try(self) -> None:
        server = Submitting(failures=3)
        job = new_job(URL, {"userid": 7})
        with client_of(server) as client:
            submitted = client.submit(job)
        self.assertEqual({sent.id for sent in server.sent}, {submitted.id})
        self.assertEqual(len(server.sent), 4)
        self.assertTrue(submitted.existing)
        self.assertEqual(job.id, "")

    def test_an_id_of_ones_own(self) -> None:
        with client_of(Submitting()) as client:
            self.assertEqual(client.submit(new_job(URL, id="stats-7")).id, "stats-7")

    def test_tries_come_to_an_end(self) -> None:
        server = Submitting(failures=99)
        with client_of(server) as client, self.assertRaises(DroverError) as caught:
            client.submit(new_job(URL))
        self.assertEqual(caught.exception.code, "UNAVAILABLE")
        self.assertEqual(len(server.sent), 5)

    def test_a_wait_that_the_server_asks_for_and_that_is_too_long(self) -> None:
        server = Submitting(99, RetryInfo(retry_delay=Duration(seconds=3)))
        with client_of(server, timeout=2.0) as client, self.assertRaises(DroverError) as caught:
            client.submit(new_job(URL))
        self.assertEqual(caught.exception.retry_delay, 3.0)
        self.assertEqual(len(server.sent), 1)

    def test_a_server_that_is_not_there(self) -> None:
        with Client("127.0.0.1:1", retry=RetryPolicy(tries=1)) as client, self.assertRaises(DroverError) as caught:
            client.submit(new_job(URL))
        self.assertEqual(caught.exception.code, "UNAVAILABLE")

    def test_a_token_and_headers_go_with_each_call(self) -> None:
        server = Submitting()
        with client_of(server, token="abc", headers={"X-Team": "stats"}) as client:
            client.submit(new_job(URL))
        self.assertEqual(server.metadata["authorization"], "Bearer abc")
        self.assertEqual(server.metadata["x-team"], "stats")

    def test_addresses(self) -> None:
        for address in ("", "ftp://127.0.0.1:7070", "http://127.0.0.1:7070/path", "https://"):
            with self.subTest(address), self.assertRaises(DroverError) as caught:
                Client(address)
            self.assertIn("address", caught.exception.fields)
        for address in ("127.0.0.1:7070", "http://127.0.0.1:7070/", "https://drover.example:443"):
            with self.subTest(address):
                Client(address).close()


class Errors(unittest.TestCase):
    def caught(self, code: grpc.StatusCode, *details) -> DroverError:
        class Failing(JobServiceServicer):
            def GetJob(self, request, context):
                abort(context, code, "no", *details)

        with client_of(Failing()) as client, self.assertRaises(DroverError) as caught:
            client.get("stats-7")
        return caught.exception

    def test_by_reason(self) -> None:
        for reason in ("LEASE_LOST", "SEALED", "NOT_RETRYABLE"):
            with self.subTest(reason):
                error = self.caught(grpc.StatusCode.FAILED_PRECONDITION, ErrorInfo(reason=reason, domain="drover"))
                self.assertEqual((error.code, error.reason), ("FAILED_PRECONDITION", reason))
                self.assertEqual(str(error), f"FAILED_PRECONDITION ({reason}): no")

    def test_by_field(self) -> None:
        violations = [
            BadRequest.FieldViolation(field=field, description=description)
            for field, description in (("job.id", "too long"), ("job.queue", "bad"), ("job.id", "bad"))
        ]
        error = self.caught(grpc.StatusCode.INVALID_ARGUMENT, BadRequest(field_violations=violations))
        self.assertEqual(error.fields, {"job.id": "too long; bad", "job.queue": "bad"})

    def test_without_details(self) -> None:
        error = self.caught(grpc.StatusCode.NOT_FOUND)
        self.assertEqual((error.code, error.reason, error.fields, error.message), ("NOT_FOUND", "", {}, "no"))

    def test_a_cancel_that_nobody_here_asked_for_is_a_broken_connection(self) -> None:
        class LettingGo(JobServiceServicer):
            def GetJob(self, request, context):
                context.abort(grpc.StatusCode.CANCELLED, "let go")

        with client_of(LettingGo()) as client, self.assertRaises(DroverError) as caught:
            client.get("stats-7")
        self.assertEqual(caught.exception.code, "UNAVAILABLE")


class Reading(unittest.TestCase):
    def test_a_list_goes_on_page_by_page(self) -> None:
        class Paged(JobServiceServicer):
            def ListJobs(self, request, context):
                start = int(request.page_token or 0)
                jobs = [Job(id=f"{request.queue}-{place}") for place in range(start, min(start + 2, 5))]
                return messages.ListJobsResponse(jobs=jobs, next_page_token=str(start + 2) if start < 4 else "")

        with client_of(Paged()) as client:
            listed = client.list(messages.ListJobsRequest(queue="mail"))
            self.assertEqual([job.id for job in listed], [f"mail-{place}" for place in range(5)])


class Closing(unittest.TestCase):
    def test_a_closed_client_says_so(self) -> None:
        with client_of(Submitting()) as client:
            client.close()
            client.close()
            for ask in (lambda: client.submit(new_job(URL)), lambda: next(client.watch("stats-7"))):
                with self.assertRaises(DroverError) as caught:
                    ask()
                self.assertEqual(caught.exception.code, "CANCELLED")

    def test_a_call_that_waits_to_be_tried_again_ends_too(self) -> None:
        server = Submitting(99, RetryInfo(retry_delay=Duration(seconds=30)))
        with client_of(server) as client:
            caught: list[DroverError] = []

            def submit() -> None:
                try:
                    client.submit(new_job(URL))
                except DroverError as error:
                    caught.append(error)

            thread = threading.Thread(target=submit)
            thread.start()
            self.assertTrue(server.refused.wait(10))
            client.close()
            thread.join(10)
            self.assertFalse(thread.is_alive())
        self.assertEqual([error.code for error in caught], ["CANCELLED"])


if __name__ == "__main__":
    unittest.main()
