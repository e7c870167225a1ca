"""The image and the ways to run it, read as text: no engine is needed to see that they keep their promises."""

from __future__ import annotations

import ast
import http.server
import json
import re
import shlex
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from fnmatch import fnmatch

import pytest
import yaml

from tests.support.shell import PROJECT, environment


def read(name: str) -> str:
    return (PROJECT / name).read_text("utf-8")


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile as (instruction, rest), line continuations joined."""
    joined = re.sub(r"\\\n\s*", " ", read("Dockerfile"))
    lines = [line for line in joined.splitlines() if line.strip() and not line.startswith("#")]
    return [(line.split(maxsplit=1)[0], line.split(maxsplit=1)[1]) for line in lines]


def last_stage() -> list[tuple[str, str]]:
    found = instructions()
    start = max(index for index, (name, _) in enumerate(found) if name == "FROM")
    return found[start:]


def value(name: str) -> str:
    """What the last stage says about an instruction that stands there once."""
    (found,) = [rest for instruction, rest in last_stage() if instruction == name]
    return found


def image_environment() -> dict[str, str]:
    return dict(pair.split("=", 1) for pair in shlex.split(value("ENV")))


def test_it_is_built_in_stages_from_a_slim_image() -> None:
    """What builds it does not stay in it."""
    froms = [rest for name, rest in instructions() if name == "FROM"]
    assert len(froms) == 2
    assert all(re.match(r"python:3\.\d+-slim\b", rest) for rest in froms)
    assert not any(name == "COPY" and "--from=" not in rest for name, rest in last_stage())


def test_only_locked_packages_are_installed_and_checked() -> None:
    """Every `pip install` but that of shopbell itself asks for hashes, and that one asks nobody else."""
    runs = " && ".join(rest for name, rest in instructions() if name == "RUN")
    installs = re.findall(r"pip install ([^&]*)", runs)
    assert len(installs) == 2
    assert "--require-hashes -r requirements.lock" in installs[0]
    assert {"--no-index", "--no-deps", "--no-build-isolation"} <= set(installs[1].split())


def test_it_does_not_run_as_root() -> None:
    """The user is set in the last stage, before what it runs, and is not root."""
    names = [name for name, _ in last_stage()]
    assert value("USER") not in ("root", "0")
    assert names.index("USER") < names.index("ENTRYPOINT")
    assert f"--owner={value('USER')}" in value("RUN")


def test_its_state_is_in_a_volume() -> None:
    """The database lies in `/data`, which outlives the container and belongs to the user before it is a volume."""
    names = [name for name, _ in last_stage()]
    assert json.loads(value("VOLUME")) == ["/data"]
    assert image_environment()["DATABASE_PATH"] == "/data/shopbell.db"
    assert names.index("RUN") < names.index("VOLUME")


def test_a_signal_reaches_the_process() -> None:
    """Without a shell in between, SIGTERM goes to shopbell, which stops cleanly."""
    assert json.loads(value("ENTRYPOINT")) == ["shopbell"]
    assert json.loads(value("CMD")) == ["run"]
    assert value("STOPSIGNAL") == "SIGTERM"


@contextmanager
def answering(status: int) -> Iterator[int]:
    """A server that answers `/healthz` with this status; yields its port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(status if self.path == "/healthz" else 404)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield server.server_port
        finally:
            server.shutdown()
            thread.join()


def health_check(port: int) -> int:
    """Carry out what HEALTHCHECK says; its exit code."""
    command = json.loads(value("HEALTHCHECK").split(" CMD ")[1])
    assert command[0] == "python"
    ast.parse(command[2])
    settings = {**image_environment(), "HTTP_PORT": str(port), "PATH": "", "http_proxy": "http://127.0.0.1:9"}
    done = subprocess.run(
        [sys.executable, *command[1:]],
        env=environment(settings),
        capture_output=True,
        timeout=30,
        check=False,
    )
    return done.returncode


@pytest.mark.parametrize(("status", "code"), [(200, 0), (503, 1), (404, 1)])
def test_the_health_check_says_what_healthz_says(status: int, code: int) -> None:
    """Carried out as it stands, it succeeds with 200 only, and no proxy setting leads it astray."""
    assert image_environment()["HTTP_PORT"] == "8080"
    with answering(status) as port:
        assert health_check(port) == code


def test_the_health_check_fails_when_nobody_listens() -> None:
    """A process that is not there is not healthy."""
    with answering(200) as port:
        pass
    assert health_check(port) == 1


def test_nothing_private_gets_into_the_image() -> None:
    """Only what is named is sent to the builder: never a `.env`, a database or the repository."""
    lines = [line for line in read(".dockerignore").splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    allowed = {line[1:] for line in lines if line.startswith("!")}
    copied = {
        source.rstrip("/").removeprefix("./")
        for name, rest in instructions()
        if name == "COPY" and "--from=" not in rest
        for source in rest.split()[:-1]
    }
    assert copied == allowed
    private = (".env", "shopbell.db", "shopbell.db-wal", ".git", ".venv", "tests")
    assert not any(fnmatch(name, pattern) for name in private for pattern in allowed)
    assert all((PROJECT / name).exists() for name in allowed)


def test_compose_runs_it_with_little_and_stops_it_gently() -> None:
    """State in a named volume, nothing else writable, no privileges, and longer to stop than a clean stop takes."""
    service = yaml.safe_load(read("compose.yaml"))["services"]["shopbell"]
    assert service["volumes"] == ["data:/data"]
    assert service["env_file"] == ".env"
    assert service["restart"] == "unless-stopped"
    assert service["stop_grace_period"] == "15s"
    assert (service["read_only"], service["tmpfs"], service["cap_drop"]) == (True, ["/tmp"], ["ALL"])
    assert service["ports"] == ["127.0.0.1:8080:8080"]
    assert "data" in yaml.safe_load(read("compose.yaml"))["volumes"]
