"""Calls: ids, answers that are lost, what errors say, the end of a client."""

import threading
import unittest
from unittest import mock

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo, RetryInfo

from drover import Job, connect, fields, reason
from drover.v1 import job_service_pb2 as messages
from drover.v1.job_service_pb2_grpc import JobServiceServicer

from .fake_server import abort, client_of, start

JOB = Job(endpoint={"url": "http://127.0.0.1:8000/compileuserstats"}, payload=b'{"userid":7}')


class Submitting(JobServiceServicer):
    """Keeps what it is sent, after answers that are lost with these codes."""

    def __init__(self, *lost: grpc.StatusCode) -> None:
        self.sent: list[Job] = []
        self._lost = list(lost)

    def SubmitJob(self, request, context):
        self.sent.append(request.job)
        if self._lost:
            abort(context, self._lost.pop(0), "lost")
        return messages.SubmitJobResponse(job=request.job, existing=len(self.sent) > 1)


class Submit(unittest.TestCase):
    def test_a_lost_answer_is_asked_for_again_with_the_same_id(self) -> None:
        server = Submitting(grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
        with client_of(server) as client:
            stored = client.submit(JOB)
        self.assertEqual([sent.id for sent in server.sent], [stored.job.id] * 3)
        self.assertTrue(stored.existing)
        self.assertEqual(JOB.id, "")

    def test_it_waits_for_a_server_that_is_not_there_yet(self) -> None:
        first, address = start(Submitting())
        first.stop(None).wait()
        with connect(address) as client:
            call = client.jobs.SubmitJob.future(messages.SubmitJobRequest(job=JOB))
            with self.assertRaises(grpc.FutureTimeoutError):
                call.result(timeout=0.3)
            second, _ = start(Submitting(), address)
            self.assertFalse(call.result(timeout=30).existing)
            second.stop(None).wait()

    def test_ids_that_are_made_later_sort_later(self) -> None:
        server = Submitting()
        with client_of(server) as client:
            ids = [client.submit(JOB).job.id for _ in range(20)]
            self.assertEqual(client.submit(Job(id="stats-7")).job.id, "stats-7")
        self.assertEqual(ids, sorted(set(ids)))
        for made in ids:
            self.assertRegex(made, r"\A[A-Za-z0-9._:-]{1,128}\Z")

    def test_the_id_is_noted_where_the_job_may_be_stored_all_the_same(self) -> None:
        server = Submitting(grpc.StatusCode.INTERNAL)
        with client_of(server) as client, self.assertRaises(grpc.RpcError) as caught:
            client.submit(JOB)
        self.assertEqual(caught.exception.__notes__, [f"job.id is {server.sent[0].id}"])


class Errors(unittest.TestCase):
    def caught(self, code: grpc.StatusCode, *details) -> grpc.RpcError:
        class Failing(JobServiceServicer):
            def GetJob(self, request, context):
                abort(context, code, "no", *details)

        with client_of(Failing()) as client, self.assertRaises(grpc.RpcError) as caught:
            client.jobs.GetJob(messages.GetJobRequest(job_id="stats-7"))
        self.assertEqual(caught.exception.code(), code)
        return caught.exception

    def test_by_reason(self) -> None:
        for name in ("LEASE_LOST", "SEALED"):
            error = self.caught(grpc.StatusCode.FAILED_PRECONDITION, ErrorInfo(reason=name, domain="drover"))
            self.assertEqual((reason(error), fields(error)), (name, []))

    def test_by_field(self) -> None:
        wrong = [BadRequest.FieldViolation(field=name, description="bad") for name in ("job.id", "job.queue", "job.id")]
        error = self.caught(grpc.StatusCode.INVALID_ARGUMENT, RetryInfo(), BadRequest(field_violations=wrong))
        self.assertEqual((reason(error), fields(error)), ("", wrong))

    def test_without_details(self) -> None:
        error = self.caught(grpc.StatusCode.NOT_FOUND)
        self.assertEqual((reason(error), fields(error)), ("", []))


class Channels(unittest.TestCase):
    def test_options_of_ones_own_win(self) -> None:
        with mock.patch("grpc.insecure_channel") as channel:
            connect("127.0.0.1:7070", options=[("grpc.keepalive_time_ms", 5), ("grpc.primary_user_agent", "stats")])
        chosen = channel.call_args.args[1]
        self.assertEqual(len(chosen), len(dict(chosen)))
        self.assertEqual(dict(chosen)["grpc.keepalive_time_ms"], 5)
        self.assertEqual(dict(chosen)["grpc.primary_user_agent"], "stats")
        self.assertIn("retryPolicy", dict(chosen)["grpc.service_config"])

    def test_with_credentials_it_is_not_in_the_clear(self) -> None:
        with mock.patch("grpc.secure_channel") as channel:
            connect("drover.example:443", grpc.ssl_channel_credentials())
        channel.assert_called_once()

    def test_a_closed_client_ends_its_watches(self) -> None:
        class Silent(JobServiceServicer):
            def WatchJob(self, request, context):
                ended = threading.Event()
                context.add_callback(ended.set)
                yield messages.WatchJobResponse(job=Job(id="stats-7", revision=1))
                ended.wait()

        with client_of(Silent()) as client:
            watch = client.watch("stats-7")
            next(watch)
            threading.Timer(0.1, client.close).start()
            with self.assertRaises(grpc.RpcError) as caught:
                next(watch)
            self.assertEqual(caught.exception.code(), grpc.StatusCode.CANCELLED)
            client.close()


if __name__ == "__main__":
    unittest.main()
