"""
Snippets as files: `refund.md` is the snippet `refund`. A folder is read and written as a whole, or not at all.

The folder is anybody's: what a file is called and what is in it is checked like other foreign input.
"""

from __future__ import annotations

import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from bot.cli.shell import field
from bot.text import clean
from bot.tickets.day.snippets import fault_of, normal_name
from bot.wording import form_answers

_ENDING = ".md"
_LARGEST = 4 * 1024 * 1024
"""Bytes. How much too long a larger file is, is not counted."""
_NO_FILE = "this is no file of its own."


class FilesAtFault(Exception):
    """
    The folder cannot be read or written as it is.

    Attributes:
        faults: One line for each.
        code: The exit code: 2 if there is no such folder.
    """

    def __init__(self, *faults: str, code: int = 1) -> None:
        super().__init__(*faults)
        self.faults = faults
        self.code = code


def read_files(folder: Path) -> dict[str, str]:
    """The texts of a folder's Markdown files by the snippets' names. Raises `FilesAtFault`; other files are left."""
    with _os_errors(folder):
        found = sorted(each for each in folder.iterdir() if _is_markdown(each))
    faults: list[str] = []
    texts: dict[str, str] = {}
    files: dict[str, Path] = {}
    for file in found:
        name, text = normal_name(file.name[: -len(_ENDING)]), ""
        if name is None:
            faults.append(f"{_shown(file)}: {form_answers.bad_snippet_name()}")
            continue
        if name in files:
            faults.append(f"{_shown(file)}: it is the same snippet as {_shown(files[name])}.")
            continue
        files[name] = file
        text, fault = _text(file)
        if fault:
            faults.append(f"{_shown(file)}: {fault}")
        texts[name] = text
    if not found:
        faults.append(f"{field(folder)}: there is no file that ends in {_ENDING}.")
    if faults:
        raise FilesAtFault(*faults)
    return texts


def _is_markdown(file: Path) -> bool:
    """Programs leave hidden files beside others."""
    return file.name.lower().endswith(_ENDING) and not file.name.startswith(".")


def _text(file: Path) -> tuple[str, str]:
    """A file's text, and what is wrong with it; empty: nothing is."""
    try:
        if not stat.S_ISREG(file.lstat().st_mode):
            return "", _NO_FILE
        with file.open("rb") as content:
            given = content.read(_LARGEST + 1)
        if len(given) > _LARGEST:
            return "", form_answers.snippet_file_too_large(_LARGEST // 1024 // 1024)
        text = clean(given.decode("utf-8-sig"))
    except OSError as error:
        return "", f"it cannot be read ({error.strerror})."
    except UnicodeDecodeError:
        return "", "it is not in UTF-8."
    return text, fault_of(text)


def write_files(folder: Path, texts: Mapping[str, str], *, replace: bool) -> None:
    """
    Write the snippets' texts into a folder, which is made if it is not there.

    Args:
        replace: Whether files of the same names may be replaced that have other texts.

    Raises:
        FilesAtFault: Nothing was written.
    """
    with _os_errors(folder):
        is_new = not folder.exists()
        if not is_new:
            _refuse_what_is_in_the_way(folder, texts, replace=replace)
        with tempfile.TemporaryDirectory(dir=folder.parent if is_new else folder, prefix=".snippets-") as made:
            beside = Path(made) / "snippets"
            beside.mkdir()
            for name, text in texts.items():
                if is_new or not _says(folder / (name + _ENDING), text):
                    _write(beside / (name + _ENDING), text)
            if is_new:
                beside.rename(folder)
            else:
                _move(beside, folder, replace=replace)


def _write(file: Path, text: str) -> None:
    with file.open("x", encoding="utf-8", newline="\n") as content:
        content.write(f"{text}\n")
        content.flush()
        os.fsync(content.fileno())


def _move(beside: Path, folder: Path, *, replace: bool) -> None:
    """Give the written files their places. A file that has come there meanwhile stays, and then none is moved."""
    moved: list[Path] = []
    try:
        for file in sorted(beside.iterdir()):
            target = folder / file.name
            if replace:
                file.replace(target)
            else:
                target.hardlink_to(file)
                moved.append(target)
    except OSError:
        for target in moved:
            target.unlink(missing_ok=True)
        raise


def _refuse_what_is_in_the_way(folder: Path, texts: Mapping[str, str], *, replace: bool) -> None:
    """Raises `FilesAtFault` for files that would be lost, and for those that would be the same snippet as another."""
    faults = []
    for file in sorted(folder.iterdir()):
        name = normal_name(file.name[: -len(_ENDING)]) if _is_markdown(file) else None
        if name is None or name not in texts:
            continue
        if file.name != name + _ENDING:
            faults.append(f"{_shown(file)}: it is the same snippet as {name + _ENDING}. Move it away first.")
        elif not stat.S_ISREG(file.lstat().st_mode):
            faults.append(f"{_shown(file)}: {_NO_FILE}")
        elif not replace and not _says(file, texts[name]):
            faults.append(f"{_shown(file)}: it is there already and says something else. --force replaces it.")
    if faults:
        raise FilesAtFault(*faults)


def _says(file: Path, text: str) -> bool:
    return file.is_file() and _text(file)[0] == text


def _shown(file: Path) -> str:
    return field(file.name.encode("utf-8", "backslashreplace").decode())


@contextmanager
def _os_errors(folder: Path) -> Iterator[None]:
    try:
        yield
    except (FileNotFoundError, NotADirectoryError) as error:
        raise FilesAtFault(f"{field(folder)}: there is no such folder.", code=2) from error
    except OSError as error:
        raise FilesAtFault(f"{field(folder)}: {error.strerror or error}.") from error
