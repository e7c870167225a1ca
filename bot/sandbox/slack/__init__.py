"""A Slack to practise with: the Web API and Socket Mode on loopback, and people who write, press and type."""

from __future__ import annotations

from bot.sandbox.slack.modal_values import Option
from bot.sandbox.slack.people import Outcome
from bot.sandbox.slack.rate_limits import Rules
from bot.sandbox.slack.refusals import Refused
from bot.sandbox.slack.server import PracticeSlack
from bot.sandbox.slack.values import App, Button, Channel, File, Group, Message, User, View

__all__ = [
    "App",
    "Button",
    "Channel",
    "File",
    "Group",
    "Message",
    "Option",
    "Outcome",
    "PracticeSlack",
    "Refused",
    "Rules",
    "User",
    "View",
]
