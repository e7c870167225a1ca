"""A migration is never changed after its first commit: files in the world were made by it as it was."""

from __future__ import annotations

from hashlib import sha256
from importlib import resources

import pytest

_RELEASED = {
    "0001_initial.sql": "4f1bd1a7d54c2eb75c91fb5988dee342f26560d81dc5cac5b540d74d03b4b489",
    "0002_forgetting.sql": "3ff4b167797fa68ef84b3323830967d30db12d93d263e4fe217c665cd743ca87",
    "0003_formatting.sql": "bad0aac04352b5c29dc28a3fcbfcfbb4de5bf2f8f336cdc82b0df3161121f6c9",
    "0004_learned_facts_and_openings.sql": "589b8b58413b95f27ac5e7128e43dea7dc0835a37a224e5d48ce00cdf41ec3cc",
    "0005_former_threads.sql": "94a70ec7cc89bbb18f8aa1dc6b7f320b4b232016ebbf6746faafbd1c17c5639a",
    "0006_plainer_forms.sql": "9c4bdb3d78dd336d01218f760bfd27ecaa90fe7d4a79fb0c874e47cd9d6726ee",
    "0007_mailboxes.sql": "dbe70d41c20660c7fb6ddf7fe8116766e31f5d734320ea23cf0c82a66c3ad1b2",
    "0008_taking.sql": "7764fd99edfe740722173717c8dbfba90e17b9e80ab92dbd3c70240e836b7ddb",
    "0009_waiting.sql": "4ff73e010337bca730af401c6cd93f2f30aa09dadba5b798b5a73053674bae07",
    "0010_colliding_replies.sql": "1de61cf0cae7e2359a0a15be36baa6efbd3a7ac478651d24100021fea024588b",
    "0011_snippets.sql": "98e4836f96f27d224d03b9aab1fa0fe59c21e2a195124dcba683d6a39ae41892",
    "0012_finding.sql": "66ec4bca0242965f51651baf4cdc87d15fca10bf3a269a2148253b854b09ab02",
    "0013_snoozed_by.sql": "83b6c84596c2f99a47d9be7aa78b20b8d88aadaaba2ede0785fb4a00211fd6cf",
    "0014_promises.sql": "73973665166b1d6500046cc3a28ebaa310f79605fa0c8dfd37aac7475ea5d545",
    "0015_digests.sql": "59e5c03a220eaba5a5bf41ba0a913dd75c5f896ec47e4e35811cae83aa963555",
    "0016_figures.sql": "d4c654a2d09484dcce2facca08f1b6546fa960a8c72f97916f7dc2b9e03e6dec",
    "0017_joined_posts.sql": "967436fd29cb015ccf131481fbc1e0c8a9be6ee21dfcbd19bfa4b1e04c262233",
    "0018_lines_and_clocks.sql": "057f08dc97ab43edeb3a9fdc4f8e0865499dcd8bab11095b0dffe01bd88ba321",
    "0019_decisions.sql": "dc14ed0ceca0d0a08f5aa3ac8b89fbb18c14a565f6d1c7f424e09179f5379e6e",
    "0020_queued_deliveries.sql": "0636769b20b853ef8714767f9b675a2ce85ddbf7abbab45b22984146d5683ae3",
    "0021_asked_to_wait.sql": "6796b2f3ec2f4dac274f9e945da6b9d6b3c38eef6d6e2547465dd922be7aa0f3",
    "0022_unused.sql": "3b27b7b15893470d5a0a2d2d39a61a4b2663e83d6021908b893a169fe1627a04",
    "0023_vendors_of_stores.sql": "9fbbb8a5ec6e6b4c5e2bd6f7a2ec5d2dfcac50f9adfa8f9b53d12aa8c730a323",
}
"""The SHA-256 of every migration. A new one is added here with its first commit."""


@pytest.mark.parametrize("name", _RELEASED)
def test_a_released_migration_stays_as_it_is(name: str) -> None:
    """Whoever has run it does not run it again, so a change would be missing in their file."""
    content = resources.files("bot.db.migrations").joinpath(name).read_bytes()
    assert sha256(content).hexdigest() == _RELEASED[name], (
        f"{name} is released. Never change a released migration, not even a comment: undo the change, "
        "and add a new migration with the next number."
    )


def test_every_migration_is_listed_here() -> None:
    """A new migration is frozen from its first commit on."""
    files = resources.files("bot.db.migrations").iterdir()
    assert {file.name for file in files if file.name.endswith(".sql")} == set(_RELEASED)
