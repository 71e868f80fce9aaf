"""The jobs of a batch in a conversation: made one by one, when they are asked for.

Makes no call.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from google.protobuf.json_format import ParseDict

from drover import Job

from .values import mapped, replaced


def jobs_of(job: Any, count: int) -> Iterator[Job]:
    """So many jobs: each is ``job`` with ``${index}`` replaced by its place, from 0."""
    for index in range(count):
        yield ParseDict(mapped(job, partial(replaced, variables={"index": str(index)})), Job())
