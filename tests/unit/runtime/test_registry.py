"""The command table: abbreviations, and that importing on demand finds what importing everything finds."""

from __future__ import annotations

import subprocess
import sys

import pytest

from pystata_hlm.errors import StataError
from pystata_hlm.runtime import registry


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("su", "summarize"),
        ("reg", "regress"),
        ("g", "generate"),
        ("d", "describe"),
        ("di", "display"),
        ("sca", "scalar"),
        ("sc", "scatter"),
        ("scat", "scatter"),
        ("est", "estimates"),
        ("tab", "tabulate"),
        ("pred", "predict"),
        ("qui", None),
    ],
)
def test_abbreviations(word: str, name: str | None) -> None:
    """Minimum abbreviations as Stata's manuals underline them; prefixes are the executor's."""
    spec = registry.find(word)
    assert (spec.name if spec else None) == name


def test_unknown_and_lacking_commands() -> None:
    with pytest.raises(StataError) as unknown:
        registry.lookup("nosuchcommand")
    assert (unknown.value.rc, unknown.value.message) == (199, "command nosuchcommand is unrecognized")
    with pytest.raises(StataError) as lacking:
        registry.lookup("sem")
    assert (lacking.value.rc, lacking.value.message) == (199, "command sem not yet supported")


def test_lookup_on_demand_equals_full_table() -> None:
    """Each abbreviation looked up in a table that has only what earlier look-ups loaded, in two orders."""
    code = (
        "import sys\n"
        "from pystata_hlm.runtime import registry as r\n"
        "words = sys.stdin.read().split()\n"
        "print('\\n'.join(r.find(w).name for w in words))\n"
    )
    registry.load()
    full = {text: spec.name for text, spec in registry._ABBREVIATIONS.items()}
    words = sorted(full)
    for order in (words, words[::-1]):
        done = subprocess.run(
            [sys.executable, "-c", code], input=" ".join(order), capture_output=True, text=True, check=True
        )
        assert done.stdout.split("\n")[:-1] == [full[w] for w in order]
