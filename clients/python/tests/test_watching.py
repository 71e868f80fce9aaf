"""A watch over streams that are cut, in all the ways in which one can be, never misses the end."""

import threading
import unittest
from unittest import mock

import grpc

from drover import Batch, BatchState, Job, JobState, connect
from drover.v1 import job_service_pb2 as messages
from drover.v1.batch_counts_pb2 import BatchCounts
from drover.v1.job_service_pb2_grpc import JobServiceServicer

from .fake_server import client_of, start

PENDING, RUNNING = JobState.JOB_STATE_PENDING, JobState.JOB_STATE_RUNNING
WAITING, SUCCEEDED = JobState.JOB_STATE_WAITING, JobState.JOB_STATE_SUCCEEDED
UNAVAILABLE = grpc.StatusCode.UNAVAILABLE


def sight(revision: int, state: int, succeeded: int | None = None) -> messages.WatchJobResponse:
    counts = None if succeeded is None else BatchCounts(total=3, succeeded=succeeded)
    return messages.WatchJobResponse(job=Job(id="stats-7", revision=revision, state=state, batch_counts=counts))


class Script(JobServiceServicer):
    """Streams, one after the other: messages, and how each ends: with a code, or None for in good order."""

    def __init__(self, *streams) -> None:
        self.after: list[int | None] = []
        self._streams = list(streams)

    def WatchJob(self, request, context):
        self.after.append(request.after_revision if request.HasField("after_revision") else None)
        sent, code = self._streams.pop(0)
        yield from sent
        if code is not None:
            context.abort(code, "cut")


class Watching(unittest.TestCase):
    def setUp(self) -> None:
        # The wait before a new stream, in seconds.
        self.enterContext(mock.patch("random.uniform", return_value=0.01))

    def seen(self, server: Script, after_revision: int | None = None) -> list[tuple[int, int]]:
        with client_of(server) as client:
            return [(job.revision, job.state) for job in client.watch("stats-7", after_revision)]

    def test_from_now_to_the_end(self) -> None:
        server = Script(([sight(1, PENDING), messages.WatchJobResponse(), sight(3, SUCCEEDED)], None))
        self.assertEqual(self.seen(server), [(1, PENDING), (3, SUCCEEDED)])
        self.assertEqual(server.after, [None])

    def test_cut_streams_go_on_where_they_were(self) -> None:
        server = Script(
            ([sight(1, PENDING)], UNAVAILABLE),
            # This one gRPC replaces by itself.
            ([], UNAVAILABLE),
            ([], grpc.StatusCode.RESOURCE_EXHAUSTED),
            ([], grpc.StatusCode.INTERNAL),
            # As of a stream that ends without a status, and of one that has had its time.
            ([], grpc.StatusCode.UNKNOWN),
            ([], grpc.StatusCode.DEADLINE_EXCEEDED),
            ([messages.WatchJobResponse()], grpc.StatusCode.CANCELLED),
            ([sight(1, PENDING), sight(2, RUNNING)], None),
            ([sight(2, RUNNING), sight(5, SUCCEEDED)], UNAVAILABLE),
        )
        self.assertEqual(self.seen(server), [(1, PENDING), (2, RUNNING), (5, SUCCEEDED)])
        self.assertEqual(server.after, [None, 1, 1, 1, 1, 1, 1, 1, 2])

    def test_after_a_revision_and_the_end_whatever_its_revision(self) -> None:
        server = Script(([sight(7, PENDING), sight(8, RUNNING)], UNAVAILABLE), ([sight(8, SUCCEEDED)], None))
        self.assertEqual(self.seen(server, after_revision=7), [(8, RUNNING), (8, SUCCEEDED)])
        self.assertEqual(server.after, [7, 8])

    def test_a_server_that_is_behind_shows_nothing_old(self) -> None:
        server = Script(
            ([sight(4, RUNNING)], UNAVAILABLE),
            ([sight(2, PENDING), sight(4, RUNNING), sight(5, SUCCEEDED)], None),
        )
        self.assertEqual(self.seen(server), [(4, RUNNING), (5, SUCCEEDED)])

    def test_counts_of_a_master_change_without_its_revision(self) -> None:
        server = Script(
            ([sight(4, WAITING, 0), sight(4, WAITING, 1)], UNAVAILABLE),
            ([sight(4, WAITING, 1), sight(4, WAITING, 2), sight(5, SUCCEEDED, 3)], None),
        )
        with client_of(server) as client:
            counts = [job.batch_counts.succeeded for job in client.watch("stats-7")]
        self.assertEqual(counts, [0, 1, 2, 3])

    def test_an_error_before_the_first_message_or_that_is_no_cut_is_raised(self) -> None:
        exhausted, missing = grpc.StatusCode.RESOURCE_EXHAUSTED, grpc.StatusCode.NOT_FOUND
        for messages_before, code in (([], exhausted), ([], missing), ([sight(1, PENDING)], missing)):
            with self.assertRaises(grpc.RpcError) as caught:
                self.seen(Script((messages_before, code)))
            self.assertEqual(caught.exception.code(), code)

    def test_a_server_that_stops_and_comes_back(self) -> None:
        class Holding(JobServiceServicer):
            def WatchJob(self, request, context):
                yield sight(1, RUNNING)
                left.wait()

        left = threading.Event()
        first, address = start(Holding())
        with connect(address) as client:
            watch = client.watch("stats-7")
            self.assertEqual(next(watch).revision, 1)
            first.stop(None).wait()
            left.set()
            second, _ = start(Script(([sight(2, SUCCEEDED)], None)), address)
            self.assertEqual([job.revision for job in watch], [2])
            second.stop(None).wait()

    def test_a_client_that_is_closed_between_two_streams_ends_its_watches(self) -> None:
        with client_of(Script(([sight(1, RUNNING)], UNAVAILABLE))) as client:
            watch = client.watch("stats-7")
            self.assertEqual(next(watch).revision, 1)
            # It closes while the watch waits for its next stream.
            with (
                mock.patch("random.uniform", side_effect=lambda *_: client.close() or 0),
                self.assertRaises(grpc.RpcError),
            ):
                next(watch)

    def test_a_reader_that_leaves_closes_the_stream(self) -> None:
        class Open(JobServiceServicer):
            def WatchJob(self, request, context):
                context.add_callback(closed.set)
                yield sight(1, RUNNING)
                closed.wait()

        closed = threading.Event()
        with client_of(Open()) as client:
            for _ in client.watch("stats-7"):
                break
            self.assertTrue(closed.wait(10))

    def test_waiting_for_the_end(self) -> None:
        with client_of(Script(([sight(1, RUNNING), sight(2, SUCCEEDED)], None))) as client:
            self.assertEqual(client.wait("stats-7").revision, 2)

    def test_a_batch_and_its_counts(self) -> None:
        def counted(succeeded: int, state: int) -> messages.WatchBatchResponse:
            counts = BatchCounts(total=3, succeeded=succeeded)
            return messages.WatchBatchResponse(batch=Batch(id="b1", revision=6, state=state, counts=counts))

        class Counting(JobServiceServicer):
            def WatchBatch(self, request, context):
                yield counted(1, BatchState.BATCH_STATE_RUNNING)
                if not request.HasField("after_revision"):
                    context.abort(UNAVAILABLE, "cut")
                yield counted(2, BatchState.BATCH_STATE_RUNNING)
                yield counted(3, BatchState.BATCH_STATE_FAILED)

        with client_of(Counting()) as client:
            self.assertEqual([batch.counts.succeeded for batch in client.watch_batch("b1")], [1, 2, 3])


if __name__ == "__main__":
    unittest.main()
