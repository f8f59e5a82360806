"""destring: strings to numbers.   destring [varlist], {generate(newvarlist)|replace} [ignore("chars") force float percent]"""

from __future__ import annotations

import re
from contextlib import suppress

import numpy as np

from pystata_hlm.commands._storing import distinct_texts, missing_note
from pystata_hlm.commands.tostring import new_names
from pystata_hlm.data import missing, storage
from pystata_hlm.data.column import Column
from pystata_hlm.errors import StataError
from pystata_hlm.expr.functions.text import plain_numbers
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

_ILLEGAL = "".join(chr(0xDC80 + k) for k in range(128))
"""How bytes that are no UTF-8 come out of ``distinct_texts``."""


def to_numbers(texts: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(values, codes, mask of texts that are no numbers); "" and "." are missing."""
    with suppress(UnicodeEncodeError):
        plain = plain_numbers(np.char.strip(np.array(texts, dtype="S")) if texts else np.zeros(0, "S1"))
        if plain is not None:
            return plain, np.zeros(len(texts), dtype=np.int8), np.zeros(len(texts), dtype=bool)
    read = [_number(text.strip()) for text in texts]
    values = np.array([value for value, _, _ in read], dtype=np.float64)
    codes = np.array([code for _, code, _ in read], dtype=np.int8)
    return values, codes, np.array([bad for _, _, bad in read], dtype=bool)


def _number(text: str) -> tuple[float, int, bool]:
    if text == "":
        return np.nan, 0, False
    code = missing.code_of(text)
    if code is not None:
        return np.nan, code, False
    if text[-1] in "dD" or any(c in text for c in "_xXnN"):  # no Python-only spellings
        return np.nan, 0, True
    try:
        return float(text.replace("d", "e").replace("D", "e")), 0, False
    except ValueError:
        return np.nan, 0, True


@command(
    "destring",
    varlist="all",
    allow=set(),
    options=(
        Opt("generate", 1, "text"),
        Opt("replace"),
        Opt("ignore", 1, "text"),
        Opt("force"),
        Opt("float"),
        Opt("percent", 1),
        Opt("dpcomma"),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    data = ctx.data
    targets = new_names(call, ctx)
    ignored = _ignored(call)
    verb = "replace" if targets is None else "generate"
    for k, name in enumerate(call.varlist):
        column = data.column(name)
        if not column.is_string:
            ctx.say(f"{name} already numeric; no {verb}")
            continue
        strings, index = distinct_texts(column)
        removed = _removed(strings, ignored)
        if removed:
            table = str.maketrans("", "", "".join(removed))
            strings = [text.translate(table) for text in strings]
        if call.has("dpcomma"):
            strings = [text.replace(",", ".") for text in strings]
        percents = np.array(["%" in text for text in strings])
        if call.has("percent") and percents.any():
            strings = [text.replace("%", "") for text in strings]
            removed = [*removed, "%"]
        values, codes, bad = to_numbers(strings)
        if bad.any() and not call.has("force"):
            inside = "contains characters not specified in ignore()" if call.has("ignore") else None
            ctx.say(f"{name}: {inside or 'contains nonnumeric characters'}; no {verb}")
            continue
        if call.has("percent"):
            values = np.where(percents, values / 100.0, values)
        values, codes = values[index], codes[index]
        stype = storage.smallest_type(values)
        if stype in ("float", "double"):
            stype = "float" if call.has("float") else "double"
        created = Column.numeric(
            values,
            codes if codes.any() else None,
            stype,
            format="%10.0g",
            label=column.label,
            chars=dict(column.chars),
        )
        if removed:
            what = f"{name}: {'characters' if len(removed) > 1 else 'character'} {' '.join(map(_shown, removed))} removed"
        elif bad.any():
            what = f"{name}: contains nonnumeric characters"
        else:
            what = f"{name}: all characters numeric"
        if targets is None:
            data.set_column(name, created)
            ctx.say(f"{what}; replaced as {stype}")
        else:
            data.add(targets[k], created, after=name)
            ctx.say(f"{what}; {targets[k]} generated as {stype}")
        absent = int(np.count_nonzero(np.isnan(values)))
        if absent:
            ctx.say(missing_note(absent))
    return None


def _ignored(call: Call) -> str:
    """The characters of ``ignore("chars" [, aschars | asbytes | illegal])``; illegal adds broken UTF-8."""
    text = call.opt("ignore", "")
    found = re.fullmatch(
        r'\s*(`".*"\'|"[^"]*"|[^",]*)\s*(?:,\s*((?:aschars|asbytes|illegal|\s)+))?', text, re.DOTALL
    )
    if found is None:  # a bare list that itself holds commas
        return strip_quotes(text)
    options = (found[2] or "").split()
    if "asbytes" in options and "aschars" in options:
        raise StataError(198, "options aschars and asbytes may not be combined")
    return strip_quotes(found[1]) + (_ILLEGAL if "illegal" in options else "")


def _removed(strings: list[str], wanted: str) -> list[str]:
    """Characters to ignore that occur, in the order given."""
    together = "".join(strings) if wanted else ""
    return [c for c in dict.fromkeys(wanted) if c in together]


def _shown(character: str) -> str:
    if character in _ILLEGAL:
        return f"\\x{ord(character) - 0xDC00:02x}"
    return {" ": "space", "\t": "tab"}.get(character, character)
