"""Abbreviations of commands, options and other fixed words: a table of (full name, shortest abbreviation)."""

from __future__ import annotations

from collections.abc import Iterable


def match(word: str, table: Iterable[tuple[str, int]]) -> str | None:
    """The full name that ``word`` stands for, None when there is none.

    An exact name wins; then the first entry of which ``word`` is a beginning of at least its shortest length.
    A shortest length of 0 means that the name may not be abbreviated.
    """
    found = None
    for name, shortest in table:
        if word == name:
            return name
        if found is None and shortest and len(word) >= shortest and name.startswith(word):
            found = name
    return found


def is_abbreviation(word: str, name: str, shortest: int) -> bool:
    """Is ``word`` the name or an allowed abbreviation of it?"""
    return word == name or (0 < shortest <= len(word) and name.startswith(word))


def collisions(table: Iterable[tuple[str, int]]) -> list[tuple[str, str, str]]:
    """(abbreviation, name, other name) for every word that two entries would accept and none is named."""
    entries = list(table)
    names = {name for name, _ in entries}
    out = []
    for k, (name, shortest) in enumerate(entries):
        for other, other_shortest in entries[k + 1 :]:
            for length in range(max(shortest, other_shortest), min(len(name), len(other)) + 1):
                word = name[:length]
                if shortest and other_shortest and other.startswith(word) and word not in names:
                    out.append((word, name, other))
                    break
    return out
