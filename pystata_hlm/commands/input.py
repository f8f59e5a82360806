"""input: enter data.   input [[type] newvar [[type] newvar ...]]   (lines of values, then end)

New variables are filled from the first observation on; without any, the lines are further observations of the
variables there are.
"""

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
    """``x str10 s byte(y z) a1-a3`` -> [(x, float), (s, str10), (y, byte) ...]; a type is for one name or a group."""
    out: list[tuple[str, str]] = []
    stype = ""
    for word in re.findall(r"\([^()]*\)|[^\s()]+", text):
        if storage.is_type(word) and not stype:
            stype = word
            continue
        group = word.startswith("(")
        if group and not stype:
            raise StataError.invalid_syntax()
        out += [(name, stype or default) for part in word.strip("()").split() for name in _names(part)]
        stype = ""
    if stype or not out:
        raise StataError.invalid_syntax()
    return out


_RANGE = re.compile(r"([^\W\d]\w*?)(\d+)-\1(\d+)")


def _names(word: str) -> list[str]:
    """A new name, or those of ``x1-x3``."""
    found = _RANGE.fullmatch(word)
    if found is None:
        return [naming.check(word)]
    first, last = int(found[2]), int(found[3])
    if first > last:
        raise StataError.invalid_syntax()
    return [naming.check(f"{found[1]}{k:0{len(found[2])}d}") for k in range(first, last + 1)]


def _more_rows(rows: list[list[str]], ctx: Context) -> None:
    """Lines of values for the variables there are: observations after the last."""
    data, before = ctx.data, ctx.data.n
    names = list(data.names)
    columns = {}
    for k, name in enumerate(names):
        held = data.column(name)
        texts = [row[k] if k < len(row) else ("" if held.is_string else ".") for row in rows]
        columns[name] = column_of(texts, held.stype)
    data.set_obs(before + len(rows))
    for name, new in columns.items():
        held = data.column(name)
        stacked = held.data.copy()
        stacked[before:] = new.data.astype(stacked.dtype) if held.is_string else new.data
        data.set_column(name, held.with_(data=stacked))


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
    more = not call.node.text.strip() and data.k > 0
    targets = [(n, "") for n in data.names] if more else read_targets(call.node.text, ctx.settings.type)
    for name, _ in targets:
        if name in data and not more:
            raise StataError.already_defined(name)
    rows = [tokens(re.sub(r'("[^"]*")|,', lambda m: m[1] or " ", line)) for line in ctx.executor.data_lines]
    rows = [row for row in rows if row]
    for row in rows:
        if len(row) > len(targets):
            raise StataError(198, f"too many values: {' '.join(row)}")
    if more:
        _more_rows(rows, ctx)
        return None
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
