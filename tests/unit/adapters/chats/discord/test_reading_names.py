"""The names of files, as the agents who send them see them."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from adapters.chats.discord.reading import _name_of


@pytest.mark.parametrize(
    ("filename", "title", "name"),
    [
        ("key.png", None, "key.png"),
        ("Rechnung_Mrz.pdf", "Rechnung März", "Rechnung März.pdf"),
        (".pdf", "накладная", "накладная.pdf"),
        ("key.PNG", "my.png", "my.png"),
        ("README", "LIES MICH", "LIES MICH"),
        ("a.tar.gz", "ä.tar", "ä.tar.gz"),
    ],
)
def test_a_file_has_the_name_that_its_sender_sees(filename: str, title: str | None, name: str) -> None:
    """Discord takes letters beyond ASCII out of `filename`, and keeps the name without its ending in `title`."""
    file = SimpleNamespace(filename=filename, title=title)
    assert _name_of(file) == name  # type: ignore[arg-type]
