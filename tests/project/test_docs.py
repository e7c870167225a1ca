"""What the documents name is there: files, folders, modules, names in them, anchors."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parents[2]
DOCUMENTS = sorted(
    file.relative_to(PROJECT).as_posix()
    for pattern in ("docs/*.md", "*.md", "adapters/README.md", "tests/README.md")
    for file in PROJECT.glob(pattern)
)
SHORT = {"docs/architecture.md": 120}
"""Lines that a document may have; an architecture page is no longer than two screens."""

FILE = re.compile(r"(?<![\w/.:-])(?:[\w.-]+/)*[\w.-]*\w\.(?:py|sql|md|toml|yaml|lock|json)\b(?!\w|\()")
FOLDER = re.compile(r"(?<![\w/.:-])(?:(?:bot|adapters|tests|docs|tools)/(?:\w+/)*)(?![\w.])")
BOX = re.compile(r'"((?:\w+/)+)<br/>([^"]*)"')
MODULE = re.compile(r"`((?:bot|adapters|tests|tools)(?:\.\w+)+)`")
NAMES = re.compile(r"`([\w./-]+\.(?:py|sql))` \((`\w+`(?:, `\w+`)*)\)")
NO_FILES_OF_OURS = frozenset({"discord.py", "0002_what_it_does.sql"})
"""A library, and an example of a name."""
KINDS = {
    "VENDOR": ["sellsn", "sellapp", "sellgate", "lightspeed", "nextcommerce"],
    "CHAT": ["discord", "slack"],
}


def text_of(document: str) -> str:
    return (PROJECT / document).read_text("utf-8")


def paths_in(text: str) -> set[str]:
    """Every file and folder that a text names; in a picture's box the folder stands above its files."""
    boxes = {f"{folder}{file}" for folder, files in BOX.findall(text) for file in FILE.findall(files)}
    return {*FILE.findall(BOX.sub("", text)), *FOLDER.findall(text), *boxes} - NO_FILES_OF_OURS


def meant(path: str) -> list[str]:
    """A path with a placeholder means one file for each chat or vendor."""
    for placeholder, kinds in KINDS.items():
        if placeholder in path.split("/"):
            return [path.replace(placeholder, kind) for kind in kinds]
    return [path]


def is_there(path: str, document: str) -> bool:
    """A path begins at the project's folder or the document's; the adapters' page names files of any vendor, too."""
    folders = [PROJECT, (PROJECT / document).parent]
    if document == "adapters/README.md":
        vendors = PROJECT / "adapters" / "vendors"
        folders += [vendors, vendors / "client", vendors / "nextcommerce"]
    return any((folder / path).exists() for folder in folders)


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_path_that_is_named_exists(document: str) -> None:
    """Whoever follows a document finds the file."""
    missing = [path for name in paths_in(text_of(document)) for path in meant(name) if not is_there(path, document)]
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_name_that_is_given_with_a_file_stands_in_it(document: str) -> None:
    """Whoever looks for a name in the file that a document gives with it finds it."""
    missing = []
    for path, names in NAMES.findall(text_of(document)):
        for file in meant(path):
            code = text_of(file)
            missing += [(file, name) for name in re.findall(r"\w+", names) if not re.search(rf"\b{name}\b", code)]
    assert not missing


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_module_that_is_named_exists(document: str) -> None:
    """A dotted name is a module or package, or something in one."""
    missing = []
    for dotted in MODULE.findall(text_of(document)):
        whole, owner = (PROJECT / dotted.replace(".", "/"), PROJECT / dotted.rpartition(".")[0].replace(".", "/"))
        homes = [owner.with_suffix(".py"), owner / "__init__.py"]
        name = dotted.rpartition(".")[2]
        inside = any(home.is_file() and re.search(rf"\b{name}\b", home.read_text("utf-8")) for home in homes)
        if not (whole.is_dir() or whole.with_suffix(".py").is_file() or inside):
            missing.append(dotted)
    assert not missing


def test_every_name_that_the_adapters_page_gives_stands_in_the_code() -> None:
    """Names of the ports and of what adapters share; a renamed one would send whoever writes an adapter astray."""
    sources = [file for folder in ("bot", "adapters", "tests/support") for file in (PROJECT / folder).rglob("*.py")]
    code = "\n".join(file.read_text("utf-8") for file in sources)
    stems = {file.stem for file in sources}
    named = set(re.findall(r"`([A-Za-z_]\w*)`", text_of("adapters/README.md"))) - stems
    assert not {name for name in named if not re.search(rf"\b{name}\b", code)}


def anchors(document: Path) -> set[str]:
    """The anchors that the repository's host makes of the headings."""
    text = re.sub(r"```.*?```", "", document.read_text("utf-8"), flags=re.DOTALL)
    found = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("document", DOCUMENTS)
def test_every_link_inside_the_project_leads_somewhere(document: str) -> None:
    """To a file, or to a heading of one."""
    broken = []
    for target in re.findall(r"\]\(([^)]+)\)", text_of(document)):
        path, _, anchor = target.partition("#")
        file = (PROJECT / document).parent / path if path else PROJECT / document
        if "://" not in target and not (file.exists() and (not anchor or anchor in anchors(file))):
            broken.append(target)
    assert not broken


@pytest.mark.parametrize(("document", "lines"), SHORT.items())
def test_a_page_stays_short(document: str, lines: int) -> None:
    """So that somebody reads it to its end."""
    assert len(text_of(document).splitlines()) <= lines


def test_the_glossary_is_in_alphabetical_order_with_one_line_a_word() -> None:
    """Whoever looks for a word finds it, and only one meaning of it."""
    words = [line.split("|")[1].strip() for line in text_of("docs/glossary.md").splitlines() if line.startswith("| ")]
    assert words[2:] == sorted(set(words[2:]))


@pytest.mark.parametrize(("column", "chat"), [(2, "discord"), (3, "slack")])
def test_every_module_of_a_chat_is_in_the_table_of_subjects_and_no_other(column: int, chat: str) -> None:
    """Who knows one chat's files finds the other's by the same names."""
    _, _, table = text_of("adapters/README.md").partition("| subject | `discord/` | `slack/` |\n")
    rows = [line.split("|") for line in table.partition("\n\n")[0].splitlines()[1:]]
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row[column])}
    files = {file.stem for file in (PROJECT / "adapters" / "chats" / chat).glob("*.py")}
    assert named == files - {"__init__"}
