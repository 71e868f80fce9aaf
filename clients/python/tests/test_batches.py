"""How a batch is cut into chunks and sent, also when answers are lost and when it is sent once more."""

import unittest
from collections.abc import Iterator

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo

from drover import Attempt, Batch, Job, fields, reason
from drover.v1 import job_service_pb2 as messages
from drover.v1.batch_pb2 import BatchState
from drover.v1.job_service_pb2_grpc import JobServiceServicer

from .fake_server import abort, client_of

OPEN, RUNNING = BatchState.BATCH_STATE_OPEN, BatchState.BATCH_STATE_RUNNING
KEY = Batch(key="june")
HEADERS = {
    "job-id": "master",
    "job-attempt": "1",
    "job-fence": "1",
    "job-queue": "default",
    "job-deadline": "2026-01-31T12:00:00.000Z",
    "job-token": "a.token",
}
ATTEMPT = Attempt.from_request(HEADERS, b"")


def users(count: int, first: int = 0) -> Iterator[Job]:
    for userid in range(first, first + count):
        yield Job(payload=b"%d" % userid, child_key=f"user-{userid}")


def large(count: int, size: int) -> Iterator[Job]:
    for _ in range(count):
        yield Job(payload=b"x" * size)


class Stored(JobServiceServicer):
    """A server that keeps chunks by their keys, and loses the first answer to some of them."""

    def __init__(self, *lost: str) -> None:
        self.keys: list[str] = []
        self.calls: list[str] = []
        self.tokens: list[str | None] = []
        self.chunks: dict[str, list[Job]] = {}
        self.expected: list[int | None] = []
        self.state = OPEN
        self._lost = set(lost)

    def SubmitBatch(self, request, context):
        existing = request.batch.key in self.keys
        self.keys.append(request.batch.key)
        self._answer("open" if request.open and not request.jobs else "?", context)
        return messages.SubmitBatchResponse(batch=Batch(id="b1", state=self.state), existing=existing)

    def AddJobs(self, request, context):
        if self.state != OPEN and request.chunk_key not in self.chunks:
            refuse(context, "SEALED")
        self.chunks[request.chunk_key] = list(request.jobs)
        self._answer(request.chunk_key, context)
        return messages.AddJobsResponse()

    def SealBatch(self, request, context):
        count = request.expected_job_count if request.HasField("expected_job_count") else None
        self.expected.append(count)
        if count not in (None, self.count()):
            refuse(context, "COUNT_MISMATCH")
        self.state = RUNNING
        self._answer("seal", context)
        return messages.SealBatchResponse(batch=Batch(id="b1", state=RUNNING))

    def count(self) -> int:
        return sum(len(jobs) for jobs in self.chunks.values())

    def _answer(self, call, context):
        """The work is done; only the word of it may get lost."""
        self.calls.append(call)
        self.tokens.append(dict(context.invocation_metadata()).get("authorization"))
        if call in self._lost:
            self._lost.remove(call)
            context.abort(grpc.StatusCode.UNAVAILABLE, "the outcome is unknown")


def refuse(context, name: str) -> None:
    abort(context, grpc.StatusCode.FAILED_PRECONDITION, "the batch has other jobs", ErrorInfo(reason=name))


class Sending(unittest.TestCase):
    def test_a_generator_is_cut_by_count_and_sealed_with_the_count(self) -> None:
        server = Stored()
        with client_of(server) as client:
            stored = client.submit_batch(KEY, users(2_500))
        self.assertEqual(server.calls, ["open", "chunk-0", "chunk-1", "chunk-2", "seal"])
        self.assertEqual([len(jobs) for jobs in server.chunks.values()], [1_000, 1_000, 500])
        self.assertEqual((server.keys, server.expected, set(server.tokens)), (["june"], [2_500], {None}))
        self.assertEqual((stored.batch.id, stored.batch.state, stored.existing), ("b1", RUNNING, False))

    def test_no_jobs_are_a_batch_too(self) -> None:
        server = Stored()
        with client_of(server) as client:
            client.submit_batch(Batch(), [])
        self.assertEqual((server.calls, server.expected), (["open", "seal"], [0]))
        self.assertNotEqual(server.keys, [""])

    def test_a_full_chunk_fits_in_a_call_and_is_sent_again_whole(self) -> None:
        server = Stored("chunk-0", "chunk-1", "seal")
        with client_of(server) as client:
            client.submit_batch(KEY, large(40, 200_000))
        again = ["open", "chunk-0", "chunk-0", "chunk-1", "chunk-1", "seal", "seal"]
        self.assertEqual(server.calls, again)
        self.assertEqual([len(jobs) for jobs in server.chunks.values()], [20, 20])

    def test_a_job_that_is_too_large_goes_alone_and_the_server_says_so(self) -> None:
        server = Stored()
        with client_of(server) as client, self.assertRaises(grpc.RpcError) as caught:
            client.submit_batch(KEY, [Job(), *large(1, 4 * 2**20), Job()])
        self.assertEqual(caught.exception.code(), grpc.StatusCode.RESOURCE_EXHAUSTED)
        self.assertEqual(caught.exception.__notes__, ["jobs[0] of this call is jobs[1] of the batch"])
        self.assertEqual(server.calls, ["open", "chunk-0"])

    def test_no_more_is_read_than_one_chunk_and_a_job(self) -> None:
        server = Stored()
        read_before: list[int] = []

        def watched() -> Iterator[Job]:
            for number, job in enumerate(users(3_000)):
                read_before.append(len(server.calls))
                self.assertLessEqual(number, server.count() + 1_000)
                yield job

        with client_of(server) as client:
            client.submit_batch(KEY, watched())
        self.assertEqual(read_before[0], 1)

    def test_what_was_broken_off_goes_on_under_the_same_key(self) -> None:
        def broken() -> Iterator[Job]:
            yield from users(2_100)
            raise OSError("the file ended")

        server = Stored()
        with client_of(server) as client:
            with self.assertRaises(OSError):
                client.submit_batch(KEY, broken())
            self.assertEqual(server.calls, ["open", "chunk-0", "chunk-1"])
            self.assertTrue(client.submit_batch(KEY, users(2_500)).existing)
        self.assertEqual((server.count(), server.expected), (2_500, [2_500]))

    def test_a_sealed_batch_is_compared_when_it_is_sent_again(self) -> None:
        server = Stored()
        with client_of(server) as client:
            client.submit_batch(KEY, users(1_500))
            self.assertTrue(client.submit_batch(KEY, users(1_500)).existing)
            for count, name in ((2_500, "SEALED"), (500, "COUNT_MISMATCH")):
                server.chunks = {"chunk-0": list(users(1_000)), "chunk-1": list(users(500))}
                with self.assertRaises(grpc.RpcError) as caught:
                    client.submit_batch(KEY, users(count))
                self.assertEqual(reason(caught.exception), name)

    def test_an_error_tells_where_its_call_began(self) -> None:
        class Strict(Stored):
            def AddJobs(self, request, context):
                if request.chunk_key == "chunk-0":
                    return super().AddJobs(request, context)
                wrong = BadRequest.FieldViolation(field="jobs[3].priority", description="too high")
                abort(context, grpc.StatusCode.INVALID_ARGUMENT, "no", BadRequest(field_violations=[wrong]))

        with client_of(Strict()) as client, self.assertRaises(grpc.RpcError) as caught:
            client.submit_batch(KEY, users(1_500))
        self.assertEqual(fields(caught.exception)[0].field, "jobs[3].priority")
        self.assertEqual(caught.exception.__notes__, ["jobs[0] of this call is jobs[1000] of the batch"])


class Children(unittest.TestCase):
    def test_they_go_with_the_token_and_are_sealed_without_a_count(self) -> None:
        server = Stored("open")
        with client_of(server) as client:
            stored = client.children(ATTEMPT, KEY, users(1_500))
        self.assertEqual((stored.batch.state, server.count(), server.expected), (RUNNING, 1_500, [None]))
        self.assertEqual(set(server.tokens), {"Bearer a.token"})

    def test_chunks_are_named_by_what_they_hold(self) -> None:
        names: list[list[str]] = []
        for jobs in (users(2), users(2), users(2, first=1)):
            server = Stored()
            with client_of(server) as client:
                client.children(ATTEMPT, KEY, jobs)
            names.append(list(server.chunks))
        self.assertEqual(names[0], names[1])
        self.assertNotEqual(names[0], names[2])
        self.assertRegex(names[0][0], "^[0-9a-f]{32}$")

    def test_keys_are_required(self) -> None:
        server = Stored()
        with client_of(server) as client:
            with self.assertRaisesRegex(ValueError, r"^batch\.key: "):
                client.children(ATTEMPT, Batch(), users(1))
            self.assertEqual(server.calls, [])
            with self.assertRaisesRegex(ValueError, r"^jobs\[1003\]\.child_key: "):
                client.children(ATTEMPT, KEY, [*users(1_003), Job()])
        self.assertEqual(server.count(), 1_000)

    def test_a_batch_that_was_sealed_before_is_returned_as_it_is(self) -> None:
        server = Stored()
        with client_of(server) as client:
            client.children(ATTEMPT, KEY, users(3))
            calls = len(server.calls)
            stored = client.children(ATTEMPT, KEY, iter(lambda: self.fail("was read"), None))
        self.assertEqual((stored.batch.id, stored.batch.state, stored.existing), ("b1", RUNNING, True))
        self.assertEqual(len(server.calls), calls + 1)


if __name__ == "__main__":
    unittest.main()
