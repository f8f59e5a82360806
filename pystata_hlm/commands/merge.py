"""merge: join two datasets on key variables.   merge 1:1|m:1|1:m|m:m varlist using filename [, options]"""

from __future__ import annotations

import re

import numpy as np

from pystata_hlm.commands import _combine, _files
from pystata_hlm.commands._merging import Pairs, pair_rows, pair_sequence
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.labels import ValueLabel
from pystata_hlm.data.names import check
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

OLD_OPTIONS = ("sort", "_merge", "nokeep", "unique", "uniqmaster", "uniqusing")
_KIND = re.compile(r"\s*([1mn])\s*:\s*([1mn])\b\s*(.*)", re.DOTALL)
_WORDS = {
    **dict.fromkeys(("1", "master", "mas", "mast", "maste", "masters"), 1),
    **dict.fromkeys(("2", "using", "us", "usi", "usin"), 2),
    **dict.fromkeys(("3", "match", "mat", "matc", "matched", "matches"), 3),
    **dict.fromkeys(("4", "match_update", "match_up"), 4),
    **dict.fromkeys(("5", "match_conflict", "match_con"), 5),
}
TEXTS = {
    1: "Master only (1)",
    2: "Using only (2)",
    3: "Matched (3)",
    4: "Missing updated (4)",
    5: "Nonmissing conflict (5)",
}


@command(
    "merge",
    min=3,
    syntax="anything",
    allow={"using"},
    options=(
        Opt("keepusing", 5, "text"),
        Opt("generate", 3, "text"),
        Opt("nogenerate", 5, "off"),
        Opt("nolabel", 3, "off"),
        Opt("nonotes", 5, "off"),
        Opt("update"),
        Opt("replace"),
        Opt("noreport", 5, "off"),
        Opt("force"),
        Opt("assert", 3, "text"),
        Opt("keep", 0, "text"),
        Opt("sorted"),
        Opt("sort"),
        Opt("_merge", 2, "text"),
        Opt("nokeep", 3, "off"),
        Opt("unique", 3),
        Opt("uniqmaster", 6),
        Opt("uniqusing", 6),
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    found = _KIND.fullmatch(call.node.text)
    if call.using is None:
        raise StataError(100, "using required")
    if found is None:
        _old_syntax(call, ctx)
        return None
    for option in OLD_OPTIONS:
        if call.has(option):
            raise StataError.option_not_allowed(option)
    kind = f"{found[1]}:{found[2]}".replace("n", "m")
    if call.has("replace") and not call.has("update"):
        raise StataError(198, "option replace requires option update")
    flag = _result_name(call, ctx)
    data = ctx.data
    using = _files.read(call.using, ctx)
    by_row = kind == "1:1" and found[3].strip() == "_n"
    keys = (
        []
        if by_row
        else list(expand_varlist(data, parse("varlist", found[3]), varabbrev=ctx.settings.varabbrev))
    )
    if not keys and not by_row:
        raise StataError.varlist_required()
    for name in keys:
        if name not in using:
            raise StataError(111, f"variable {name} not found in using data")
    _keep_using(using, keys, call)
    pairs = pair_sequence(data.n, using.n) if by_row else pair_rows(data, using, keys, kind)
    result = combine(data, using, keys, pairs, call, ctx)
    keep = _codes(call.opt("keep"))
    if call.has("assert"):
        allowed = _codes(call.opt("assert"))
        if not np.isin(result, list(allowed)).all():
            raise StataError(
                9,
                "after merge, not all observations from master and using matched"
                if allowed == {3}
                else "after merge, assertion is false",
            )
    if keep:
        kept = np.isin(result, list(keep))
        ctx.data.keep_rows(kept)
        result = result[kept]
    if flag:
        _add_result(flag, result, ctx)
    if not call.has("noreport"):
        ctx.emit(lines(*report(result, flag, call.has("update"), ctx.settings.release)))
    return None


def _old_syntax(call: Call, ctx: Context) -> None:
    """``merge [varlist] using filename``: both datasets sorted; pairs within groups, no table."""
    data = ctx.data
    if call.has("keepusing") or call.has("assert") or call.has("generate") or call.has("nogenerate"):
        raise StataError.invalid_syntax()
    if len(call.node.clauses.files) > 1:
        raise StataError(198, "merge with several using files is not yet supported")
    flag = str(call.opt("_merge", "_merge")).strip()
    check(flag)
    if flag in data:
        raise StataError.already_defined(flag)
    ctx.say("(note: you are using old merge syntax; see [D] merge for new syntax)")
    using = _files.read(str(call.using), ctx)
    text = call.node.text.strip()
    keys = (
        list(expand_varlist(data, parse("varlist", text), varabbrev=ctx.settings.varabbrev)) if text else []
    )
    if call.has("keep"):
        wanted = expand_varlist(using, parse("varlist", call.opt("keep")), varabbrev=True)
        using.keep([*keys, *wanted])
    for name in keys:
        if name not in using:
            raise StataError(111, f"variable {name} not found in using data")
    if call.has("sort"):
        data.sort(keys, stable=True)
        using.sort(keys, stable=True)
    for which, one in (("master", data), ("using", using)):
        if keys and not one.is_sorted_by(keys):
            raise StataError(5, f"{which} data not sorted")
    kind = ("1" if call.has("unique") or call.has("sort") or call.has("uniqmaster") else "m") + ":"
    kind += "1" if call.has("unique") or call.has("sort") or call.has("uniqusing") else "m"
    pairs = pair_rows(data, using, keys, kind) if keys else pair_sequence(data.n, using.n)
    result = combine(data, using, keys, pairs, call, ctx)
    if call.has("nokeep"):
        kept = result != 2
        ctx.data.keep_rows(kept)
        result = result[kept]
    ctx.data.add(flag, Column.numeric(result.astype(float), None, "byte"))


def _result_name(call: Call, ctx: Context) -> str:
    """Name of the variable that tells where observations came from; "" under nogenerate."""
    if call.has("nogenerate"):
        return ""
    flag = str(call.opt("generate", "_merge")).strip()
    check(flag)
    if flag in ctx.data:
        raise StataError.already_defined(flag)
    return flag


def _keep_using(using: Dataset, keys: list[str], call: Call) -> None:
    if call.has("keepusing"):
        wanted = expand_varlist(using, parse("varlist", call.opt("keepusing")), varabbrev=True)
        using.keep([*keys, *wanted])


def _codes(text: str | None) -> set[int]:
    """``keep(match master)`` -> {3, 1}; ``match`` includes updates and conflicts."""
    out: set[int] = set()
    for word in (text or "").split():
        if word not in _WORDS:
            raise StataError(198, f"{word} invalid in keep() or assert()")
        out.add(_WORDS[word])
    return out


def combine(
    data: Dataset, using: Dataset, keys: list[str], pairs: Pairs, call: Call, ctx: Context
) -> np.ndarray:
    """Make ``ctx.data`` the joined dataset; returns the result code (1 to 5) of each row."""
    master_rows, using_rows = pairs.master, pairs.using
    result = np.where(using_rows < 0, 1, np.where(master_rows < 0, 2, 3))
    columns: dict[str, Column] = {}
    conflict = np.zeros(len(result), dtype=bool)
    updated = np.zeros(len(result), dtype=bool)
    for name in data.names:
        column = data.column(name)
        if name not in using:
            columns[name] = column.with_(data=_combine.take_rows(column, master_rows, column.stype))
            continue
        other = using.column(name)
        if column.is_string != other.is_string:
            if name in keys or not call.has("force"):
                which = "key variable" if name in keys else "variable"
                raise StataError(
                    106, f"{which} {name} is {column.stype} in master but {other.stype} in using data"
                )
            columns[name] = column.with_(data=_combine.take_rows(column, master_rows, column.stype))
            continue
        stype = _combine.common_type(column.stype, other.stype)
        if name not in keys:
            _combine.widened(name, column.stype, stype, ctx)
        mine = _combine.take_rows(column, master_rows, stype)
        theirs = _combine.take_rows(other, using_rows, stype)
        take = result == 2
        if call.has("update") and name not in keys:
            ours, yours = Column(mine, stype), Column(theirs, stype)
            gone, there = ours.is_missing(), ~yours.is_missing()
            both = (result == 3) & there
            fill = both & gone
            differs = both & ~gone & np.asarray(mine != theirs)
            updated |= fill
            conflict |= differs
            take = take | fill | (differs if call.has("replace") else False)
        mine[take] = theirs[take]
        columns[name] = _combine.with_type(column, mine, stype)
    for name in using.names:
        if name not in data:
            column = using.column(name)
            columns[name] = column.with_(data=_combine.take_rows(column, using_rows, column.stype))
    if call.has("update"):
        result = np.where(conflict, 5, np.where(updated, 4, result))
    joined = Dataset(columns)
    joined.label, joined.filename, joined.timestamp = data.label, data.filename, data.timestamp
    joined.value_labels, joined.data_chars = dict(data.value_labels), dict(data.data_chars)
    joined.hidden = {
        key: np.where(master_rows >= 0, array[np.maximum(master_rows, 0)], False)
        for key, array in data.hidden.items()
        if data.n
    }
    joined.sortedby = tuple(keys) if keys and not (result == 2).any() else ()
    joined.changed = True
    _combine.add_labels(joined, using, ctx, call.has("nolabel"))
    if not call.has("nonotes"):
        _combine.add_notes(joined, using)
    ctx.data = joined
    return result


def _add_result(flag: str, result: np.ndarray, ctx: Context) -> None:
    texts = TEXTS if ctx.settings.release >= 17 else {k: v[0].lower() + v[1:] for k, v in TEXTS.items()}
    ctx.data.value_labels["_merge"] = ValueLabel(texts)
    label = "Matching result from merge" if ctx.settings.release >= 17 else ""
    column = Column.numeric(
        result.astype(float), None, "byte", format="%23.0g", value_label="_merge", label=label
    )
    ctx.data.add(flag, column)


def report(result: np.ndarray, flag: str, update: bool, release: int) -> list[str]:
    """The table of results."""
    n = {code: int(np.count_nonzero(result == code)) for code in TEXTS}
    new = release >= 17

    def row(text: str, count: int, code: int = 0) -> str:
        text = text if new else text[0].lower() + text[1:] if not text.startswith(" ") else text
        tail = f"  ({flag}=={code})" if code and flag else "  " if code else ""
        return f"    {text:<30}{count:>11,}{tail}"

    heading = (
        "    Result                      Number of obs"
        if new
        else "    Result                           # of obs."
    )
    rule = "    " + "-" * 41
    out = ["", heading, rule, row("Not matched", n[1] + n[2])]
    if n[1] + n[2]:
        out += [row("    from master", n[1], 1), row("    from using", n[2], 2), ""]
    if update:
        out.append(row("Matched", n[3] + n[4] + n[5]))
        out += [
            row("    not updated", n[3], 3),
            row("    missing updated", n[4], 4),
            row("    nonmissing conflict", n[5], 5),
        ]
    else:
        out.append(row("Matched", n[3], 3))
    return [*out, rule]
