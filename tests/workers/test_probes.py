"""A worker's port says alive, ready or leaving, and what is counted; also when its loop hangs."""

import asyncio
from collections.abc import AsyncIterator
from threading import Thread

import httpx
import pytest

from config.places import migration_head
from tests.conftest import Stand
from workers.probes import Health, PortTaken, probes


class Port:
    """A worker's port, asked as a supervisor does."""

    def __init__(self, number: int, health: Health) -> None:
        self.number = number
        self.health = health

    def get(self, path: str) -> httpx.Response:
        return httpx.get(f"http://127.0.0.1:{self.number}{path}", trust_env=False, timeout=10)

    async def status(self, path: str) -> tuple[int, str]:
        answer = await asyncio.to_thread(self.get, path)
        return answer.status_code, answer.json()["status"]


@pytest.fixture
async def port(database: Stand) -> AsyncIterator[Port]:
    health = Health(migration_head())
    with probes("127.0.0.1", 0, health) as number:
        yield Port(number, health)


async def test_a_worker_is_ready_once_it_works_and_says_when_it_leaves(port: Port) -> None:
    told = [await port.status("/readyz")]
    port.health.is_ready = True
    told.append(await port.status("/readyz"))
    port.health.is_stopping = True
    told.append(await port.status("/readyz"))

    assert told == [(503, "starting"), (200, "ready"), (503, "stopping")]
    assert await port.status("/livez") == (200, "ok")


async def test_a_worker_whose_loop_hangs_says_so_itself(port: Port, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("workers.probes.ANSWERS_S", 0.1)
    told: list[httpx.Response] = []
    supervisor = Thread(target=lambda: told.append(port.get("/livez")))
    supervisor.start()
    supervisor.join()  # the loop of the worker hangs until there is an answer

    assert (told[0].status_code, told[0].json()["status"]) == (503, "slow")


async def test_a_worker_tells_its_metrics_and_nothing_else(port: Port) -> None:
    answer = await asyncio.to_thread(port.get, "/metrics")
    assert "# TYPE job_duration_seconds histogram" in answer.text
    assert (await asyncio.to_thread(port.get, "/")).status_code == 404


async def test_a_port_that_somebody_has_is_refused_by_a_fact(port: Port) -> None:
    with pytest.raises(PortTaken), probes("127.0.0.1", port.number, port.health):
        pass
