"""One run of one measurement, in a process of its own: `python -m tests.bench.one_run NAME FOLDER SHARED SCALE RUN`."""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import cast

from tests.bench.rows import measure_of
from tests.bench.setting import Scale, Setting

READINGS = "readings.json"


async def main(name: str, folder: Path, shared: Path, scale: str, run: str) -> None:
    setting = Setting(folder=folder, shared=shared, scale=cast("Scale", scale), run=int(run))
    readings = await measure_of(name)(setting)
    found = {each: [reading.value, reading.floor] for each, reading in readings.items()}
    (folder / READINGS).write_text(json.dumps(found), "utf-8")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], sys.argv[5]))
