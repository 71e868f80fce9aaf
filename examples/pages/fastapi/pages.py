"""Two pages for Drover with FastAPI: /billing, a master that makes one child a user, and /user-stats, its child, which
tells how far it is. They know of Drover what each call says in its headers, and nothing more."""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import socket
import sys
import time
from typing import Annotated

import httpx
import uvicorn
from fastapi import Depends, FastAPI, Header, HTTPException, Query, Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, Field

SECRET = os.environ.get("DROVER_SIGNING_SECRET", "")


async def from_drover(request: Request) -> None:
    """The Standard Webhooks signature, over the body as it came."""
    if not SECRET:
        return
    key = base64.b64decode(SECRET.removeprefix("whsec_") + "==")
    called = request.headers.get("webhook-timestamp", "")
    signed = f"{request.headers.get('webhook-id', '')}.{called}.".encode() + await request.body()
    expected = b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
    fresh = called.isdecimal() and abs(time.time() - int(called)) < 300
    # Else a signature for one job would do for any.
    own = request.headers.get("webhook-id") == f"{request.headers.get('job-id')}.{request.headers.get('job-fence')}"
    # While a secret is replaced there is a signature by each of the two.
    given = request.headers.get("webhook-signature", "").encode().split(b" ")
    # A secret without a key would let everybody in.
    if not key or not fresh or not own or not any(hmac.compare_digest(expected, one) for one in given):
        raise HTTPException(401, "not signed by Drover")


app = FastAPI(dependencies=[Depends(from_drover)])


class Billing(BaseModel):
    users: int = Field(ge=1, le=1000)


@app.post("/billing")
async def billing(
    given: Billing,
    host: Annotated[str, Header()],
    job_service: Annotated[str, Header()],
    job_token: Annotated[str, Header()],
):
    children = [
        {"childKey": f"user-{user}", "endpoint": {"url": f"http://{host}/user-stats?userid={user}"}}
        for user in range(1, given.users + 1)
    ]
    async with httpx.AsyncClient(timeout=30) as client:
        # Called again, this page attaches: the same key is the same batch, the same child key the same child.
        response = await client.post(
            f"{job_service}/drover.v1.JobService/SubmitBatch",
            json={"batch": {"key": "users"}, "jobs": children},
            headers={"authorization": f"Bearer {job_token}"},
        )
    if response.is_error:
        raise HTTPException(500, response.text)
    answer = response.json()
    return {"batch": answer["batch"]["id"], "users": given.users, "existing": answer.get("existing", False)}


@app.post("/user-stats")
async def user_stats(userid: Annotated[int, Query(ge=0)]):
    async def lines():
        rows = 0
        for done in range(1, 4):
            await asyncio.sleep(0.3)  # The work.
            rows += userid
            yield line({"progress": {"done": done, "total": 3}})
        yield line({"result": {"userid": userid, "rows": rows}})

    # What is yielded is sent at once.
    return StreamingResponse(lines(), media_type="application/x-ndjson")


def line(value) -> str:
    return json.dumps(value) + "\n"


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", int(sys.argv[1])))
    print(f"listening on 127.0.0.1:{listener.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[listener])
