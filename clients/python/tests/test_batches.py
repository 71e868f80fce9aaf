"""How a batch is cut into chunks and sent, also when answers are lost and when it is sent once more."""

import unittest
from collections.abc import Iterator

import grpc
from google.rpc.error_details_pb2 import BadRequest, ErrorInfo

from drover import Batch, Client, DroverError, Job, new_job
from drover.batches import BYTES_PER_CALL, JOBS_PER_CALL, chunks_of, send_batch
from drover.v1 import job_service_pb2 as messages
from drover.v1.batch_pb2 import BatchState
from drover.v1.job_service_pb2_grpc import JobServiceServicer

from .fake_server import abort, client_of

URL = "http://127.0.0.1:8000/compileuserstats"


def users(count: int, first: int = 0) -> Iterator[Job]:
    for userid in range(first, first + count):
        yield new_job(URL, {"userid": userid})


class Chunks(unittest.TestCase):
    def test_by_count(self) -> None:
        cut = [(chunk.key, chunk.start, len(chunk.jobs)) for chunk in chunks_of(users(2_500))]
        self.assertEqual(cut, [("chunk-0", 0, 1_000), ("chunk-1", 1_000, 1_000), ("chunk-2", 2_000, 500)])
        self.assertEqual([len(chunk.jobs) for chunk in chunks_of(users(JOBS_PER_CALL))], [JOBS_PER_CALL])
        self.assertEqual(list(chunks_of([])), [])

    def test_by_bytes(self) -> None:
        cut = list(chunks_of(new_job(URL, b"x" * 200_000) for _ in range(40)))
        self.assertEqual(sum(len(chunk.jobs) for chunk in cut), 40)
        self.assertEqual([chunk.start for chunk in cut], [0, 18, 36])
        for chunk in cut:
            request = messages.AddJobsRequest(batch_id="b" * 64, chunk_key=chunk.key, jobs=chunk.jobs)
            self.assertLessEqual(request.ByteSize(), BYTES_PER_CALL + 256)

    def test_a_job_too_large_for_any_call_goes_alone(self) -> None:
        jobs = [new_job(URL), new_job(URL, b"x" * BYTES_PER_CALL), new_job(URL)]
        self.assertEqual([len(chunk.jobs) for chunk in chunks_of(jobs)], [1, 1, 1])

    def test_no_more_is_read_than_one_chunk_and_a_job(self) -> None:
        read = 0

        def counted() -> Iterator[Job]:
            nonlocal read
            for job in users(5_000):
                read += 1
                yield job

        next(chunks_of(counted()))
        self.assertEqual(read, JOBS_PER_CALL + 1)

    def test_children_have_keys_of_what_they_call(self) -> None:
        def keys(jobs: list[Job]) -> list[str]:
            return [job.child_key for chunk in chunks_of(jobs, of_master=True) for job in chunk.jobs]

        one, two = users(2)
        later = new_job(URL, {"userid": 0}, priority=5)
        first = keys([one, two, one])
        self.assertEqual(len(set(first)), 3)
        self.assertEqual(first[2], f"{first[0]}.2")
        self.assertEqual(keys([two, later]), [first[1], first[0]])
        self.assertEqual(keys([new_job(URL, child_key="own")]), ["own"])
        self.assertEqual(one.child_key, "")

    def test_chunks_of_a_master_are_named_by_what_they_hold(self) -> None:
        names = [
            [chunk.key for chunk in chunks_of(jobs, of_master=True)] for jobs in (users(2), users(2), users(2, first=1))
        ]
        self.assertEqual(names[0], names[1])
        self.assertNotEqual(names[0], names[2])


class Stored(JobServiceServicer):
    """A server that keeps chunks by their keys, and may lose answers."""

    def __init__(self, *lost: str) -> None:
        self.chunks: dict[str, list[Job]] = {}
        self.calls: list[str] = []
        self.sealed: int | None = None
        self._is_sealed = False
        self._lost = set(lost)

    def SubmitBatch(self, request, context):
        existing = "" in self.chunks
        self._store("", request.jobs, context)
        self._is_sealed = self._is_sealed or not request.open
        state = BatchState.BATCH_STATE_RUNNING if self._is_sealed else BatchState.BATCH_STATE_OPEN
        return messages.SubmitBatchResponse(batch=Batch(id="b1", state=state), existing=existing)

    def AddJobs(self, request, context):
        if self._is_sealed and request.chunk_key not in self.chunks:
            refuse(context, "SEALED")
        self._store(request.chunk_key, request.jobs, context)
        return messages.AddJobsResponse()

    def SealBatch(self, request, context):
        self.sealed = request.expected_job_count if request.HasField("expected_job_count") else None
        if self.sealed not in (None, sum(len(jobs) for jobs in self.chunks.values())):
            refuse(context, "COUNT_MISMATCH")
        self._is_sealed = True
        self._answer("seal", context)
        return messages.SealBatchResponse()

    def _store(self, key, jobs, context):
        if any(stored != job for stored, job in zip(self.chunks.get(key, []), jobs, strict=False)):
            abort(context, grpc.StatusCode.ALREADY_EXISTS, "a job is there with other content")
        self.chunks.setdefault(key, list(jobs))
        self._answer(key, context)

    def _answer(self, key, context):
        """The work is done; only the word of it may get lost."""
        self.calls.append(key)
        if key in self._lost:
            self._lost.remove(key)
            context.abort(grpc.StatusCode.UNAVAILABLE, "the outcome is unknown")


def refuse(context, reason: str) -> None:
    abort(context, grpc.StatusCode.FAILED_PRECONDITION, "the batch has other jobs", ErrorInfo(reason=reason))


class Sending(unittest.TestCase):
    def test_any_length_from_a_generator(self) -> None:
        server = Stored()
        with client_of(server) as client:
            batch = client.batch(users(2_500), key="june")
        self.assertEqual((batch.id, batch.existing), ("b1", False))
        self.assertEqual(server.calls, ["", "chunk-1", "chunk-2", "seal"])
        self.assertEqual(server.sealed, 2_500)

    def test_one_chunk_is_one_call(self) -> None:
        for count in (0, 1, 1_000):
            with self.subTest(count=count):
                server = Stored()
                with client_of(server) as client:
                    client.batch(users(count))
                self.assertEqual(server.calls, [""])

    def test_lost_answers_are_asked_for_again(self) -> None:
        server = Stored("", "chunk-1", "seal")
        with client_of(server) as client:
            batch = client.batch(users(2_500), key="june")
        self.assertEqual(server.calls, ["", "", "chunk-1", "chunk-1", "chunk-2", "seal", "seal"])
        self.assertEqual(sum(len(jobs) for jobs in server.chunks.values()), 2_500)
        self.assertEqual(batch.id, "b1")

    def test_what_was_broken_off_goes_on_under_the_same_key(self) -> None:
        def broken() -> Iterator[Job]:
            yield from users(2_100)
            raise OSError("the file ended")

        server = Stored()
        with client_of(server) as client:
            with self.assertRaises(OSError):
                client.batch(broken(), key="june")
            self.assertEqual(sorted(server.chunks), ["", "chunk-1"])
            self.assertTrue(client.batch(users(2_500), key="june").existing)
        self.assertEqual(sorted(server.chunks), ["", "chunk-1", "chunk-2"])
        self.assertEqual(server.sealed, 2_500)

    def test_a_sealed_batch_that_is_sent_again_is_compared(self) -> None:
        for count in (1_000, 2_500):
            server = Stored()
            with self.subTest(count=count), client_of(server) as client:

                def send(count: int, first: int = 0, client: Client = client) -> str:
                    try:
                        return f"existing: {client.batch(users(count, first), key='june').existing}"
                    except DroverError as error:
                        return error.reason or error.code

                self.assertEqual(send(count), "existing: False")
                self.assertEqual(send(count), "existing: True")
                self.assertEqual(send(count + 1_000), "SEALED")
                self.assertEqual(send(count - 500), "COUNT_MISMATCH")
                self.assertEqual(send(count, first=1), "ALREADY_EXISTS")

    def test_a_sealed_batch_of_a_master_is_taken_as_it_is(self) -> None:
        server = Stored()
        with client_of(server) as client:
            for existing in (False, True):
                batch = send_batch(client._calls, Batch(key="users"), users(3), of_master=True)
                self.assertEqual(batch.existing, existing)
        self.assertEqual(server.calls, ["", ""])

    def test_an_error_names_a_job_by_its_place_among_all(self) -> None:
        class Strict(Stored):
            def AddJobs(self, request, context):
                field = BadRequest.FieldViolation(field="jobs[3].priority", description="too high")
                text = "jobs[3].priority: too high"
                abort(context, grpc.StatusCode.INVALID_ARGUMENT, text, BadRequest(field_violations=[field]))

        with client_of(Strict()) as client, self.assertRaises(DroverError) as caught:
            client.batch(users(1_500))
        self.assertEqual(caught.exception.fields, {"jobs[1003].priority": "too high"})
        self.assertIn("jobs[1003].priority", str(caught.exception))

    def test_a_master_that_makes_other_children_first_finds_its_batch(self) -> None:
        class Made(Stored):
            def SubmitBatch(self, request, context):
                if request.jobs:
                    self.calls.append("refused")
                    refuse(context, "SEALED")
                self.chunks[""] = []
                return super().SubmitBatch(request, context)

        server = Made()
        with client_of(server) as client:
            batch = send_batch(client._calls, Batch(key="users"), users(3), of_master=True)
        self.assertTrue(batch.existing)
        key = next(chunks_of(users(3), of_master=True)).key
        self.assertEqual(server.calls, ["refused", "", key, "seal"])
        self.assertIsNone(server.sealed)


if __name__ == "__main__":
    unittest.main()
