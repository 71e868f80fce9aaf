"""Drover: background jobs where every job is a web page.

For apps: `Client`, `new_job`. For pages: `answer`, `wsgi`, `PageJob`. Messages are those of ``drover.v1``, generated
from the protos; the ones that apps need most are here too.
"""

from .answering import ACCEPTED, Answer, Handler, Later, Never, answer
from .batches import SubmittedBatch
from .client import Client, SubmittedJob
from .errors import DroverError
from .jobs import has_ended, new_job, result_of, state_of
from .page import UNSIGNED, PageJob, Progress, Refused, Reported
from .retry import RetryPolicy
from .signature import is_signed
from .v1.batch_pb2 import Batch, FailurePolicy
from .v1.endpoint_pb2 import Backoff, Endpoint
from .v1.job_pb2 import Job
from .wsgi_app import page_server, wsgi

__all__ = [
    "ACCEPTED",
    "UNSIGNED",
    "Answer",
    "Backoff",
    "Batch",
    "Client",
    "DroverError",
    "Endpoint",
    "FailurePolicy",
    "Handler",
    "Job",
    "Later",
    "Never",
    "PageJob",
    "Progress",
    "Refused",
    "Reported",
    "RetryPolicy",
    "SubmittedBatch",
    "SubmittedJob",
    "answer",
    "has_ended",
    "is_signed",
    "new_job",
    "page_server",
    "result_of",
    "state_of",
    "wsgi",
]
