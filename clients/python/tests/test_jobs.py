"""Jobs made of Python values, and read as such."""

import unittest
from datetime import datetime, timedelta, timezone

from drover import DroverError, Job, new_job, result_of, state_of
from drover.jobs import has_ended
from drover.v1.job_pb2 import JobState

URL = "http://127.0.0.1:8000/compileuserstats"


class Making(unittest.TestCase):
    def test_what_a_payload_becomes(self) -> None:
        cases = [
            (None, b"", ""),
            ({"name": "Zoë"}, '{"name":"Zoë"}'.encode(), ""),
            ([1, 2.5, None, True], b"[1,2.5,null,true]", ""),
            ("text", b'"text"', ""),
            (b"\x00\xff", b"\x00\xff", "application/octet-stream"),
        ]
        for payload, sent, content_type in cases:
            with self.subTest(payload=payload):
                job = new_job(URL, payload)
                self.assertEqual((job.payload, job.content_type), (sent, content_type))

    def test_a_content_type_of_ones_own(self) -> None:
        self.assertEqual(new_job(URL, "a;b", content_type="text/csv").payload, b"a;b")
        self.assertEqual(new_job(URL, [1], content_type="application/geo+json").payload, b"[1]")
        with self.assertRaises(DroverError):
            new_job(URL, [1], content_type="text/csv")

    def test_what_json_cannot_hold(self) -> None:
        for payload in (float("nan"), {1, 2}, object()):
            with self.subTest(payload=payload), self.assertRaises((ValueError, TypeError)):
                new_job(URL, payload)

    def test_all_that_can_be_said(self) -> None:
        start = datetime(2026, 1, 31, 12, tzinfo=timezone(timedelta(hours=1)))
        job = new_job(
            URL,
            id="stats-7",
            labels={"team": "stats"},
            headers={"x": "y"},
            priority=0,
            delay=timedelta(milliseconds=1_500),
            schedule_time=start,
        )
        self.assertTrue(job.HasField("priority"))
        self.assertFalse(job.HasField("max_attempts"))
        self.assertEqual((job.delay.seconds, job.delay.nanos), (1, 500_000_000))
        self.assertEqual(job.schedule_time.ToDatetime(timezone.utc), start)
        self.assertEqual((dict(job.labels), dict(job.endpoint.headers)), ({"team": "stats"}, {"x": "y"}))

    def test_a_time_without_a_zone_is_refused(self) -> None:
        with self.assertRaises(DroverError) as caught:
            new_job(URL, schedule_time=datetime(2026, 1, 31))
        self.assertIn("schedule_time", caught.exception.fields)


class Reading(unittest.TestCase):
    def test_results(self) -> None:
        cases = [
            (b'{"rows":3}', "application/json", {"rows": 3}),
            (b'{"rows":3}', "application/json; charset=utf-8", {"rows": 3}),
            (b"plain", "text/plain; charset=utf-8", "plain"),
            (b"\xff", "image/png", b"\xff"),
            (b"oops", "application/json", b"oops"),
            (b"", "application/json", None),
        ]
        for result, content_type, value in cases:
            with self.subTest(result=result, content_type=content_type):
                self.assertEqual(result_of(Job(result=result, result_content_type=content_type)), value)

    def test_states(self) -> None:
        ended = [state_of(Job(state=state)) for state in JobState.values() if has_ended(Job(state=state))]
        self.assertEqual(ended, ["SUCCEEDED", "FAILED", "CANCELLED"])


if __name__ == "__main__":
    unittest.main()
