"""Pages as a WSGI application, by path: for wsgiref, gunicorn, uWSGI, mod_wsgi, or mounted in Flask or Django.

Owns what WSGI makes of headers and bodies, and a small server of the standard library. Knows nothing of what pages do.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from http import HTTPStatus
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from .answering import Handler, answer
from .page import PAYLOAD_BYTES, Secret

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def wsgi(pages: Mapping[str, Handler], *, secret: Secret, service: str | None = None) -> WSGIApplication:
    """An application with a page at each path, such as ``{"/compileuserstats": compile_user_stats}``.

    The other arguments are those of `PageJob.from_request`.
    """

    def application(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        handler = pages.get(environ.get("PATH_INFO", ""))
        if handler is None:
            start_response("404 Not Found", [("content-type", "text/plain"), ("content-length", "0")])
            return []
        length = _length_of(environ.get("CONTENT_LENGTH") or "")
        if length is None:
            start_response("400 Bad Request", [("content-type", "text/plain"), ("content-length", "0")])
            return []
        body = environ["wsgi.input"].read(min(length, PAYLOAD_BYTES + 1))
        answered = answer(handler, headers_of(environ), body, secret=secret, service=service)
        start_response(f"{answered.status} {_phrase_of(answered.status)}", list(answered.headers.items()))
        return answered.chunks

    return application


def page_server(
    pages: Mapping[str, Handler], *, secret: Secret, host: str = "127.0.0.1", port: int = 8000
) -> WSGIServer:
    """A server of these pages, a thread for each call: ``page_server(…).serve_forever()``.

    It is wsgiref of the standard library: right behind a proxy or beside Drover, not on the open internet.
    """
    return make_server(host, port, wsgi(pages, secret=secret), _Server, _Listener)


def headers_of(environ: WSGIEnvironment) -> dict[str, str]:
    """The headers of a request, as WSGI hides them in its environment."""
    headers = {
        name[len("HTTP_") :].replace("_", "-").lower(): str(value)
        for name, value in environ.items()
        if name.startswith("HTTP_")
    }
    if environ.get("CONTENT_TYPE"):
        headers["content-type"] = environ["CONTENT_TYPE"]
    return headers


def _length_of(header: str) -> int | None:
    """Of the body, which is none where nothing is said of it. None for what is no length."""
    digits = header.strip(" \t")
    if not digits:
        return 0
    if not (digits.isascii() and digits.isdigit()):
        return None
    # Ten digits are more than a payload has, and thousands are more than Python reads.
    return int(digits.lstrip("0")[:10] or 0)


def _phrase_of(status: int) -> str:
    return HTTPStatus(status).phrase if status in HTTPStatus._value2member_map_ else "Other"


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    #: Drover calls up to a hundred pages at the same time.
    request_queue_size = 256


class _Listener(WSGIRequestHandler):
    disable_nagle_algorithm = True

    def address_string(self) -> str:
        """As it is: a look-up of its name would hold up the call."""
        return str(self.client_address[0])

    def log_message(self, format: str, *args: Any) -> None:
        """Calls are no news."""
