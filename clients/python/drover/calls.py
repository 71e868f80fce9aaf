"""Calls over gRPC: one channel with what every call has in common, which is metadata, a time limit, tries and an end.

Owns the gRPC channel. Knows no service: a call is named, and says which message it sends and which it expects.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Protocol, TypeVar

import grpc
from google.protobuf.message import Message

from .errors import DroverError, invalid
from .retry import RetryPolicy, retrying

_M = TypeVar("_M", bound=Message)

MIB = 1024 * 1024
#: All tries of one call, in seconds: longer than a server takes to restart.
DEFAULT_TIMEOUT = 60.0
#: gRPC waits up to two minutes before it connects again, longer than a call has. And a connection on which nothing came
#: for two keep-alives of the server is tested: a watch on a dead one would wait for ever.
CHANNEL_OPTIONS = (
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.min_reconnect_backoff_ms", 1_000),
    ("grpc.max_reconnect_backoff_ms", 2_000),
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.max_receive_message_length", 64 * MIB),
)


class Calls(Protocol):
    """What makes unary calls: over gRPC for an app, over HTTP for a page."""

    def call(self, method: str, request: Message, answer: type[_M]) -> _M:
        """Calls ``method``, such as ``JobService/GetJob``, again if need be. Raises DroverError and nothing else."""
        ...


class Stream(Iterator[_M]):
    """The messages of one stream. It ends in ``error``, or without one where the server said that it is over."""

    def __init__(self, messages: grpc.Call) -> None:
        self.error: DroverError | None = None
        self._messages = messages

    def __next__(self) -> _M:
        try:
            message: _M = next(self._messages)
        except grpc.RpcError as error:
            self.error = DroverError.from_rpc(error)
            raise StopIteration from error
        return message

    def cancel(self) -> None:
        """Ends it. Idempotent."""
        self._messages.cancel()


class GrpcCalls:
    """All calls of a client. May be used by many threads."""

    def __init__(
        self,
        channel: grpc.Channel,
        metadata: Sequence[tuple[str, str]] = (),
        timeout: float = DEFAULT_TIMEOUT,
        policy: RetryPolicy | None = None,
    ) -> None:
        self.timeout = timeout
        self.policy = policy or RetryPolicy()
        self._channel = channel
        self._metadata = tuple(metadata)
        self._closed = threading.Event()

    def call(self, method: str, request: Message, answer: type[_M]) -> _M:
        """See `Calls.call`."""

        def run(seconds: float) -> _M:
            send = self._channel.unary_unary(f"/drover.v1.{method}", _serialized, answer.FromString)
            answered: _M = send(request, timeout=seconds, metadata=self._metadata)
            return answered

        return retrying(lambda seconds: self._guarded(lambda: run(seconds)), self.policy, self.timeout, self.wait)

    def stream(self, method: str, request: Message, answer: type[_M], seconds: float) -> Stream[_M]:
        """Opens a stream that lasts at most so long."""
        opening = self._channel.unary_stream(f"/drover.v1.{method}", _serialized, answer.FromString)
        return Stream(self._guarded(lambda: opening(request, timeout=seconds, metadata=self._metadata)))

    def wait(self, seconds: float) -> None:
        """Returns after so long, or as soon as the client is closed."""
        self._closed.wait(seconds)

    def raise_if_closed(self) -> None:
        """CANCELLED for what is asked of a closed client."""
        if self._closed.is_set():
            raise DroverError("CANCELLED", "the client is closed")

    def close(self) -> None:
        """Ends all calls and streams, now and later. Idempotent."""
        self._closed.set()
        self._channel.close()

    def _guarded(self, run: Callable[[], _M]) -> _M:
        self.raise_if_closed()
        try:
            return run()
        except grpc.RpcError as error:
            self.raise_if_closed()
            raise DroverError.from_rpc(error) from error
        except ValueError:
            # What grpc says of a channel that was closed meanwhile.
            self.raise_if_closed()
            raise


def open_channel(address: str) -> grpc.Channel:
    """``host:port`` or ``http://…`` in the clear, ``https://…`` over TLS. Connects with the first call."""
    scheme, separator, target = address.rpartition("://")
    target = target.rstrip("/")
    if (separator and scheme not in ("http", "https")) or not target or "/" in target:
        raise invalid("address", f"{address!r} must be host:port, http://host:port or https://host:port")
    if scheme == "https":
        return grpc.secure_channel(target, grpc.ssl_channel_credentials(), CHANNEL_OPTIONS)
    return grpc.insecure_channel(target, CHANNEL_OPTIONS)


def _serialized(message: Message) -> bytes:
    return message.SerializeToString()
