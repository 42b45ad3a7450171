"""The files in ``deploy``: they name settings that there are, and run the service without rights."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from app.settings.source import MAY_BE_FILES
from config import ROOT, all_settings

pytestmark = pytest.mark.e2e

DEPLOY = ROOT / "deploy"
KNOWN = {it.variable for it in all_settings()} | {f"{name}_FILE" for name in MAY_BE_FILES}
FILES = ("Dockerfile", "kubernetes.yaml", "watchword.service")


@pytest.fixture(scope="module")
def documents() -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / "kubernetes.yaml").read_text()))


@pytest.fixture(scope="module")
def pod(documents) -> dict[str, Any]:
    found: dict[str, Any] = documents[0]["spec"]["template"]["spec"]
    return found


@pytest.mark.parametrize("name", FILES)
def test_a_file_names_only_settings_that_there_are(name: str):
    named = set(
        re.findall(r"\b(?:WATCHWORD_[A-Z0-9_]+|WEB_CONCURRENCY)\b", (DEPLOY / name).read_text())
    )
    assert named <= KNOWN


def test_the_unit_is_the_one_that_readme_prints():
    assert (
        f"```ini\n{(DEPLOY / 'watchword.service').read_text()}```"
        in (ROOT / "README.md").read_text()
    )


def test_the_image_has_what_the_service_reads_and_no_rights():
    lines = (DEPLOY / "Dockerfile").read_text().splitlines()
    copied = {part for line in lines if line.startswith("COPY") for part in line.split()[1:-1]}
    assert all((ROOT / part).exists() for part in copied)
    assert {"app", "migrations", "config.py", "wsgi.py", "gunicorn.conf.py"} <= copied
    assert "USER 10001:10001" in lines
    assert any(line.startswith("HEALTHCHECK") and "/healthz" in line for line in lines)


def test_the_image_is_linted_without_a_word():
    """By hadolint, which requirements-dev.txt installs beside the interpreter."""
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [hadolint, DEPLOY / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (0, "")


def test_every_container_is_without_rights_and_writes_nowhere(pod):
    assert pod["securityContext"]["runAsNonRoot"] is True
    for container in (*pod["initContainers"], *pod["containers"]):
        context = container["securityContext"]
        assert context["readOnlyRootFilesystem"] is True
        assert context["allowPrivilegeEscalation"] is False
        assert context["capabilities"] == {"drop": ["ALL"]}


def test_every_secret_is_a_file_that_is_mounted(pod):
    (container,) = pod["containers"]
    given = {it["name"]: it["value"] for it in container["env"]}
    assert {f"{name}_FILE" for name in MAY_BE_FILES} <= set(given)
    assert not set(MAY_BE_FILES) & set(given)
    mounted = [mount["mountPath"] for mount in container["volumeMounts"]]
    for name in MAY_BE_FILES:
        assert given[f"{name}_FILE"].rpartition("/")[0] in mounted


def test_the_probes_ask_for_health_and_readiness(pod):
    (container,) = pod["containers"]
    assert container["livenessProbe"]["httpGet"]["path"] == "/healthz"
    assert container["readinessProbe"]["httpGet"]["path"] == "/readyz"
