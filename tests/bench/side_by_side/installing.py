"""The other projects in virtual environments of their own: none of their packages is one of ours."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

PACKAGES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {"errbot": ("errbot", "errbot-backend-slackv3"), "opsdroid": ("opsdroid[connector-slack]", "setuptools<81")}
)
_SECONDS = 600


@dataclass(frozen=True, slots=True)
class Installed:
    """
    One project.

    Attributes:
        python: With which it runs; None: it could not be installed.
        told: Its version, or why it could not be installed.
    """

    python: Path | None
    told: str


def install(name: str, shared: Path) -> Installed:
    """Install a project, or find it where it was installed before. Never raises: what goes wrong is told."""
    folder = shared / name
    python, problem = folder / "bin" / "python", folder / "problem"
    try:
        if problem.exists():
            return Installed(None, problem.read_text("utf-8"))
        if not (folder / "done").exists():
            _run([sys.executable, "-m", "venv", "--clear", str(folder)])
            _run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *PACKAGES[name]])
            (folder / "done").touch()
        shown = _run([str(python), "-c", f"from importlib.metadata import version; print(version({name!r}))"])
    except (subprocess.SubprocessError, OSError) as error:
        output = getattr(error, "stderr", None) or str(error)
        folder.mkdir(exist_ok=True)
        problem.write_text(output.strip().splitlines()[-1][:300], "utf-8")
        return Installed(None, problem.read_text("utf-8"))
    return Installed(python, shown.strip())


def _run(command: list[str]) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True, timeout=_SECONDS).stdout
