"""How deep the entries of a list in Discord's markdown are, how they are counted, and their lines; pure."""

from __future__ import annotations


def level_of(indents: list[int], indent: int) -> int:
    """How deep an entry is. `indents` are those of the entries around it, and get this one."""
    while indents and indents[-1] > indent:
        indents.pop()
    if not indents or indents[-1] < indent:
        indents.append(indent)
    return len(indents) - 1


def without_indent(lines: list[str]) -> list[str]:
    """Lines of code in an entry without the indent that all of them have, the last fence, too."""
    surplus = min((len(line) - len(line.lstrip(" \t")) for line in lines[1:] if line.strip()), default=0)
    return [lines[0], *(line[surplus:] for line in lines[1:])]


def next_number(numbers: dict[int, int], level: int, typed: str | None) -> int | None:
    """The number that Discord shows: it counts on from the first one, whatever is typed after that."""
    for deeper in [each for each in numbers if each > level or (typed is None and each == level)]:
        del numbers[deeper]
    if typed is None:
        return None
    numbers[level] = numbers[level] + 1 if level in numbers else int(typed)
    return numbers[level]
