"""Trying again: what may succeed later, after which wait, how often and for how long.

Safe because everything that is sent again carries the same id or key. Knows nothing of what is sent.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from .errors import DroverError

_T = TypeVar("_T")

#: One try, in seconds: a connection that died without a word costs this, not the whole call.
TRY_TIMEOUT = 20.0


@dataclass(frozen=True)
class RetryPolicy:
    """How calls are repeated that the server, or the way to it, could not answer.

    With full jitter, so that callers who failed together do not come back together. By default 16 seconds on average.
    """

    #: Tries in all; 1 tries once.
    tries: int = 12
    #: The longest wait before the second try, in seconds; it doubles with each further one.
    initial_delay: float = 0.1
    #: The longest wait before any, in seconds.
    max_delay: float = 5.0

    def delay(self, failures: int, error: DroverError) -> float:
        """Seconds to wait after so many failures: what the server asks for, and a random part more."""
        longest: float = min(self.max_delay, self.initial_delay * 2.0 ** min(failures - 1, 32))
        return (error.retry_delay or 0.0) + random.random() * longest


def retrying(
    run: Callable[[float], _T],
    policy: RetryPolicy,
    timeout: float,
    wait: Callable[[float], object] = time.sleep,
) -> _T:
    """Runs a call, which is given its time limit in seconds, until it succeeds.

    Raises its error as soon as it is not transient, when the tries are spent, or when the next try would begin after
    ``timeout`` seconds in all.
    """
    end = time.monotonic() + timeout
    failures = 0
    while True:
        try:
            return run(max(0.001, min(TRY_TIMEOUT, end - time.monotonic())))
        except DroverError as error:
            failures += 1
            delay = policy.delay(failures, error)
            if not error.is_transient or failures >= policy.tries or time.monotonic() + delay >= end:
                raise
        wait(delay)
