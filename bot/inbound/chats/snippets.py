"""What agents ask for about saved answers: to send one, to list, write, rename and delete them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from bot.clock import Clock
from bot.db.connection import Database, Transaction
from bot.db.rows import require, ticket_row, to_ms
from bot.inbound.chats.choices import Choices
from bot.inbound.chats.lists import page_buttons
from bot.inbound.chats.which_ticket import Subject
from bot.model import (
    Agent,
    Answer,
    Ask,
    Button,
    ChatName,
    Door,
    Modal,
    Place,
    SnippetChoice,
    TextField,
    TicketNumber,
    Verb,
)
from bot.ports import MOST_CHOICES, Chat
from bot.text import clean
from bot.tickets.day import snippets
from bot.tickets.day.snippets import Snippet, all_snippets, find_snippet, normal_name
from bot.tickets.day.taking import Asker
from bot.tickets.from_agents import form_replies
from bot.tickets.from_agents.form_replies import reply_form
from bot.tickets.rules_from_settings import Rules
from bot.wording import answers, form_answers

ABOUT_NO_TICKET: Final = frozenset({Verb.SNIPPETS, Verb.WRITE_SNIPPET, Verb.SAVE_SNIPPET})
_LISTED = 20
"""So many buttons with names have room beside the others: Discord shows 25."""
_NAME, _TEXT = "name", "text"


class Snippets:
    """
    Answers what is asked about saved answers.

    Whoever may act in any store here may use and write them: the team shares them.
    """

    def __init__(
        self,
        database: Database,
        rules: Rules,
        clock: Clock,
        *,
        chats: Mapping[ChatName, Chat],
        choices: Choices,
        wake: Callable[[], None],
    ) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._chats = chats
        self._choices = choices
        self._wake = wake

    async def choices(self, typed: str, place: Place, agent: Agent) -> Sequence[SnippetChoice]:
        """Snippets to choose from; the contract is `bot.ports.Intake.snippets`."""
        if not await self._choices.open_stores(place, agent, Door.COMPLETION):
            return ()
        wanted = typed.strip().casefold()
        found = [
            SnippetChoice(each.name, " ".join(each.text.split()))
            for each in await self._database.look_up(all_snippets)
            if wanted in each.name or wanted in each.text.casefold()
        ]
        found.sort(key=lambda each: (not each.name.startswith(wanted), wanted not in each.name, each.name))
        return found[:MOST_CHOICES]

    # ------------------------------------------------------------ sending one

    async def reply_form(self, ask: Ask, ticket: TicketNumber) -> Modal | Answer:
        """The form with a snippet, or an empty one, for a ticket on which the asker may act."""
        return await self._database.look_up(self._reply_form, ask, ticket)

    def _reply_form(self, tx: Transaction, ask: Ask, number: TicketNumber) -> Modal | Answer:
        snippet = None if ask.verb is Verb.REPLY else find_snippet(tx, ask.words)
        if snippet is None and ask.verb is not Verb.REPLY:
            return snippets.not_found(tx, ask.words)
        ticket = ticket_row(require(tx.one("ticket", number=number)))
        return reply_form(snippet, ticket, _asker(ask), self._rules, "" if snippet else clean(ask.words))

    async def send(self, ask: Ask, subject: Subject) -> Answer:
        """Send what was written in such a form, about a ticket on which the asker may act."""
        sent = form_replies.entered(ask.words, ask.entered)
        if sent is None:
            return Answer(text=form_answers.form_outdated(), kept=ask.typed)

        def work(tx: Transaction, now: datetime) -> Answer:
            ticket = ticket_row(require(tx.one("ticket", number=subject.ticket)))
            at = self._chats[ask.place.chat].now() or now
            return form_replies.send(
                tx, ticket, _asker(ask), subject.usable, sent, at, self._rules, now, here=ask.place
            )

        answer = await self._database.write(work, self._clock.now())
        self._wake()
        return answer

    # ------------------------------------------------------------ writing them

    async def ask(self, ask: Ask) -> Answer:
        """List the snippets, or save what was written in a form. Raises what `writable` raises."""
        if not await self._choices.open_stores(ask.place, ask.agent, ask.door):
            return Answer(text=answers.not_allowed(), kept=ask.typed)
        if ask.verb is Verb.SNIPPETS:
            return await self._database.look_up(_list, ask.page)
        return await self._database.write(_save, ask, self._clock.now())

    async def form(self, ask: Ask) -> Modal | Answer:
        """The form to write a snippet. Raises what `writable` raises."""
        if not await self._choices.open_stores(ask.place, ask.agent, ask.door):
            return Answer(text=answers.not_allowed())
        return await self._database.look_up(_write_form, ask.words)


def _list(tx: Transaction, page: int) -> Answer:
    names = [each.name for each in all_snippets(tx)]
    last = max(0, (len(names) - 1) // _LISTED)
    page = min(page, last)
    shown = names[page * _LISTED : (page + 1) * _LISTED]
    written = [Button(verb=Verb.WRITE_SNIPPET, label=name, words=name) for name in shown]
    buttons = (*written, *page_buttons(Verb.SNIPPETS, page, more=page < last))
    return Answer(text=form_answers.snippet_list(len(names)), buttons=(*buttons, snippets.new_button()))


def _write_form(tx: Transaction, typed: str) -> Modal | Answer:
    snippet = find_snippet(tx, typed)
    name = normal_name(typed)
    if snippet is not None:
        return _form(snippet.name, snippet)
    return _form(name or "", None)


def _form(name: str, snippet: Snippet | None) -> Modal:
    """The form for a new snippet, or for one that is there: with an empty text that one is deleted."""
    hint = "{{requester.first_name|there}}, {{order.number}}, {{agent.name}} and others are filled in."
    is_new = snippet is None
    return Modal(
        verb=Verb.SAVE_SNIPPET,
        title="New snippet" if is_new else "Change a snippet",
        fields=(
            TextField(name=_NAME, label="Name", value=name, longest=snippets.LONGEST_NAME),
            TextField(
                name=_TEXT,
                label="Text" if is_new else "Text (empty: delete this snippet)",
                hint=hint,
                value="" if snippet is None else snippet.text,
                has_lines=True,
                is_required=is_new,
            ),
        ),
        submit="Save",
        words="" if snippet is None else f"{to_ms(snippet.changed_at)} {snippet.name}",
    )


def _save(tx: Transaction, ask: Ask, now: datetime) -> Answer:
    seen_at, _, was = ask.words.partition(" ")
    name, text = normal_name(ask.entered.get(_NAME, "")), clean(ask.entered.get(_TEXT, ""))
    before = find_snippet(tx, was) if was else None
    there = before if name == was else find_snippet(tx, name or "")
    is_outdated = before is not None and str(to_ms(before.changed_at)) != seen_at
    if text and there is not None and there.text == text and (before is None or is_outdated):
        return Answer(text=form_answers.snippet_saved(there.name))  # the form was sent twice
    if was and before is None:
        return Answer(text=form_answers.snippet_deleted_meanwhile(was), fault=_TEXT)
    if before is not None and is_outdated:
        return Answer(text=form_answers.snippet_changed_meanwhile(before.changed_by), fault=_TEXT)
    if before is not None and not text:
        snippets.delete(tx, before.name)
        return Answer(text=form_answers.snippet_deleted(before.name), kept=before.text)
    return _written(tx, name, text, before, there, ask, now)


def _written(
    tx: Transaction, name: str | None, text: str, before: Snippet | None, there: Snippet | None, ask: Ask, now: datetime
) -> Answer:
    """Write a snippet in place of `before`, unless its name is bad or that of another one, or its text is bad."""
    if name is None:
        return Answer(text=form_answers.bad_snippet_name(), fault=_NAME)
    fault = snippets.fault_of(text)
    if fault:
        return Answer(text=fault, fault=_TEXT)
    if there is not None and there is not before:
        return Answer(text=form_answers.name_taken(name), fault=_NAME)
    was, seen = ("", 0) if before is None else (before.name, to_ms(before.changed_at))
    snippets.save(tx, name, text, _asker(ask), now, was=was, seen_at=seen)
    return Answer(text=form_answers.snippet_saved(name))


def _asker(ask: Ask) -> Asker:
    return Asker(ask.place.chat, ask.agent.id, ask.agent.name)
