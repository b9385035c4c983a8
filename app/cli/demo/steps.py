"""What every way of the demo is made of: a phone's requests, forms as a page gives them, and a line for each step."""

import html
import re
import time
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import urljoin

import httpx

from app.cli.demo.printing import Printer
from app.cli.output import say

PATIENCE_S: Final = 60.0


class WalkFailed(Exception):
    """A step of the way did not lead where it must."""


class Stopwatch:
    """Tells each step with the time since the one before."""

    def __init__(self, printer: Printer) -> None:
        self._teller = printer
        self._last = time.perf_counter()

    def step(self, label: str, what: str) -> None:
        """One step that went well."""
        now = time.perf_counter()
        self._teller.step(label, what, now - self._last)
        self._last = now


def expect(answer: httpx.Response, status: int, step: str) -> httpx.Response:
    """The answer, where it has this status.

    Raises:
        WalkFailed: it has another.
    """
    if answer.status_code != status:
        seen = f"{answer.status_code}：{' '.join(title_of(answer.text).split())[:80] or answer.url.path}"
        raise WalkFailed(say(f"{step}：应为 {status}，得到 {seen}", f"{step}: {status} expected, not {seen}"))
    return answer


def follow(answer: httpx.Response, here: str, step: str) -> str:
    """Where an answer leads on to.

    Raises:
        WalkFailed: nowhere.
    """
    return urljoin(here, expect(answer, 303, step).headers["location"])


def read_json(phone: httpx.Client, url: str) -> Any:  # noqa: ANN401 - whatever the API tells
    """What the API tells.

    Raises:
        WalkFailed: it refuses.
    """
    return expect(phone.get(url), 200, url).json()


def wait_until(is_so: Callable[[], bool], failure: str, *, every_s: float = 0.02) -> None:
    """Wait until it is so.

    Raises:
        WalkFailed: it never was, which `failure` says.
    """
    deadline = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > deadline:
            raise WalkFailed(say(f"{PATIENCE_S:.0f} 秒内{failure}", f"{failure} within {PATIENCE_S:.0f} s"))
        time.sleep(every_s)


def fields_of(page: str) -> dict[str, str]:
    """The hidden fields of a page's forms, as a browser would send them."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page)
    return {name: html.unescape(value) for name, value in found}


def title_of(page: str) -> str:
    """A page's title."""
    match = re.search(r"<title>(.*?)</title>", page, re.DOTALL)
    return html.unescape(match[1]).strip() if match else ""


def own_page(url: str) -> dict[str, str]:
    """What a browser says when its own page sends a form."""
    return {"origin": "/".join(url.split("/", 3)[:3]), "sec-fetch-site": "same-origin"}
