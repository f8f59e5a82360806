"""The second word of commands like ``estat`` and ``label``: do we have it?"""

from __future__ import annotations

import importlib
import re
from functools import lru_cache
from typing import Any

from pystata_hlm.commands.estat import SHORTEST
from pystata_hlm.lint.opaque import MARK
from pystata_hlm.runtime import extended as macro_functions
from pystata_hlm.runtime import registry

_SOURCES: dict[str, tuple[str, str]] = {
    "label": ("pystata_hlm.commands.label", "_SUBCOMMANDS"),
    "estimates": ("pystata_hlm.commands.estimates", "SUBCOMMANDS"),
    "frame": ("pystata_hlm.commands.frame", "SUBCOMMANDS"),
    "graph": ("pystata_hlm.commands.graphs.graph", "_SUBCOMMANDS"),
    "set": ("pystata_hlm.commands.set", "_SETTINGS"),
}
"""Where each command keeps its table: (name, shortest, ...) entries, or name -> shortest or (shortest, ...)."""

_WORD = re.compile(r"\s*([A-Za-z_]\w*)")


@lru_cache(maxsize=32)
def table(command: str) -> dict[str, int]:
    """Subcommands with their shortest abbreviations; empty when the command has none."""
    if command == "estat":
        names = [kind[len("estat ") :] for kind in registry.post_kinds("estat ")]
        return {name: SHORTEST.get(name, len(name)) for name in names}
    if command not in _SOURCES:
        return {}
    module, attribute = _SOURCES[command]
    found: Any = getattr(importlib.import_module(module), attribute)
    if isinstance(found, dict):
        return {name: value if isinstance(value, int) else value[0] for name, value in found.items()}
    return {entry[0]: entry[1] for entry in found}


@lru_cache(maxsize=4096)
def full(command: str, word: str) -> str:
    """The whole name of a subcommand, the word itself when it is none."""
    known = table(command)
    if word in known:
        return word
    return next(
        (name for name, least in known.items() if 0 < least <= len(word) and name.startswith(word)), word
    )


def lacking(command: str, text: str) -> str:
    """The subcommand in the text when we lack it, else ""."""
    known = table(command)
    if not known:
        return ""
    found = _WORD.match(text)
    if found is None or text[found.end() : found.end() + 1] in ("`", "$", "\x04"):
        return ""
    return "" if full(command, found[1]) in known else found[1]


def extended(text: str) -> str:
    """The first word of an extended macro function that we lack, else ""."""
    text = text.strip().replace("\x04", MARK)
    if not text or text.startswith(MARK):
        return ""
    return "" if macro_functions.recognizes(text) else " ".join(text.split()[:1])
