"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated

import typer

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
OneStore = Annotated[str | None, typer.Option("--store", help="Only this store.")]
