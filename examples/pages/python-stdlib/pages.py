"""Two pages for Drover with Python's standard library: /billing, a master that makes one child a user, and /user-stats,
its child, which tells how far it is. They know of Drover what each call says in its headers, and nothing more."""

import base64
import hashlib
import hmac
import json
import os
import sys
import time
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit

SECRET = os.environ.get("DROVER_SIGNING_SECRET", "")


class BadInput(Exception):
    """It will be no better the next time: Drover is told not to call again."""


def billing(page, given):
    users = number_in(given.get("users"), 1, 1000)
    children = [
        {"childKey": f"user-{user}", "endpoint": {"url": f"http://{page.headers['host']}/user-stats?userid={user}"}}
        for user in range(1, users + 1)
    ]
    # Called again, this page attaches: the same key is the same batch, the same child key the same child.
    answer = submit_batch(page.headers, {"batch": {"key": "users"}, "jobs": children})
    page.answer(200, {"batch": answer["batch"]["id"], "users": users, "existing": answer.get("existing", False)})


def user_stats(page, given):
    userid = number_in(given.get("userid"), 0, 10**9)
    page.send_response(200)
    page.send_header("content-type", "application/x-ndjson")
    page.end_headers()
    rows = 0
    for done in range(1, 4):
        time.sleep(0.3)  # The work.
        rows += userid
        page.line({"progress": {"done": done, "total": 3}})
    page.line({"result": {"userid": userid, "rows": rows}})


def submit_batch(headers, message):
    request = urllib.request.Request(
        f"{headers['job-service']}/drover.v1.JobService/SubmitBatch",
        json.dumps(message).encode(),
        {"authorization": f"Bearer {headers['job-token']}", "content-type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


def is_drover(headers, body):
    """The Standard Webhooks signature, over the body as it came."""
    key = base64.b64decode(SECRET.removeprefix("whsec_") + "==")
    called = headers.get("webhook-timestamp", "")
    signed = f"{headers.get('webhook-id', '')}.{called}.".encode() + body
    expected = "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()
    fresh = called.isdecimal() and abs(time.time() - int(called)) < 300
    # Else a signature for one job would do for any.
    own = headers.get("webhook-id") == f"{headers.get('job-id')}.{headers.get('job-fence')}"
    # While a secret is replaced there is a signature by each of the two.
    given = headers.get("webhook-signature", "").encode().split(b" ")
    # A secret without a key would let everybody in.
    return bool(key) and fresh and own and any(hmac.compare_digest(expected.encode(), one) for one in given)


def given_to(query, body):
    """What the address and the body say, in one."""
    given = dict(parse_qsl(query))
    try:
        given.update(json.loads(body or b"{}"))
    except (ValueError, TypeError):
        raise BadInput("the body is no JSON object") from None
    return given


def number_in(value, least, most):
    if str(value).isdecimal() and least <= int(value) <= most:
        return int(value)
    raise BadInput(f"{value} is no whole number from {least} to {most}")


class Page(BaseHTTPRequestHandler):
    PAGES = {"/billing": billing, "/user-stats": user_stats}

    def do_POST(self):
        length = self.headers.get("content-length", "0")
        if not length.isdecimal():
            return self.answer(400, "the length of the body is no number")
        body = self.rfile.read(int(length))
        address = urlsplit(self.path)
        if SECRET and not is_drover(self.headers, body):
            return self.answer(401, "not signed by Drover")
        if address.path not in self.PAGES:
            return self.answer(404, "no such page")
        try:
            self.PAGES[address.path](self, given_to(address.query, body))
        except BadInput as error:
            self.answer(400, str(error))
        except urllib.error.URLError as error:  # Drover's door says no, or nothing: call again later.
            self.answer(500, error.read().decode() if isinstance(error, urllib.error.HTTPError) else str(error))

    def answer(self, status, value):
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.end_headers()
        self.line(value)

    def line(self, value):
        self.wfile.write(json.dumps(value).encode() + b"\n")
        self.wfile.flush()


if __name__ == "__main__":
    server = ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1]) if len(sys.argv) > 1 else 8000), Page)
    print(f"listening on 127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
