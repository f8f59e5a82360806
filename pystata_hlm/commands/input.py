"""input: enter data.   input [type] newvar [[type] newvar ...]   (lines of values, then end)"""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from pystata_hlm.data import missing, storage
from pystata_hlm.data import names as naming
from pystata_hlm.data.column import Column
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call
from pystata_hlm.runtime.words import tokens


def read_targets(text: str, default: str) -> list[tuple[str, str]]:
    """``x str10 s byte y`` -> [(x, float), (s, str10), (y, byte)]; a type holds for the next name only."""
    out: list[tuple[str, str]] = []
    stype = ""
    for word in text.split():
        if storage.is_type(word):
            stype = word
            continue
        naming.check(word)
        out.append((word, stype or default))
        stype = ""
    if stype or not out:
        raise StataError.invalid_syntax()
    return out


def column_of(texts: Sequence[str], stype: str) -> Column:
    """The column of one variable's entries; what is no number becomes ``.``"""
    if storage.is_string(stype):
        return Column.text(
            np.array([text.encode() for text in texts] or [b""], dtype="S")[: len(texts)], stype
        )
    values = np.full(len(texts), np.nan)
    codes = np.zeros(len(texts), dtype=np.int8)
    for k, text in enumerate(texts):
        code = missing.code_of(text)
        if code is not None:
            codes[k] = code
            continue
        try:
            values[k] = float(text)
        except ValueError:
            continue
    return Column.numeric(values, codes if codes.any() else None, stype)


@command("input", min=3, syntax="anything", allow=set(), unsupported=("automatic:1", "label:1"))
def run(call: Call, ctx: Context) -> Stored | None:
    if call.options:
        raise StataError.option_not_supported(next(iter(call.options)))
    data = ctx.data
    targets = read_targets(call.node.text, ctx.settings.type)
    for name, _ in targets:
        if name in data:
            raise StataError.already_defined(name)
    rows = [tokens(re.sub(r'("[^"]*")|,', lambda m: m[1] or " ", line)) for line in ctx.executor.data_lines]
    rows = [row for row in rows if row]
    for row in rows:
        if len(row) > len(targets):
            raise StataError(198, f"too many values: {' '.join(row)}")
    n = data.n if data.k else len(rows)
    if len(rows) > n:
        raise StataError(198, f"{len(rows)} lines for {n} observations")
    if not data.k:
        data.set_obs(n)
    for k, (name, stype) in enumerate(targets):
        gap = "" if storage.is_string(stype) else "."
        texts = [row[k] if k < len(row) else gap for row in rows] + [gap] * (n - len(rows))
        data.add(name, column_of(texts, stype))
    return None
