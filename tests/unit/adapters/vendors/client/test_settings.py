"""What is wrong with a store's settings is said before the first request, and never quoted."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from adapters.vendors.client.settings import split_list
from adapters.vendors.sellgate.settings import SellgateSettings


@pytest.mark.parametrize("key", ["", "  ", "with space", "line\nend", "ümlaut", "tab\there"])
def test_a_key_that_fits_no_header_is_refused(key: str) -> None:
    """A key is refused before it can break a request, and the fault does not quote it."""
    with pytest.raises(ValidationError) as refused:
        SellgateSettings.model_validate({"api_key": key})
    assert not key.strip() or key not in str(refused.value)


def test_a_key_is_trimmed_and_hidden() -> None:
    """White space around a pasted key is no part of it, and it shows nowhere."""
    settings = SellgateSettings.model_validate({"api_key": " sg_live_x \n"})
    assert settings.api_key.get_secret_value() == "sg_live_x"
    assert "sg_live_x" not in repr(settings)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "acme.example",
        "ftp://acme.example",
        "https://",
        "https://user:pass@acme.example",
        "https://a.example/?x=1",
        "https://a:b:c",
    ],
)
def test_an_address_that_is_none_is_refused(address: str) -> None:
    """A base address has a scheme and a host and nothing that could carry a secret elsewhere."""
    with pytest.raises(ValidationError):
        SellgateSettings.model_validate({"api_key": "k", "base_url": address})


def test_a_misspelt_setting_is_refused() -> None:
    """What a vendor does not know, it does not swallow."""
    with pytest.raises(ValidationError):
        SellgateSettings.model_validate({"api_key": "k", "api_keyy": "k"})


def test_a_list_is_split_at_its_commas() -> None:
    """What is a list already stays as it is."""
    assert split_list(" closed, done ,,") == ("closed", "done")
    assert split_list(["a, b"]) == ["a, b"]
