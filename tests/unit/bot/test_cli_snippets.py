"""`shopbell snippets`: files in and out, all or none, whatever a folder holds."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.cli.snippet_files import FilesAtFault, read_files, write_files
from bot.db.lock import held
from bot.text import clean
from bot.tickets.day.snippets import normal_name
from tests.support.database import small_database
from tests.support.shell import shopbell

NAMES = st.text(alphabet="abcXYZ019-_ äß返", min_size=1, max_size=12).map(normal_name).filter(bool)
TEXTS = st.text(min_size=1, max_size=80).map(lambda text: f"a{text.replace('{{', '')}z")


def put(folder: Path, files: dict[str, str | bytes]) -> Path:
    folder.mkdir(exist_ok=True)
    for name, content in files.items():
        (folder / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    return folder


def faults(work: Callable[[], object]) -> tuple[str, ...]:
    with pytest.raises(FilesAtFault) as caught:
        work()
    return caught.value.faults


def test_what_is_read(tmp_path: Path) -> None:
    """Markdown files, whatever their ending's capitals; other files and hidden ones are left."""
    folder = put(
        tmp_path / "in",
        {
            "Refund.md": "\ufeffHi {{agent.name}}\r\n\r\n",
            "thanks.MD": "Thank you.\n",
            "readme.txt": "{{nothing}}",
            ".hidden.md": "{{nothing}}",
        },
    )
    (folder / "more").mkdir()
    assert read_files(folder) == {"refund": "Hi {{agent.name}}", "thanks": "Thank you."}


def test_every_fault_has_its_line(tmp_path: Path) -> None:
    """And nothing is read: names, clashes, encodings, sizes, links, variables, folders, pipes."""
    folder = put(
        tmp_path / "in",
        {
            "a b.md": "x",
            "...md": "x",
            "con.md": "x",
            "Refund.md": "x",
            "refund.md": "y",
            "latin.md": "Grüße".encode("latin-1"),
            "empty.md": "\n",
            "huge.md": "x" * 5_000_000,
            "large.md": "\n" + "é" * 70_000 + "\n",
            "long.md": "x" * 3_001,
            "typo.md": "{{agent.nam}}",
            "good.md": "Fine.",
        },
    )
    (folder / "link.md").symlink_to("/etc/hostname")
    (folder / "folder.md").mkdir()
    os.mkfifo(folder / "pipe.md")
    (folder / os.fsdecode(b"\xff.md")).write_text("x")
    found = faults(lambda: read_files(folder))
    expected = [
        "a b.md: A snippet's name has",
        "con.md: A snippet's name has",
        "empty.md: A snippet needs a text.",
        "folder.md: this is no file of its own.",
        "huge.md: This file has more than 4 MB: a snippet has 3,000 characters at most.",
        "large.md: This text is 67,000 characters too long",
        "latin.md: it is not in UTF-8.",
        "link.md: this is no file of its own.",
        "long.md: This text is 1 character too long: a snippet has 3,000 at most.",
        "pipe.md: this is no file of its own.",
        "refund.md: it is the same snippet as Refund.md.",
        "typo.md: {{agent.nam}} (did you mean {{agent.name}}?) is no variable.",
        "\\udcff.md: A snippet's name has",
    ]
    assert len(found) == len(expected)
    assert all(line.startswith(begins) for line, begins in zip(found, expected, strict=True)), found


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    """Bad usage, or nothing in it."""
    for missing in (tmp_path / "missing", put(tmp_path / "d", {"file": "x"}) / "file"):
        with pytest.raises(FilesAtFault) as caught:
            read_files(missing)
        assert caught.value.code == 2
    assert faults(lambda: read_files(put(tmp_path / "empty", {})))[0].endswith("there is no file that ends in .md.")


@settings(max_examples=30)
@given(st.dictionaries(NAMES, TEXTS, max_size=5))
def test_what_is_written_is_read_again(tmp_path_factory: pytest.TempPathFactory, texts: dict[str, str]) -> None:
    """Into a new folder, and again into that one."""
    folder = tmp_path_factory.mktemp("out") / "new"
    kept = {name: clean(text) for name, text in texts.items()}
    write_files(folder, kept, replace=False)
    assert {file.name for file in folder.iterdir()} == {f"{name}.md" for name in texts}
    if texts:
        assert read_files(folder) == kept
        write_files(folder, kept, replace=False)
        assert read_files(folder) == kept


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    """A file that differs keeps all from being written; one that says the same does not; --force replaces it."""
    folder = put(tmp_path / "out", {"a.md": "mine", "b.md": "B\r\n", "other.txt": "x"})
    texts = {"a": "A", "b": "B", "c": "C"}
    found = faults(lambda: write_files(folder, texts, replace=False))
    assert found == ("a.md: it is there already and says something else. --force replaces it.",)
    assert sorted(file.name for file in folder.iterdir()) == ["a.md", "b.md", "other.txt"]
    write_files(folder, texts, replace=True)
    assert (folder / "a.md").read_text() == "A\n"
    assert (folder / "b.md").read_bytes() == b"B\r\n"
    assert sorted(file.name for file in folder.iterdir()) == ["a.md", "b.md", "c.md", "other.txt"]


@pytest.mark.parametrize("replace", [False, True])
def test_what_is_no_file_of_its_own_is_never_written_through(tmp_path: Path, replace: bool) -> None:
    """Neither a link, nor a folder, nor a name that is the same snippet's."""
    victim = tmp_path / "victim"
    victim.write_text("precious")
    folder = put(tmp_path / "out", {"C.md": "C"})
    (folder / "a.md").symlink_to(victim)
    (folder / "b.md").mkdir()
    found = faults(lambda: write_files(folder, {"a": "A", "b": "B", "c": "C"}, replace=replace))
    assert [line.split(":")[0] for line in found] == ["C.md", "a.md", "b.md"]
    assert victim.read_text() == "precious"
    assert sorted(file.name for file in folder.iterdir()) == ["C.md", "a.md", "b.md"]


@pytest.mark.parametrize("is_new", [False, True])
def test_a_full_disk_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_new: bool) -> None:
    """Not even a file of ours."""
    folder = tmp_path / "out" if is_new else put(tmp_path / "out", {"z.md": "Z"})
    calls = []

    def full(descriptor: int) -> None:
        calls.append(descriptor)
        if len(calls) == 2:
            raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    found = faults(lambda: write_files(folder, {"a": "A", "b": "B", "c": "C"}, replace=False))
    assert found[0].endswith("No space left on device.")
    assert sorted(file.name for file in tmp_path.rglob("*")) == ([] if is_new else ["out", "z.md"])


def test_a_file_that_comes_meanwhile_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """None of ours is left beside it."""
    folder = put(tmp_path / "out", {})
    link = Path.hardlink_to

    def late(self: Path, target: Path) -> None:
        if self.name == "b.md":
            self.write_text("somebody's")
        link(self, target)

    monkeypatch.setattr(Path, "hardlink_to", late)
    assert "File exists" in faults(lambda: write_files(folder, {"a": "A", "b": "B"}, replace=False))[0]
    assert [(file.name, file.read_text()) for file in folder.iterdir()] == [("b.md", "somebody's")]


async def test_by_command(tmp_path: Path) -> None:
    """Import, list, export; also while a bridge runs. What is unknown, or at fault, is exit 1."""
    await small_database(tmp_path / "shopbell.db")

    def snippets(*arguments: str, code: int = 0) -> list[str]:
        done = shopbell(tmp_path, "snippets", *arguments)
        assert done.returncode == code, done
        return (done.stdout if code == 0 else done.stderr).splitlines()

    there_are_none = shopbell(tmp_path, "snippets", "list")
    assert (there_are_none.returncode, there_are_none.stdout) == (0, "")
    assert there_are_none.stderr.startswith("There are no snippets. `shopbell snippets import DIR` takes some in")
    put(tmp_path / "in", {"Refund.md": "Hi\x1b[31m {{agent.name}}\nBye", "thanks.md": "Thanks."})
    with held(tmp_path / "shopbell.db"):
        assert snippets("import", "in") == ["Imported: 2 new, 0 changed, 0 as they were."]
    put(tmp_path / "in", {"thanks.md": "Thank you."})
    assert snippets("import", "in") == ["Imported: 0 new, 1 changed, 1 as they were."]
    listed = snippets("list")
    assert [line.split()[0] for line in listed] == ["refund", "thanks"]
    assert "by the operator  Hi[31m {{agent.name}}" in listed[0]
    assert snippets("list", "REFUND") == ["Hi[31m {{agent.name}}", "Bye"]
    found = json.loads("\n".join(snippets("list", "--json")))
    assert [(each["name"], each["changed_by"]) for each in found] == [("refund", None), ("thanks", None)]
    assert snippets("list", "nothing", code=1) == ["There is no snippet nothing. `shopbell snippets list` shows all."]
    put(tmp_path / "in", {"bad.md": "{{x}}", "good.md": "Fine."})
    refused = snippets("import", "in", code=1)
    assert (refused[-1], len(refused)) == ("Nothing was imported.", 2)
    assert len(snippets("list")) == 2
    assert snippets("export", "out") == ["Exported: 2."]
    assert (tmp_path / "out" / "thanks.md").read_text() == "Thank you.\n"
    put(tmp_path / "out", {"thanks.md": "Mine."})
    assert snippets("export", "out", code=1)[-1] == "Nothing was exported."
    assert snippets("export", "out", "--force") == ["Exported: 2."]
    assert snippets("import", "missing", code=2)[-1] == "Nothing was imported."
