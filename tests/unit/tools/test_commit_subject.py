"""A commit's subject has 72 characters at most."""

from __future__ import annotations

from tools.commit_subject import fault


def test_only_a_longer_subject_is_refused() -> None:
    """By characters, not bytes, and only the first line counts."""
    body = "\n\nThe body may have lines of any length. " + "x" * 200
    assert fault("é" * 72 + body) == ""
    assert fault("é" * 73 + body).startswith("The subject has 73 characters; 72 at most.")
