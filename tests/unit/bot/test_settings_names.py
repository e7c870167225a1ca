"""Names that are no settings: found where they can only be meant for us, and the nearest known one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.errors import SettingsError
from bot.settings import load, load_general
from bot.settings.names import letters_between
from bot.wiring import vendor_faults

# Some of them write a `.env` into the working directory.
pytestmark = pytest.mark.usefixtures("tmp_path")


def faults() -> list[str]:
    """What is wrong with the settings as `run` and `check` read them, one line each."""
    with pytest.raises(SettingsError) as caught:
        load(check_vendor=vendor_faults)
    return str(caught.value).splitlines()


MISSPELT = [
    ("DISCORD_AGENT_ROLE", "DISCORD_AGENT_ROLES"),
    ("SLACK_BOT_TOKN", "SLACK_BOT_TOKEN"),
    ("NOTE_PREFIX", "NOTE_PREFIXES"),
    ("DATABASE_PAHT", "DATABASE_PATH"),
    ("undo_second", "UNDO_SECONDS"),
    ("STORE__MAIN__POLL_SECONDS", "STORES__MAIN__POLL_SECONDS"),
    ("SOTRES__MAIN__POLL_SECONDS", "STORES__MAIN__POLL_SECONDS"),
]


@pytest.mark.parametrize(("written", "meant"), MISSPELT)
def test_a_misspelt_name_in_the_environment_is_a_fault(good: pytest.MonkeyPatch, written: str, meant: str) -> None:
    """It begins like ours, or is a letter or two from one of ours; its value, perhaps a secret, is not shown."""
    good.setenv(written, "some-value")
    expected = f"{written.upper()}: is not a setting; the nearest is {meant}. Remove it or check its spelling"
    assert faults() == [expected]
    with pytest.raises(SettingsError, match=written.upper()):
        load_general()


@pytest.mark.parametrize(
    ("written", "meant"),
    [*MISSPELT, ("REPLYMODE_FOR_ALL", "REPLY_MODE"), ("STORES_MAIN_VENDOR", "STORES__<NAME>__<SETTING>")],
)
def test_every_name_in_the_file_must_be_known(good: pytest.MonkeyPatch, written: str, meant: str) -> None:
    """Whatever it is like: in our file it can only be meant for us."""
    Path(".env").write_text(f"LOG_LEVEL=DEBUG\n{written}=some-value\nHTTP_HOST=\n", "utf-8")
    (line,) = faults()
    assert line.startswith(f"{written.upper()}: is not a setting; the nearest is {meant}. ")


@pytest.mark.parametrize("name", ["HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "LOG_FILE", "TZ", "STORE_ID", "PATH"])
def test_other_programs_variables_are_none_of_our_business(good: pytest.MonkeyPatch, name: str) -> None:
    """However like ours it is, another program's name stops nothing."""
    good.setenv(name, "some-value")
    assert "main" in load(check_vendor=vendor_faults).stores


def test_an_empty_variable_is_one_that_is_not_set(good: pytest.MonkeyPatch) -> None:
    """It says nothing, so its name may be misspelt."""
    good.setenv("DISCORD_AGENT_ROLE", "")
    assert "main" in load(check_vendor=vendor_faults).stores


@pytest.mark.parametrize(
    ("written", "meant"), [("POLL_SECOND", "POLL_SECONDS"), ("API_KYE", "API_KEY"), ("BASEURL", "BASE_URL")]
)
def test_a_misspelt_name_in_a_stores_section_names_the_nearest(
    good: pytest.MonkeyPatch, written: str, meant: str
) -> None:
    """Of the settings that every store has, and of its own vendor's."""
    good.setenv(f"STORES__MAIN__{written}", "some-value")
    (line,) = faults()
    assert line == (
        f"STORES__MAIN__{written}: is not a setting of this vendor; the nearest is STORES__MAIN__{meant}. "
        "Remove it or check its spelling"
    )


def test_all_faults_are_found_at_once(good: pytest.MonkeyPatch) -> None:
    """Unknown names, wrong values, and what a vendor says about its own settings: one line each."""
    Path(".env").write_text("NOTE_PREFIX=x\n", "utf-8")
    good.setenv("HTTP_PORT", "eighty")
    good.setenv("SLACK_AGENT", "U1")
    good.setenv("STORES__MAIN__CHANNELS", "1")
    good.setenv("STORES__MAIN__API_KEY", "with a space")
    good.setenv("STORES__OTHER__VENDOR", "lightsped")
    good.setenv("STORES__OTHER__CHANNELS", "discord:1")
    assert [line.split(":")[0] for line in sorted(faults())] == [
        "HTTP_PORT",
        "NOTE_PREFIX",
        "SLACK_AGENT",
        "STORES__MAIN__API_KEY",
        "STORES__MAIN__CHANNELS",
        "STORES__OTHER__VENDOR",
    ]
    assert not any("with a space" in line for line in faults())


@pytest.mark.parametrize(
    ("one", "other", "letters"),
    [
        ("", "", 0),
        ("same", "same", 0),
        ("abc", "", 3),
        ("PREFIX", "PREFIXES", 2),
        ("PAHT", "PATH", 1),
        ("ROLE", "RULES", 2),
        ("PROXY", "PORT", 3),
    ],
)
def test_letters_between_two_names(one: str, other: str, letters: int) -> None:
    """How many letters must be changed to make one of the other, in both directions."""
    assert letters_between(one, other) == letters_between(other, one) == letters


LINES = [
    ('DISCORD_AGENT_ROLES="11","12"', "DISCORD_AGENT_ROLES: cannot be read (in line 2 of the file)"),
    ("DISCORD_AGENT_ROLES: 11", "DISCORD_AGENT_ROLES: cannot be read (in line 2 of the file)"),
    ('DISCORD_AGENT_ROLES="11', "DISCORD_AGENT_ROLES: cannot be read (in line 2 of the file)"),
    ("STORES__MY SHOP__API_KEY=x", "STORES__MY: cannot be read (in line 2 of the file)"),
    ("= 5", ".env: cannot be read (in line 2 of the file)"),
    ("discord_agent_roles", "DISCORD_AGENT_ROLES: has no value (in line 2 of the file)"),
    ("DISCORD_AGENT_ROLES=11\nLOG_LEVEL=INFO\ndiscord_agent_roles=", "DISCORD_AGENT_ROLES: stands in lines 2 and 4"),
    ("DISCORD_AGENT_ROLES=${THE_ROLES}", "DISCORD_AGENT_ROLES: uses ${THE_ROLES} (in line 2 of the file)"),
    ("DISCORD_AGENT_ROLES=${THE_ROLES}\nTHE_ROLES=", "DISCORD_AGENT_ROLES: uses ${THE_ROLES} (in line 2 of the file)"),
]


@pytest.mark.parametrize(("lines", "fault"), LINES)
def test_no_line_of_the_file_is_left_out_silently(good: pytest.MonkeyPatch, lines: str, fault: str) -> None:
    """Else everybody would be an agent where the operator has named some."""
    Path(".env").write_text(f"REPLY_MODE=all\n{lines}\n", "utf-8")
    (line,) = faults()
    assert line.startswith(fault)
    with pytest.raises(SettingsError):
        load_general()


def test_a_file_as_people_write_it_has_no_fault(
    good: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    """A byte order mark, `\\r\\n`, quotes, comments, `export`, other variables and their defaults."""
    good.setenv("THE_PREFIX", "//")
    good.delenv("DISCORD_TOKEN")
    written = (
        "\ufeffexport DISCORD_TOKEN='abc.def'\r\n# the team\r\n\r\nDISCORD_AGENT_ROLES = 11, 12 # Ann and Bob\r\n"
        'NOTE_PREFIXES="${THE_PREFIX},note:"\r\nREPLY_MODE=${HOW:-explicit}\r\nSLACK_AGENTS=\r\n'
    )
    Path(".env").write_bytes(written.encode())
    general = load(check_vendor=vendor_faults).general
    assert general.discord_token is not None
    assert general.discord_token.get_secret_value() == "abc.def"
    assert (general.discord_agent_roles, general.note_prefixes) == (("11", "12"), ("//", "note:"))
    assert general.reply_mode == "explicit"
    assert (capfd.readouterr().err, caplog.text) == ("", "")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("DISCORD_AGENT_ROLES", value)
            for value in (",", " ", "[11]", "11;12", "<@&11>", "“11”", "11#team", "011", "١١")
        ),
        *(("STORES__MAIN__DISCORD_AGENT_ROLES", value) for value in (" , ", "Support")),
        *(("SLACK_AGENTS", value) for value in (",", "@ann", "u012ab", "<@U012AB>", "C012AB", "U012AB;U034CD")),
        *(("STORES__MAIN__SLACK_AGENTS", value) for value in (" ", "support-team")),
        *(("NOTE_PREFIXES", value) for value in (",", "\u200b", "//,\u2060")),
        *(("STORES__MAIN__CHANNELS", value) for value in ("discord:general", "discord:01", "discord:1,discord:#1")),
        *(("DISCORD_TOKEN", value) for value in ("Bot abc", "abc\ndef", "abç")),
    ],
)
def test_a_list_in_which_nothing_can_be_read_is_no_empty_list(good: pytest.MonkeyPatch, name: str, value: str) -> None:
    """It would open a door, or close one for everybody, and nobody would know."""
    good.setenv(name, value)
    (line,) = faults()
    assert line.startswith(f"{name}: must be ")
