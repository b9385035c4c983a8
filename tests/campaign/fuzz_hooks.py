"""What schemathesis is told of us: a token as a citizen has one, an address of their own, things that exist; what it saw.

Read by schemathesis through `SCHEMATHESIS_HOOKS`. Every answer becomes a line of the file in `FUZZ_TOLD`.
"""

import json
import os
import random

import httpx
import schemathesis

BASE, SCENE, TOLD = os.environ["FUZZ_BASE"], os.environ["FUZZ_SCENE"], os.environ["FUZZ_TOLD"]
_chance = random.Random(int(os.environ["FUZZ_SEED"]))
_tokens: list[str] = []


def _address() -> str:
    return ".".join(str(_chance.randint(1, 250)) for _ in range(4))


def _token() -> str:
    """One of twenty guests', begun as a phone begins one; some of them sign out meanwhile."""
    if len(_tokens) < 20 or _chance.random() < 0.02:
        headers = {"x-forwarded-for": _address()}
        answer = httpx.post(f"{BASE}/api/v1/sessions/guest", headers=headers, trust_env=False, timeout=30)
        answer.raise_for_status()
        _tokens.append(answer.json()["token"])
    return _chance.choice(_tokens)


@schemathesis.hook
def before_call(_context, case, _options) -> None:
    """Lead most cases past the first wall: a known scene, a living token; the rest meets the wall."""
    case.headers = {**(case.headers or {}), "x-forwarded-for": _address()}
    if _chance.random() < 0.9:
        case.headers["authorization"] = f"Bearer {_token()}"
    if "code" in (case.path_parameters or {}) and _chance.random() < 0.5:
        case.path_parameters["code"] = SCENE
    if isinstance(case.body, dict) and "scene" in case.body and _chance.random() < 0.7:
        case.body["scene"] = SCENE


@schemathesis.hook
def after_call(_context, case, response) -> None:
    """One line for each answer; of those that should not be, what was asked."""
    told = {"operation": case.operation.label, "status": response.status_code, "s": round(response.elapsed, 3)}
    if response.status_code >= 500:
        told |= {"asked": case.as_curl_command()[:2_000], "said": response.text[:500]}
    with open(TOLD, "a", encoding="utf-8") as file:  # noqa: PTH123 - a line each, from several threads
        file.write(json.dumps(told, default=str) + "\n")
