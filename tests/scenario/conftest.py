"""The stage of a scenario, as its test asks for it."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.support.stage.stage import Stage, set_stage


@pytest.fixture
async def stage(request: pytest.FixtureRequest) -> AsyncIterator[Stage]:
    """
    The whole bridge on a practice world; what happened on it is checked when the test is over.

    The arguments of the mark `scenario` are those of `set_stage`.
    """
    mark = request.node.get_closest_marker("scenario")
    arguments, settings = (mark.args, mark.kwargs) if mark is not None else ((), {})
    async with set_stage(*arguments, **settings) as here:
        yield here
