"""Calls over HTTP/1.1, with the standard library: for pages, which know the HTTP door of the server that called them.

The Connect protocol, unary, in binary protobuf. Knows no service.
"""

from __future__ import annotations

import http.client
from typing import TypeVar
from urllib.parse import urlsplit

from google.protobuf.message import DecodeError, Message

from .calls import DEFAULT_TIMEOUT
from .errors import DroverError, invalid
from .retry import RetryPolicy, retrying

_M = TypeVar("_M", bound=Message)


class HttpCalls:
    """Calls of one page. Each has a connection of its own: pages call seldom, and often from several threads."""

    def __init__(
        self,
        service: str,
        token: str,
        timeout: float = DEFAULT_TIMEOUT,
        policy: RetryPolicy | None = None,
    ) -> None:
        self._base = urlsplit(service)
        if self._base.scheme not in ("http", "https") or not self._base.hostname:
            raise invalid("service", f"{service!r} must be an http or https address")
        self._token = token
        self._timeout = timeout
        self._policy = policy or RetryPolicy()

    def call(self, method: str, request: Message, answer: type[_M]) -> _M:
        """See `Calls.call`."""
        body = request.SerializeToString()
        return retrying(lambda seconds: self._post(method, body, answer, seconds), self._policy, self._timeout)

    def _post(self, method: str, body: bytes, answer: type[_M], seconds: float) -> _M:
        headers = {
            "authorization": f"Bearer {self._token}",
            "connect-protocol-version": "1",
            "content-type": "application/proto",
        }
        connect = http.client.HTTPSConnection if self._base.scheme == "https" else http.client.HTTPConnection
        connection = connect(self._base.hostname or "", self._base.port, timeout=seconds)
        try:
            connection.request("POST", f"{self._base.path.rstrip('/')}/drover.v1.{method}", body, headers)
            response = connection.getresponse()
            read = response.read()
        except TimeoutError as error:
            raise DroverError("DEADLINE_EXCEEDED", f"no answer in {seconds:.0f} s") from error
        except (OSError, http.client.HTTPException) as error:
            raise DroverError("UNAVAILABLE", f"{type(error).__name__}: {error}") from error
        finally:
            connection.close()
        if response.status != 200:
            raise DroverError.from_http(response.status, read)
        try:
            return answer.FromString(read)
        except DecodeError as error:
            raise DroverError("INTERNAL", f"the answer of {method} is no {answer.DESCRIPTOR.full_name}") from error
