"""
The ladder of plainer forms for cards: what each form after the first leaves out. Pure.

A chat may refuse a card or a thread's name because of one word in it. Then the next form is tried (see `Form`), down to
one that has none of the customer's words. What each form of a post is, is in `adapters/chats/plainer_posts.py`, because
it depends on where the chat has cut the post.
"""

from __future__ import annotations

from dataclasses import replace

from bot.model import Card, Customer, Form
from bot.text.addresses import defused


def plainer_card(card: Card, form: Form) -> Card:
    """
    The card in this form. Its status, store and buttons stay in every one, and the address of its dashboard.

    That address may be what is refused: so in every form but the first the chats show it as text, and no link.
    """
    if form is Form.FULL:
        return card
    plain = replace(
        card,
        form=form,
        title=defused(card.title),
        names=card.names[1:],
        opening=defused(card.opening),
        facts=tuple(replace(fact, value=defused(fact.value)) for fact in card.facts),
        customer=Customer(name=defused(card.customer.name or ""), email=defused(card.customer.email or "")),
    )
    if form is Form.PLAIN:
        return plain
    number, nobody = card.names[-1], Customer(name=None, email=None)
    url = None if card.url is None else defused(card.url)
    return replace(plain, title=number, names=(number,), opening="", facts=(), others=(), customer=nobody, url=url)
