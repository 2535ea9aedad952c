"""What agents/deploy says to engines that can't run here: linted where a linter is, and consistent in itself."""

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
DEPLOY = ROOT / "agents" / "deploy"
VARIABLE = re.compile(r"\$\{[A-Z_]+:-[^}]*\}")


@pytest.fixture(scope="module")
def compose() -> dict[str, Any]:
    return dict(yaml.safe_load((DEPLOY / "compose.yaml").read_text()))


def test_every_service_has_an_image_or_is_built_and_leans_on_services_and_volumes_that_are_there(
    compose,
) -> None:
    services, volumes = compose["services"], compose["volumes"]
    used = set()
    for name, service in services.items():
        assert ("image" in service) != ("build" in service), name
        assert set(service.get("depends_on", [])) <= set(services), name
        mounted = {one.partition(":")[0] for one in service.get("volumes", [])}
        assert mounted <= set(volumes), name
        used |= mounted
    assert used == set(volumes)


def test_the_agent_knows_the_three_addresses_and_nothing_is_open_to_other_machines(compose) -> None:
    said = compose["services"]["agent"]["environment"]
    for variable, port in (("CLEARML_API_HOST", 8008), ("CLEARML_FILES_HOST", 8081)):
        host, _, given = said[variable].removeprefix("http://").partition(":")
        assert host in compose["services"] and int(given) == port
    published = [one for service in compose["services"].values() for one in service.get("ports", [])]
    assert len(published) == 3 and all(one.startswith("127.0.0.1:") for one in published)
    text = (DEPLOY / "compose.yaml").read_text()
    assert len(VARIABLE.findall(text)) == text.count("${"), (
        "a variable without a default fails before it is set"
    )


def test_what_the_image_is_built_from_is_there_and_let_in(compose) -> None:
    build = compose["services"]["agent"]["build"]
    context = (DEPLOY / build["context"]).resolve()
    assert context == ROOT and (context / build["dockerfile"]).is_file()
    text = (DEPLOY / "agent.Dockerfile").read_text()
    ignored = (ROOT / ".dockerignore").read_text().split()
    for source in re.findall(r"^COPY (\S+)", text, re.MULTILINE):
        assert (ROOT / source).exists() and ("*" not in ignored or f"!{source}" in ignored), source


def test_the_glue_asks_for_one_gpu_and_shared_memory_and_holds_no_keys() -> None:
    glue = yaml.safe_load((DEPLOY / "glue-values.yaml").read_text())
    pod = glue["agentK8sGlue"]["basePodTemplate"]
    assert set(glue) == {"agentK8sGlue"}, "keys are given on the command line, not kept in a file"
    assert pod["resources"]["limits"]["nvidia.com/gpu"] == 1
    assert [one["mountPath"] for one in pod["volumeMounts"]] == ["/dev/shm"]
    assert {one["name"] for one in pod["volumeMounts"]} == {one["name"] for one in pod["volumes"]}


def test_the_linter_has_nothing_to_say_of_the_agents_image() -> None:
    assert said_by("hadolint", str(DEPLOY / "agent.Dockerfile")) == ""


def said_by(tool: str, *words: str) -> str:
    """What a tool of requirements-dev.txt says; skips where it is not installed."""
    found = shutil.which(tool, path=str(Path(sys.executable).parent)) or shutil.which(tool)
    if found is None:
        pytest.skip(f"{tool} is not installed")
    done = subprocess.run([found, *words], capture_output=True, text=True, timeout=60)
    return done.stdout + done.stderr if done.returncode else ""


def test_the_compose_file_is_one_by_the_specification(compose, tmp_path: Path) -> None:
    check = ("check-jsonschema", "--builtin-schema", "vendor.compose-spec")
    assert said_by(*check, str(DEPLOY / "compose.yaml")) == ""
    compose["services"]["redis"]["restrat"] = "always"
    (tmp_path / "wrong.yaml").write_text(yaml.safe_dump(compose))
    assert "restrat" in said_by(*check, str(tmp_path / "wrong.yaml"))


def test_the_yaml_files_say_nothing_twice_and_nothing_that_is_read_otherwise(tmp_path: Path) -> None:
    rules = "{extends: default, rules: {line-length: {max: 125}, document-start: disable}}"
    assert said_by("yamllint", "--strict", "-d", rules, str(DEPLOY)) == ""
    (tmp_path / "wrong.yaml").write_text("a: 1\na: yes\n")
    told = said_by("yamllint", "--strict", "-d", rules, str(tmp_path))
    assert "key-duplicates" in told and "truthy" in told
