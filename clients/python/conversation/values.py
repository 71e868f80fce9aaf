"""The values of a conversation: resolved before they are sent; decoded, matched and made equal for all runs after.

Knows no operation and makes no call.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any


class Failed(Exception):
    """Why a step did not pass, for people."""


class Values:
    """The variables, and what of an answer is not the same in every run."""

    def __init__(self, page: str, run: str, omit: Iterable[str], mask: Iterable[str]) -> None:
        self._variables = {"page": page, "run": run}
        self._own = ((run, "${run}"), (page, "${page}"))
        self._omit = frozenset(omit)
        self._mask = frozenset(mask)

    def resolved(self, value: Any) -> Any:
        """With variables in place, and what is under ``$base64`` encoded."""
        return encoded(mapped(value, lambda text: replaced(text, self._variables)))

    def save(self, name: str, path: str, answer: Any) -> None:
        """Sets a variable to what the answer holds at a path such as ``jobIds.0``."""
        value = answer
        for key in path.split("."):
            try:
                value = value[int(key) if isinstance(value, list) else key]
            except (KeyError, IndexError, TypeError, ValueError) as error:
                raise Failed(f"there is no {path} in the answer") from error
        self._variables[name] = value if isinstance(value, str) else json.dumps(value)

    def normalised(self, value: Any, omit: Iterable[str] = ()) -> Any:
        """The same for every run, and for every language, without what a step omits too."""
        left_out = self._omit.union(omit)
        if isinstance(value, dict):
            kept = {key: part for key, part in value.items() if not key.endswith("Time") and key not in left_out}
            masked = {key: _masked(part) for key, part in kept.items() if key in self._mask}
            return {key: masked[key] if key in masked else self.normalised(part, omit) for key, part in kept.items()}
        if isinstance(value, list):
            return [self.normalised(part, omit) for part in value]
        if isinstance(value, str):
            for own, name in self._own:
                value = value.replace(own, name)
        return value


def _masked(value: Any) -> Any:
    return ["*" for _ in value] if isinstance(value, list) else "*"


def replaced(text: str, variables: Mapping[str, str]) -> str:
    """``${name}`` by what it stands for; a name that is not set stays."""
    return re.sub(r"\$\{(\w+)\}", lambda match: variables.get(match[1], match[0]), text)


def mapped(value: Any, change: Callable[[str], str]) -> Any:
    """Every string changed, keys left alone."""
    if isinstance(value, dict):
        return {key: mapped(part, change) for key, part in value.items()}
    if isinstance(value, list):
        return [mapped(part, change) for part in value]
    return change(value) if isinstance(value, str) else value


def encoded(value: Any) -> Any:
    """``{"$base64": …}`` as base64 of its JSON, from the inside out."""
    if isinstance(value, list):
        return [encoded(part) for part in value]
    if not isinstance(value, dict):
        return value
    parts = {key: encoded(part) for key, part in value.items()}
    if parts.keys() != {"$base64"}:
        return parts
    return base64.b64encode(json.dumps(parts["$base64"], ensure_ascii=False).encode()).decode()


def decoded(value: Any) -> Any:
    """Payloads and results as the JSON that they hold, from the outside in."""
    if isinstance(value, list):
        return [decoded(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {key: decoded(_read(part) if key in ("payload", "result") else part) for key, part in value.items()}


def _read(value: Any) -> Any:
    if not isinstance(value, str) or value == "":
        return value
    try:
        return json.loads(base64.b64decode(value, validate=True))
    except ValueError as error:
        raise Failed(f"{value!r} is no JSON in base64") from error


def mismatch(expected: Any, got: Any, where: str) -> str | None:
    """The first place where the answer is not what is expected, or None."""
    if expected == "*":
        return None
    if isinstance(expected, dict) and isinstance(got, dict):
        for key, part in expected.items():
            if part is None:
                if key in got:
                    return f"{where}.{key} is {got[key]!r}, and nothing was expected"
                continue
            if key not in got:
                return f"{where}.{key} is missing"
            why = mismatch(part, got[key], f"{where}.{key}")
            if why is not None:
                return why
        return None
    if isinstance(expected, list) and isinstance(got, list):
        if len(expected) != len(got):
            return f"{where} has {len(got)} items, and {len(expected)} were expected"
        whys = (mismatch(part, got[place], f"{where}.{place}") for place, part in enumerate(expected))
        return next((why for why in whys if why is not None), None)
    if isinstance(expected, bool) == isinstance(got, bool) and expected == got:
        return None
    return f"{where} is {got!r}, and {expected!r} was expected"
