"""What people have open: a stack of at most three modals for each user, and a Home tab."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from bot.sandbox.slack.refusals import SlackRefusal
from bot.sandbox.slack.rendering import read_blocks
from bot.sandbox.slack.state import SlackState
from bot.sandbox.slack.values import Json, View, elements_of

_DEPTH = 3


class Modals:
    """
    Every open modal, and the Home tab of each user as the app has published it last.

    Attributes:
        shown: Every view that anybody has seen, oldest first, each as it was then.
    """

    def __init__(self, state: SlackState) -> None:
        self._state = state
        self._stacks: dict[str, list[View]] = {}
        self._homes: dict[str, View] = {}
        self.shown: list[View] = []

    def stack(self, user: str) -> tuple[View, ...]:
        """What a user has open, the topmost last."""
        return tuple(self._stacks.get(user, ()))

    def top(self, user: str) -> View | None:
        stack = self.stack(user)
        return stack[-1] if stack else None

    def home(self, user: str) -> View | None:
        """A user's Home tab; None: the app has published none."""
        return self._homes.get(user)

    def publish(self, user: str, body: Json) -> View:
        """Replace a user's Home tab, which keeps its id."""
        before = self._homes.get(user)
        identity = self._state.new_id("V") if before is None else before.id
        self._homes[user] = self._made(View(id=identity, user=user, body=body, hash="", root=identity))
        return self._homes[user]

    def open(self, user: str, body: Json) -> View:
        """Open a modal; it replaces what was open."""
        self._refuse_taken(body)
        identity = self._state.new_id("V")
        view = self._made(View(id=identity, user=user, body=body, hash="", root=identity))
        self._stacks[user] = [view]
        return view

    def push(self, user: str, body: Json) -> View:
        """Open a modal on top of the one that is open."""
        stack = self._stacks.get(user, [])
        if not stack:
            raise SlackRefusal("not_found")
        if len(stack) >= _DEPTH:
            raise SlackRefusal("push_limit_reached")
        self._refuse_taken(body)
        below = stack[-1]
        view = self._made(
            View(id=self._state.new_id("V"), user=user, body=body, hash="", root=below.root, previous=below.id)
        )
        stack.append(view)
        return view

    def update(self, view: View, body: Json) -> View:
        """Replace the content of `view`; entered values stay if their ids are the same."""
        return self._replace(view, self._made(replace(view, body=body, state=_kept(view, body))))

    def enter(self, view: View, state: Mapping[str, Mapping[str, Json]]) -> View:
        """Store what a person has entered."""
        return self._replace(view, replace(view, state=state))

    def close(self, view: View, *, all_of_them: bool = False) -> None:
        """Remove a view from its stack, or clear the stack."""
        stack = self._stacks.get(view.user, [])
        self._stacks[view.user] = [] if all_of_them else [each for each in stack if each.id != view.id]

    def find(self, view_id: str = "", external_id: str = "") -> View:
        """An open view. Raises `SlackRefusal` `not_found` if there is none."""
        for stack in self._stacks.values():
            for view in stack:
                if view_id == view.id or (external_id and view.body.get("external_id") == external_id):
                    return view
        raise SlackRefusal("not_found")

    def _made(self, view: View) -> View:
        rendered = "\n".join([view.title, read_blocks(view.blocks, self._state)])
        made = replace(view, hash=f"{self._state.now()}.{self._state.new_id('h')}", rendered=rendered)
        self.shown.append(made)
        return made

    def _replace(self, old: View, new: View) -> View:
        stack = self._stacks[old.user]
        stack[[each.id for each in stack].index(old.id)] = new
        return new

    def _refuse_taken(self, body: Json) -> None:
        external = body.get("external_id")
        if external and any(
            each.body.get("external_id") == external for stack in self._stacks.values() for each in stack
        ):
            raise SlackRefusal("duplicate_external_id")


def _kept(view: View, body: Json) -> Mapping[str, Mapping[str, Json]]:
    places = {(block["block_id"], element["action_id"]) for block, element in elements_of(tuple(body["blocks"]))}
    return {
        block: {action: value for action, value in values.items() if (block, action) in places}
        for block, values in view.state.items()
        if any((block, action) in places for action in values)
    }
