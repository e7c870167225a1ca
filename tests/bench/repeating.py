"""Having recorded requests made again by a script, as the floor of what made them first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.bench.processes import result_of
from tests.bench.world import Recorded

_AT_ONCE = 16


@dataclass(frozen=True, slots=True)
class Repeated:
    """What the same requests cost a script: seconds, and seconds of processor time."""

    seconds: float
    processor: float
    refused: int


async def repeated(
    requests: Sequence[Recorded], folder: Path, *, paced: bool = False, at_once: int = _AT_ONCE
) -> Repeated:
    """
    Make the same requests again.

    Args:
        paced: At the same distances as the first time; otherwise as fast as they are answered.
    """
    file = folder / "requests.json"
    file.write_text(json.dumps([request.as_json() for request in requests]), "utf-8")
    given = {"file": str(file), "paced": paced, "at_once": at_once}
    answer = await result_of("tests.bench.floors.repeating", given)
    return Repeated(answer["seconds"], answer["processor"], answer["refused"])
