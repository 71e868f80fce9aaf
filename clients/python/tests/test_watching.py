"""A watch over streams that are cut, in all the ways in which one can be, never misses the end."""

import threading
import unittest
from unittest import mock

import grpc

from drover import Batch, Client, DroverError, Job, RetryPolicy, state_of, watching
from drover.v1 import job_service_pb2 as messages
from drover.v1.batch_counts_pb2 import BatchCounts
from drover.v1.batch_pb2 import BatchState
from drover.v1.job_pb2 import JobState
from drover.v1.job_service_pb2_grpc import JobServiceServicer

from .fake_server import QUICK, client_of, start

PENDING, RUNNING = JobState.JOB_STATE_PENDING, JobState.JOB_STATE_RUNNING
WAITING, SUCCEEDED = JobState.JOB_STATE_WAITING, JobState.JOB_STATE_SUCCEEDED


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
    def seen(self, server: Script, **options) -> list[tuple[int, str]]:
        with client_of(server) as client:
            return [(job.revision, state_of(job)) for job in client.watch("stats-7", **options)]

    def test_from_now_to_the_end(self) -> None:
        server = Script(([sight(1, PENDING), sight(2, RUNNING), sight(3, SUCCEEDED)], None))
        self.assertEqual(self.seen(server), [(1, "PENDING"), (2, "RUNNING"), (3, "SUCCEEDED")])
        self.assertEqual(server.after, [None])

    def test_cut_streams_go_on_where_they_were(self) -> None:
        cut = grpc.StatusCode.UNAVAILABLE
        server = Script(
            ([sight(1, PENDING)], cut),
            ([], cut),
            ([], grpc.StatusCode.RESOURCE_EXHAUSTED),
            ([messages.WatchJobResponse()], grpc.StatusCode.CANCELLED),
            ([sight(1, PENDING), sight(2, RUNNING)], None),
            ([sight(2, RUNNING), sight(5, SUCCEEDED)], cut),
        )
        self.assertEqual(self.seen(server), [(1, "PENDING"), (2, "RUNNING"), (5, "SUCCEEDED")])
        self.assertEqual(server.after, [None, 1, 1, 1, 1, 2])

    def test_it_is_refused_at_first_where_no_server_has_room(self) -> None:
        with self.assertRaises(DroverError) as caught:
            self.seen(Script(([], grpc.StatusCode.RESOURCE_EXHAUSTED)))
        self.assertEqual(caught.exception.code, "RESOURCE_EXHAUSTED")

    def test_after_a_revision(self) -> None:
        server = Script(([sight(8, RUNNING), sight(9, SUCCEEDED)], None))
        self.assertEqual(self.seen(server, after_revision=7), [(8, "RUNNING"), (9, "SUCCEEDED")])
        self.assertEqual(server.after, [7])

    def test_the_end_is_shown_whatever_its_revision(self) -> None:
        server = Script(([sight(3, SUCCEEDED)], None))
        self.assertEqual(self.seen(server, after_revision=3), [(3, "SUCCEEDED")])

    def test_a_server_that_is_behind_shows_nothing_old(self) -> None:
        server = Script(
            ([sight(4, RUNNING)], grpc.StatusCode.UNAVAILABLE),
            ([sight(2, PENDING), sight(4, RUNNING), sight(5, SUCCEEDED)], None),
        )
        self.assertEqual(self.seen(server), [(4, "RUNNING"), (5, "SUCCEEDED")])

    def test_counts_of_a_master_change_without_its_revision(self) -> None:
        server = Script(
            ([sight(4, WAITING, 0), sight(4, WAITING, 1)], grpc.StatusCode.UNAVAILABLE),
            ([sight(4, WAITING, 1), sight(4, WAITING, 2), sight(5, SUCCEEDED, 3)], None),
        )
        with client_of(server) as client:
            counts = [job.batch_counts.succeeded for job in client.watch("stats-7")]
        self.assertEqual(counts, [0, 1, 2, 3])

    def test_an_error_that_is_no_cut_ends_it(self) -> None:
        with self.assertRaises(DroverError) as caught:
            self.seen(Script(([sight(1, PENDING)], grpc.StatusCode.NOT_FOUND)))
        self.assertEqual(caught.exception.code, "NOT_FOUND")

    def test_until_the_first_answer_it_gives_up_like_any_call(self) -> None:
        server = Script(*[([], grpc.StatusCode.UNAVAILABLE)] * 9)
        with self.assertRaises(DroverError) as caught:
            self.seen(server)
        self.assertEqual(caught.exception.code, "UNAVAILABLE")
        self.assertEqual(len(server.after), 5)

    def test_after_the_first_answer_it_never_does(self) -> None:
        cuts = [([], grpc.StatusCode.UNAVAILABLE)] * 9
        server = Script(([sight(1, PENDING)], None), *cuts, ([sight(2, SUCCEEDED)], None))
        self.assertEqual(self.seen(server), [(1, "PENDING"), (2, "SUCCEEDED")])

    def test_a_server_that_is_killed_and_comes_back(self) -> None:
        class Holding(JobServiceServicer):
            def WatchJob(self, request, context):
                yield sight(1, RUNNING)
                left.wait()

        left = threading.Event()
        first, address = start(Holding())
        with Client(address, retry=RetryPolicy(initial_delay=0.05, max_delay=0.2)) as client:
            watch = client.watch("stats-7")
            self.assertEqual(next(watch).revision, 1)
            first.stop(None).wait()
            left.set()
            second, _ = start(Script(([sight(2, SUCCEEDED)], None)), address)
            self.assertEqual([job.revision for job in watch], [2])
            second.stop(None).wait()

    def test_a_silent_stream_is_replaced(self) -> None:
        class Silent(Script):
            def WatchJob(self, request, context):
                yield from super().WatchJob(request, context)
                if not self._streams:
                    return
                ended = threading.Event()
                context.add_callback(ended.set)
                ended.wait()

        server = Silent(([sight(1, RUNNING)], None), ([sight(2, RUNNING)], None), ([sight(3, SUCCEEDED)], None))
        with mock.patch.object(watching, "STREAM_SECONDS", 0.2), client_of(server, timeout=0.2) as client:
            self.assertEqual([job.revision for job in client.watch("stats-7")], [1, 2, 3])

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


class WatchingBatches(unittest.TestCase):
    def test_counts_change_and_a_cut_stream_goes_on(self) -> None:
        def counted(succeeded: int, state: int) -> messages.WatchBatchResponse:
            counts = BatchCounts(total=3, succeeded=succeeded)
            return messages.WatchBatchResponse(batch=Batch(id="b1", revision=6, state=state, counts=counts))

        class Counting(JobServiceServicer):
            def WatchBatch(self, request, context):
                if not request.HasField("after_revision"):
                    yield counted(1, BatchState.BATCH_STATE_RUNNING)
                    context.abort(grpc.StatusCode.UNAVAILABLE, "cut")
                yield counted(1, BatchState.BATCH_STATE_RUNNING)
                yield counted(2, BatchState.BATCH_STATE_RUNNING)
                yield counted(3, BatchState.BATCH_STATE_SUCCEEDED)

        with client_of(Counting(), retry=QUICK) as client:
            self.assertEqual([batch.counts.succeeded for batch in client.watch_batch("b1")], [1, 2, 3])
        with client_of(Counting(), retry=QUICK) as client:
            self.assertEqual(state_of(client.wait_batch("b1")), "SUCCEEDED")


if __name__ == "__main__":
    unittest.main()
