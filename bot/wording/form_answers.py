"""Answers to an agent who writes a note, sends a form, or uses and changes snippets. Only that agent reads them."""

from __future__ import annotations

from collections.abc import Sequence

from bot.model import TicketNumber
from bot.text import ended, one_line
from bot.wording.phrases import characters, listed, some_of

_QUOTED = 60
_NAMED = 5


def noted(number: TicketNumber) -> str:
    return f"Noted in #{number}. The team sees it there, the customer does not."


def note_empty() -> str:
    return "What shall be noted? Write it behind the command, or in the form."


def which_snippet() -> str:
    return "Which snippet? Give its name, such as !s refund."


def no_such_snippet(typed: str, near: str) -> str:
    """`near`: the name that is most like it, or nothing."""
    guess = f" Did you mean {near}?" if near else ""
    none = ended(f"There is no snippet {one_line(typed, _QUOTED)}")
    return f"{none}{guess} /snippets lists them, and writes new ones."


def snippet_lacks(name: str, variables: Sequence[str]) -> str:
    return (
        f"The snippet {name} was not sent, because this ticket has no {listed(_braces(variables), 'or')}. "
        f"Write the answer yourself, or give the snippet a fallback, such as {_with_fallback(variables[0])}."
    )


def still_empty(variables: Sequence[str]) -> str:
    what = "it" if len(variables) == 1 else "them"
    missing = listed(_braces(variables), "or")
    return (
        f"Not sent. This ticket has no {missing}. Put the right words there, or delete {what}, and send the form again."
    )


def left_empty(variables: Sequence[str]) -> str:
    """Beside a form; short."""
    return one_line(f"Fill in yourself: {', '.join(_braces(variables))}", 100)


def filled_too_long(surplus: int) -> str:
    return f"Filled in, this snippet is {characters(surplus)} too long for a form. Make it shorter."


def entry_too_long(surplus: int) -> str:
    return f"This text is {characters(surplus)} too long for a form. Make it shorter, or write it in the thread."


def form_sent_already() -> str:
    return "This form was sent before, so it was not sent again. Open a new one if you want to write more."


def sending_then_closing(number: TicketNumber) -> str:
    return f"That message is on its way to the customer. #{number} will be closed once it has arrived."


def held_and_open() -> str:
    return (
        "It is not sent yet, and the ticket stays open: somebody else wrote at the same time. "
        "See the question in the thread: Send does both."
    )


def form_outdated() -> str:
    return "This form is not complete, or too old. Open it again."


def bad_snippet_name() -> str:
    return "A snippet's name has 1 to 32 letters, digits, - and _, such as refund-eu."


def snippet_empty() -> str:
    return "A snippet needs a text."


def snippet_too_long(surplus: int) -> str:
    return f"This text is {characters(surplus)} too long: a snippet has 3,000 at most."


def snippet_file_too_large(megabytes: int) -> str:
    return f"This file has more than {megabytes} MB: a snippet has 3,000 characters at most."


def unknown_variables(found: Sequence[tuple[str, str]], variables: Sequence[str]) -> str:
    """What stands in braces, each with the variable that is most like it, or nothing."""
    named = [f"{written} (did you mean {{{{{near}}}}}?)" if near else written for written, near in found]
    what = "is no variable" if len(found) == 1 else "are no variables"
    return f"{listed(some_of(named, _NAMED))} {what}. Use one of these: {', '.join(variables)}."


def snippet_saved(name: str) -> str:
    return f"The snippet {name} is saved."


def snippet_deleted(name: str) -> str:
    return f"The snippet {name} is deleted. Its text was:"


def name_taken(name: str) -> str:
    return f"There is a snippet {name} already. Choose another name."


def snippet_changed_meanwhile(by: str) -> str:
    who = by or "somebody"
    return f"Not saved: {who} has changed this snippet since you opened it. Copy your text, and open it again."


def snippet_deleted_meanwhile(name: str) -> str:
    return f"Not saved: the snippet {name} was deleted meanwhile. Copy your text, and save it as a new one (/snippets)."


def snippet_list(amount: int) -> str:
    if not amount:
        return "There are no snippets yet. A snippet is an answer that you save once and send often."
    what = "1 snippet" if amount == 1 else f"{amount} snippets"
    return f"{what}. Press one to change or delete it; /snippet and its name sends it."


def _braces(variables: Sequence[str]) -> list[str]:
    return [f"{{{{{variable}}}}}" for variable in variables]


def _with_fallback(variable: str) -> str:
    return f"{{{{{variable}|…}}}}"
