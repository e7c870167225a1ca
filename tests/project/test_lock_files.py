"""The locks: which bytes are installed, here and in the image."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import version

import pytest

from tests.support.shell import PROJECT

LOCKS = ["requirements.lock", "requirements-dev.lock"]


def locked(name: str) -> dict[str, list[str]]:
    """Each locked package, `name==version`, with its hashes."""
    found: dict[str, list[str]] = {}
    for line in re.sub(r"\\\n\s*", " ", (PROJECT / name).read_text("utf-8")).splitlines():
        if line and not line.startswith(("#", " ")):
            package, *hashes = line.split(" --hash=")
            found[package.split(";")[0].strip()] = [each.strip() for each in hashes]
    return found


def names(packages: dict[str, list[str]]) -> set[str]:
    return {package.split("==")[0] for package in packages}


def wanted(requirements: list[str]) -> set[str]:
    """The packages that these requirements name, as a lock writes them."""
    return {re.sub(r"[-_.]+", "-", re.split(r"[<>=!~;\[ ]", each)[0]).lower() for each in requirements}


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_has_one_version_and_hashes(name: str) -> None:
    """pip installs these bytes or nothing."""
    packages = locked(name)
    assert len(packages) > 20
    assert len(names(packages)) == len(packages)
    assert all(re.fullmatch(r"[a-z0-9-]+==[^=]+", package) for package in packages)
    assert all(hashes and all(each.startswith("sha256:") for each in hashes) for hashes in packages.values())


@pytest.mark.parametrize("name", LOCKS)
def test_no_address_and_no_machine_stands_in_it(name: str) -> None:
    """Where packages come from is for whoever installs them to say."""
    text = (PROJECT / name).read_text("utf-8")
    assert not re.search(r"https?://|file:|--index|--find-links|--trusted|(?:^|[\s=\"'])~?/\w", text)


def test_what_runs_is_what_was_tested() -> None:
    """Each package of the running image has the same version where the tests run."""
    assert set(locked("requirements.lock")) <= set(locked("requirements-dev.lock"))


def test_everything_that_is_asked_for_is_locked() -> None:
    """What pyproject.toml names is in the locks, and what is for developers only is not in the image."""
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text("utf-8"))["project"]
    extras = {extra: wanted(each) for extra, each in project["optional-dependencies"].items()}
    runtime = names(locked("requirements.lock"))
    assert wanted(project["dependencies"]) | extras["build"] <= runtime
    assert extras["build"] | extras["dev"] <= names(locked("requirements-dev.lock"))
    assert not (extras["dev"] - wanted(project["dependencies"])) & runtime


@pytest.mark.parametrize("package", ["discord-py", "slack-bolt", "httpx", "pydantic"])
def test_the_tests_run_on_what_is_locked(package: str) -> None:
    """These very versions are installed here."""
    assert f"{package}=={version(package)}" in locked("requirements.lock")
