"""Drover: background jobs where every job is a web page.

For apps: `connect`. For pages: `wsgi`. Messages are those of ``drover.v1``; the commonest are here too.
"""

from .client import Client, connect, fields, reason
from .page import Answer, Attempt, Later, Never, Page, is_signed, wsgi
from .v1.attempt_pb2 import Progress
from .v1.batch_pb2 import Batch, BatchState
from .v1.job_pb2 import Job, JobState

__all__ = [
    "Answer",
    "Attempt",
    "Batch",
    "BatchState",
    "Client",
    "Job",
    "JobState",
    "Later",
    "Never",
    "Page",
    "Progress",
    "connect",
    "fields",
    "is_signed",
    "reason",
    "wsgi",
]
