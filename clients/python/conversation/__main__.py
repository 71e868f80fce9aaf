"""Runs the steps of a conversation in order and prints a line of JSON for each.

Owns the command, its lines and its exit code. What steps mean stands in ``test/clients/README.md`` of the repository.
"""

from __future__ import annotations

import argparse
import json
import sys
import uuid
from pathlib import Path
from typing import Any

from drover import connect

from .operations import Operations
from .pages import Pages
from .values import Failed, Values, decoded, mismatch


def main() -> int:
    """0 if all steps passed."""
    parser = argparse.ArgumentParser(prog="conversation", description=__doc__)
    parser.add_argument("--grpc", required=True, metavar="HOST:PORT", help="the server's gRPC door")
    parser.add_argument("--http", required=True, metavar="URL", help="the server's HTTP door")
    parser.add_argument("--conversation", required=True, type=Path, metavar="FILE")
    parser.add_argument("--secret", required=True, help="what the server signs its calls with: whsec_…")
    given = parser.parse_args()
    talk = json.loads(given.conversation.read_text(encoding="utf-8"))
    with connect(given.grpc) as client, Pages(client, given.secret) as pages:
        values = Values(page=pages.url, run=f"py-{uuid.uuid4().hex[:12]}", omit=talk["omit"], mask=talk["mask"])
        operations = Operations(client, pages)
        passed = 0
        for number, step in enumerate(talk["steps"], 1):
            line = {"step": number, "name": step["name"], **_done(step, values, operations)}
            print(json.dumps(line, ensure_ascii=False), flush=True)
            if not line["ok"]:
                break
            passed += 1
    print(f"{passed} of {len(talk['steps'])} steps passed", flush=True)
    return 0 if passed == len(talk["steps"]) else 1


def _done(step: dict[str, Any], values: Values, operations: Operations) -> dict[str, Any]:
    got: Any = None
    try:
        got = decoded(operations.do(step["do"], values.resolved(step.get("with", {}))))
        expected = values.resolved(step.get("expect", {}))
        why = mismatch(expected, got, "the answer")
        if why is None and "error" in got and "error" not in expected:
            why = f"the answer is an error: {got['error']}"
        if why is None:
            for name, path in step.get("save", {}).items():
                values.save(name, path, got)
    except Failed as failure:
        why = str(failure)
    return {
        "ok": why is None,
        "got": values.normalised(got, step.get("omit", ())),
        **({} if why is None else {"why": why}),
    }


if __name__ == "__main__":
    sys.exit(main())
