"""The practice Slack: the Web API and Socket Mode on loopback, and people who use them."""

from __future__ import annotations

from bot.sandbox.slack.modal_values import Option
from bot.sandbox.slack.people import Outcome
from bot.sandbox.slack.rate_limits import SlackLimits
from bot.sandbox.slack.refusals import SlackRefusal
from bot.sandbox.slack.server import PracticeSlack
from bot.sandbox.slack.values import Group, SlackApp, SlackButton, SlackChannel, SlackFile, SlackMessage, User, View

__all__ = [
    "Group",
    "Option",
    "Outcome",
    "PracticeSlack",
    "SlackApp",
    "SlackButton",
    "SlackChannel",
    "SlackFile",
    "SlackLimits",
    "SlackMessage",
    "SlackRefusal",
    "User",
    "View",
]
