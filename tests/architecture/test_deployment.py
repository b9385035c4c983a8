"""The manifests and the Compose file begin what there is, with what it needs to be watched, ended and kept in bounds."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from app.cli import main
from config.settings import PROJECT, Settings, environment_name

FOLDER: Final = PROJECT / "deploy/kubernetes"
KINDS: Final = {"serve": "http", "settle": "health", "render": "health"}
"""What runs for good, and the name of the port that tells how it is."""


def documents(path: Path) -> list[dict[str, Any]]:
    return [one for one in yaml.safe_load_all(path.read_text("utf-8")) if one]


ALL: Final = [one for path in sorted(FOLDER.glob("*.yaml")) for one in documents(path)]


def of_kind(kind: str) -> dict[str, dict[str, Any]]:
    return {one["metadata"]["name"]: one for one in ALL if one["kind"] == kind}


def pods() -> Iterator[tuple[str, dict[str, Any]]]:
    for one in ALL:
        if one["kind"] in {"Deployment", "Job"}:
            yield one["metadata"]["name"], one["spec"]["template"]["spec"]


def knobs() -> set[str]:
    return {environment_name(name) for name in Settings.__dataclass_fields__} | {"DIANDIAN_SECRET_FILE"}


@pytest.mark.parametrize(("name", "pod"), [pytest.param(name, pod, id=name) for name, pod in pods()])
def test_every_pod_runs_a_verb_of_ours_as_nobody_within_bounds_and_with_its_secrets_as_files(
    name: str, pod: dict[str, Any]
) -> None:
    (container,) = pod["containers"]
    verb, *options = container["args"]
    known = {word for option in main.commands[verb].params for word in option.opts}
    assert {word for word in options if word.startswith("--")} <= known, name
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False, "readOnlyRootFilesystem": True, "capabilities": {"drop": ["ALL"]},
    }  # fmt: skip
    assert {"cpu", "memory"} <= container["resources"]["requests"].keys()
    assert "memory" in container["resources"]["limits"]
    assert "secretKeyRef" not in str(pod), "a secret in the environment is told to every child and every crash report"
    mounted = {one["name"] for one in container["volumeMounts"]}
    assert mounted == {one["name"] for one in pod["volumes"]}
    for one in container.get("env", []):
        assert one["name"].removesuffix("_FILE") in knobs(), one


@pytest.mark.parametrize(("name", "port"), KINDS.items())
def test_whatever_runs_for_good_is_asked_how_it_is_and_is_never_away_altogether(name: str, port: str) -> None:
    deployment = of_kind("Deployment")[name]
    pod = deployment["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert [one["name"] for one in container["ports"]] == [port]
    asked = {probe: container[probe]["httpGet"] for probe in ("startupProbe", "readinessProbe", "livenessProbe")}
    assert {one["port"] for one in asked.values()} == {port}
    assert (asked["readinessProbe"]["path"], asked["livenessProbe"]["path"]) == ("/readyz", "/livez")
    assert deployment["spec"]["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
    assert deployment["spec"]["replicas"] > of_kind("PodDisruptionBudget")[name]["spec"]["maxUnavailable"]
    assert of_kind("PodDisruptionBudget")[name]["spec"]["selector"] == deployment["spec"]["selector"]


def test_who_drains_has_the_time_for_it() -> None:
    drain_s = int(of_kind("ConfigMap")["diandian-settings"]["data"]["DIANDIAN_DRAIN_S"])
    assert of_kind("Deployment")["serve"]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] >= drain_s + 20


def test_every_setting_is_one_of_ours() -> None:
    assert of_kind("ConfigMap")["diandian-settings"]["data"].keys() <= knobs()


def test_the_api_is_told_how_many_processes_share_a_limit() -> None:
    deployment = of_kind("Deployment")["serve"]
    (container,) = deployment["spec"]["template"]["spec"]["containers"]
    processes = int(container["args"][container["args"].index("--processes") + 1])
    told = of_kind("ConfigMap")["diandian-settings"]["data"]["DIANDIAN_API_PROCESSES"]
    assert int(told) == processes * deployment["spec"]["replicas"]


def test_nobody_is_spoken_with_who_is_not_named() -> None:
    policies = of_kind("NetworkPolicy")
    assert policies["closed"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    (open_to_all,) = [
        to["ipBlock"]
        for rule in policies["out"]["spec"]["egress"]
        for to in rule["to"]
        if to.get("ipBlock", {}).get("cidr") == "0.0.0.0/0"
    ]
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"} == set(open_to_all["except"])


def test_every_file_is_applied_but_the_job_that_goes_before() -> None:
    (kustomization,) = documents(FOLDER / "kustomization.yaml")
    there = {path.name for path in FOLDER.glob("*.yaml")}
    assert set(kustomization["resources"]) == there - {"kustomization.yaml", "migrate.yaml"}


def test_the_manifests_are_of_the_published_schemas() -> None:
    validate = pytest.importorskip("kubernetes_validate", reason="kubernetes-validate is not installed")
    for one in ALL:
        if one["kind"] != "Kustomization":
            validate.validate(one, "1.31", strict=True)


COMPOSE: Final = yaml.safe_load((PROJECT / "compose.yaml").read_text("utf-8"))


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_compose_keeps_each_service_in_bounds_and_asks_it_how_it_is(name: str) -> None:
    service = COMPOSE["services"][name]
    assert "mem_limit" in service
    assert service["read_only"] is True
    assert "healthcheck" in service or name == "migrate"


def test_compose_tells_no_secret_by_environment_or_command_line() -> None:
    for name, service in COMPOSE["services"].items():
        told = service.get("environment", {})
        assert {key for key in told if "PASSWORD" in key or key.endswith("_URL")} <= {
            "POSTGRES_PASSWORD_FILE", "DIANDIAN_PUBLIC_URL",
        }, name  # fmt: skip
        assert set(service.get("secrets", ())) <= COMPOSE["secrets"].keys()
        assert "$" not in str(service.get("command")), name
        for key in told:
            if key.startswith(("DIANDIAN_", "DATABASE_")):
                assert key.removesuffix("_FILE") in knobs() or key in knobs(), key
