from __future__ import annotations

import pytest

from pystata_hlm.lang.abbrev import collisions, is_abbreviation, match

TABLE = (("summarize", 2), ("sum", 0), ("sort", 2), ("generate", 1), ("drop", 0))


@pytest.mark.parametrize(
    ("word", "found"),
    {
        "su": "summarize",
        "summ": "summarize",
        "sum": "sum",
        "s": None,
        "so": "sort",
        "sorted": None,
        "g": "generate",
        "dro": None,
        "drop": "drop",
        "": None,
    }.items(),
)
def test_match(word: str, found: str | None) -> None:
    assert match(word, TABLE) == found


def test_is_abbreviation() -> None:
    assert is_abbreviation("qui", "quietly", 3)
    assert not is_abbreviation("qu", "quietly", 3)
    assert not is_abbreviation("quietlyy", "quietly", 3)


def test_collisions() -> None:
    assert collisions((("margins", 3), ("marginsplot", 0))) == []
    assert collisions((("predict", 3), ("preserve", 3))) == [("pre", "predict", "preserve")]
