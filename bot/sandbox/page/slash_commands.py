"""A slash command as people type it in Discord's box: what is offered while they type, and what is sent. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.sandbox.discord.people_interactions import BOOLEAN, INTEGER, NUMBER, USER
from bot.sandbox.page.actions import ActionRefused, Json, sentence

_WORDS = re.compile(r"/(?P<name>\S*)(?P<space>\s*)(?P<rest>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class OptionCompletion:
    """
    An option that somebody is typing, and that can be completed.

    Attributes:
        begun: Its text so far.
        before: The text before it in the box.
        choices: Name and value of what the client itself offers; none: the bot is asked, or it is a person.
        is_person: Whether the client offers people.
    """

    command: str
    option: str
    begun: str
    before: str
    choices: tuple[tuple[str, str], ...] = ()
    is_person: bool = False

    def filled(self, value: str) -> str:
        """The text of the whole box after this value was chosen."""
        return f"{self.before}{self.option}:{value}"


def is_command(text: str) -> bool:
    """Whether the text is a command; `// …` is a message, by default a note."""
    return text.startswith("/") and not text.startswith("//")


def suggestions(text: str, commands: Sequence[Json]) -> list[Json]:
    """What the client itself offers: first the commands, then the options that are not filled in yet."""
    found = _WORDS.fullmatch(text)
    if found is None:
        return []
    if not found["space"]:
        fitting = [command for command in commands if command["name"].startswith(found["name"].lower())]
        return [_choice(f"/{each['name']} ", f"/{each['name']}", each["description"]) for each in fitting]
    options = _options(_named(found["name"], commands))
    filled = {name for name, _ in _pieces(found["rest"], options) if name}
    if found["rest"] and not text.endswith(" "):
        return []
    left = [option for option in options if option["name"] not in filled]
    return [_choice(f"{text}{each['name']}:", each["name"], each.get("description", "")) for each in left]


def option_completion(text: str, commands: Sequence[Json]) -> OptionCompletion | None:
    """The option that is being completed; None: there is none, or the client offers commands or options."""
    found = _WORDS.fullmatch(text)
    if found is None or not found["space"]:
        return None
    command = _named(found["name"], commands)
    options = _options(command)
    before = f"/{found['name']}{found['space']}"
    name, begun = next(reversed(_pieces(found["rest"], options)), ("", ""))
    if name and begun and text.endswith(" "):
        return None
    if name:
        before = text[: text.rindex(f"{name}:")]
    option = next((each for each in options if each["name"] == name or not name), None)
    if command is None or option is None:
        return None
    choices = tuple((str(each["name"]), str(each["value"])) for each in option.get("choices") or ())
    is_person = option["type"] == USER
    if not (option.get("autocomplete") or (name and (choices or is_person))):
        return None
    return OptionCompletion(
        command=command["name"], option=option["name"], begun=begun, before=before, choices=choices, is_person=is_person
    )


def read_command(text: str, commands: Sequence[Json]) -> tuple[str, dict[str, Any]]:
    """
    The command and its options: `/close`, `/close 1042`, `/close ticket:1042`, `/stats store:keys days:7`.

    Raises:
        ActionRefused: There is no such command or option, or a value is of the wrong kind.
    """
    found = _WORDS.fullmatch(text.strip())
    named = None if found is None else _named(found["name"], commands)
    if found is None or named is None:
        offered = ", ".join(f"/{each['name']}" for each in commands)
        raise ActionRefused(
            f"There is no such command. There are: {offered}." if offered else "The bot offers no commands."
        )
    options = _options(named)
    values: dict[str, Any] = {}
    for name, value in _pieces(found["rest"], options):
        if not value:
            continue
        option = next((each for each in options if each["name"] == name or not name), None)
        if option is None:
            raise ActionRefused(f"/{named['name']} has no more options.")
        values[option["name"]] = _value(option, value)
    return named["name"], values


def _named(name: str, commands: Sequence[Json]) -> Json | None:
    return next((each for each in commands if each["name"] == name.lower()), None)


def _options(command: Json | None) -> list[Json]:
    return [] if command is None else list(command.get("options") or ())


def _pieces(rest: str, options: Sequence[Json]) -> list[tuple[str, str]]:
    """The values in `1042 days:7`, each with its option's name; a value before the first name has none."""
    names = "|".join(re.escape(option["name"]) for option in options)
    if not names:
        return [("", rest.strip())] if rest.strip() else []
    first, *others = re.split(rf"(?:^|(?<=\s))({names}):", rest)
    pieces = [("", first.strip())] if first.strip() else []
    return pieces + [(name, value.strip()) for name, value in zip(others[::2], others[1::2], strict=True)]


def _value(option: Json, value: str) -> Any:
    name, kind = option["name"], option["type"]
    try:
        if kind == INTEGER:
            return int(value)
        if kind == NUMBER:
            return float(value)
    except ValueError:
        raise ActionRefused(sentence(f"{name} takes a number")) from None
    if kind == BOOLEAN:
        if value.lower() not in ("true", "false"):
            raise ActionRefused(sentence(f"{name} takes true or false"))
        return value.lower() == "true"
    return value


def _choice(text: str, label: str, note: str) -> Json:
    return {"text": text, "label": label, "note": note}
