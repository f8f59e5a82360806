"""merge: join two datasets on key variables.   merge 1:1|m:1|1:m|m:m varlist using filename [, options]

The grammar of releases before 11, ``merge [varlist] using file [file ...]``, works too.
"""

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
from pystata_hlm.lang.abbrev import is_abbreviation
from pystata_hlm.lang.parser import parse
from pystata_hlm.output.items import lines
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

OLD_OPTIONS = ("sort", "_merge", "nokeep", "unique", "uniqmaster", "uniqusing", "nosummary")
_KIND = re.compile(r"\s*([1mn])\s*:\s*([1mn])\b\s*(.*)", re.DOTALL)
_WORDS = (
    *((str(code), 0, code) for code in range(1, 6)),
    ("masters", 3, 1),
    ("using", 2, 2),
    ("matches", 3, 3),
    ("matched", 3, 3),
    ("match_updates", 8, 4),
    ("match_updated", 8, 4),
    ("match_conflicts", 9, 5),
)
"""How keep() and assert() name results: word, shortest abbreviation, code."""

_SOURCES = {
    1: "from master",
    2: "from using",
    3: "matched",
    4: "matched and updated",
    5: "matched in conflict",
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
        Opt("nosummary", 3, "off"),
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
            raise StataError.option_not_allowed(f"{option}()" if option == "_merge" else option)
    if len(call.node.clauses.files) > 1:
        raise StataError.invalid_word(call.node.clauses.files[1])
    if call.has("generate") and call.has("nogenerate"):
        raise StataError(198, "options generate() and nogenerate may not be combined")
    kind = f"{found[1]}:{found[2]}".replace("n", "m")
    if call.has("replace") and not call.has("update"):
        raise StataError(198, "option replace requires option update")
    flag = _result_name(call, ctx)
    data = ctx.data
    using = _files.read(call.using, ctx)
    by_row = kind == "1:1" and found[3].strip() == "_n"
    if not found[3].strip():
        raise StataError.varlist_required()
    keys = (
        []
        if by_row
        else list(expand_varlist(data, parse("varlist", found[3]), varabbrev=ctx.settings.varabbrev))
    )
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
            if flag:
                _add_result(flag, result, ctx)
            named = " or ".join(_SOURCES[code] for code in sorted(allowed))
            error = StataError(
                9,
                f"merge:  after merge, not all observations {named}\n        (merged result left in memory)",
            )
            error.data_changed = True
            raise error
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
    """``merge [varlist] using file [file ...]``: datasets that are sorted; pairs within groups, no table."""
    for option in ("keepusing", "assert", "generate", "nogenerate"):
        if call.has(option):
            raise StataError.invalid_syntax()
    files = [strip_quotes(name) for name in call.node.clauses.files]
    if len(files) > 1 and call.has("update"):
        raise StataError(198, "option update may be used with one using file only")
    if call.has("replace") and not call.has("update"):
        raise StataError(198, "option replace requires option update")
    flag = check(str(call.opt("_merge", "_merge")).strip())
    summaries = (
        [] if len(files) == 1 or call.has("nosummary") else [f"{flag}{k + 1}" for k in range(len(files))]
    )
    for name in (flag, *summaries):
        if name in ctx.data:
            raise StataError.already_defined(name)
    ctx.say("(note: you are using old merge syntax; see [D] merge for new syntax)")
    text = call.node.text.strip()
    keys = (
        list(expand_varlist(ctx.data, parse("varlist", text), varabbrev=ctx.settings.varabbrev))
        if text
        else []
    )
    present = np.ones((1, ctx.data.n), dtype=bool)  # (datasets, observations), the master first
    result = np.ones(ctx.data.n, dtype=np.int64)
    for number, using in enumerate(_old_using(files, keys, call, ctx)):
        _old_order(ctx.data, using, keys, call, check_master=number == 0)
        pairs = (
            pair_rows(ctx.data, using, keys, _old_kind(call)) if keys else pair_sequence(ctx.data.n, using.n)
        )
        result = combine(ctx.data, using, keys, pairs, call, ctx)
        carried = (
            present[:, np.maximum(pairs.master, 0)] & (pairs.master >= 0)
            if present.size
            else np.zeros((len(present), len(result)), dtype=bool)
        )
        present = np.vstack([carried, pairs.using >= 0])
    if len(files) > 1:
        result = np.where(present.sum(axis=0) > 1, 3, np.where(present[0], 1, 2))
    if call.has("nokeep"):
        kept = present[0]
        ctx.data.keep_rows(kept)
        result, present = result[kept], present[:, kept]
    ctx.data.add(flag, Column.numeric(result.astype(float), None, "byte"))
    for name, file, there in zip(summaries, files, present[1:], strict=False):
        column = Column.numeric(there.astype(float), None, "byte", label=_files.with_suffix(file)[:80])
        ctx.data.add(name, column)


def _old_kind(call: Call) -> str:
    """sort implies unique unless one side's uniqueness is asked for."""
    sides = call.has("uniqmaster"), call.has("uniqusing")
    both = call.has("unique") or (call.has("sort") and not any(sides))
    return ":".join("1" if both or side else "m" for side in sides)


def _old_using(files: list[str], keys: list[str], call: Call, ctx: Context) -> list[Dataset]:
    """The using datasets with the variables of keep(); each such variable is in one of them at least."""
    found = [_files.read(name, ctx) for name in files]
    for using in found:
        for name in keys:
            if name not in using:
                raise StataError(111, f"variable {name} not found in using data")
    if not call.has("keep"):
        return found
    terms = parse("varlist", call.opt("keep"))
    wanted: list[list[str]] = [[] for _ in found]
    for term in terms:
        missing: StataError | None = None
        hits = 0
        for names, using in zip(wanted, found, strict=True):
            try:
                names += expand_varlist(using, (term,), varabbrev=True)
                hits += 1
            except StataError as error:
                missing = error
        if missing is not None and not hits:
            raise missing
    for names, using in zip(wanted, found, strict=True):
        using.keep([*keys, *names])
    return found


def _old_order(data: Dataset, using: Dataset, keys: list[str], call: Call, check_master: bool) -> None:
    """Sort both datasets (option sort), or see that they are sorted; r(5)."""
    if call.has("sort"):
        if check_master:
            data.sort(keys, stable=True)
        using.sort(keys, stable=True)
    for which, one in (("master", data), ("using", using)):
        if keys and (check_master or which == "using") and not one.is_sorted_by(keys):
            raise StataError(5, f"{which} data not sorted")


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
    """``keep(match master)`` -> {3, 1}."""
    out: set[int] = set()
    for word in (text or "").split():
        code = next((code for name, least, code in _WORDS if is_abbreviation(word, name, least)), 0)
        if not code:
            raise StataError(198, f"{word} invalid in keep() or assert()")
        out.add(code)
    return out


def combine(
    data: Dataset, using: Dataset, keys: list[str], pairs: Pairs, call: Call, ctx: Context
) -> np.ndarray:
    """Make ``ctx.data`` the joined dataset; returns the result code (1 to 5) of each row."""
    master_rows, using_rows = pairs.master, pairs.using
    result = np.full(len(master_rows), 3, dtype=np.int8)
    result[using_rows < 0] = 1
    result[master_rows < 0] = 2
    only_using = np.flatnonzero(result == 2)
    columns: dict[str, Column] = {}
    conflict = np.zeros(len(result) if call.has("update") else 0, dtype=bool)
    updated = conflict.copy()
    for name in data.names:
        column = data.column(name)
        if name not in using:
            columns[name] = column.with_(data=_combine.take_rows(column, master_rows, column.stype))
            continue
        other = using.column(name)
        if column.is_string != other.is_string:
            if name in keys or not call.has("force"):
                raise _combine.type_conflict(name, column, other, "merge")
            columns[name] = column.with_(data=_combine.take_rows(column, master_rows, column.stype))
            continue
        stype = _combine.common_type(column.stype, other.stype)
        if name not in keys:
            _combine.widened(name, column.stype, stype, ctx)
        mine = _combine.take_rows(column, master_rows, stype)
        if len(only_using):
            mine[only_using] = other.recast(stype).data[using_rows[only_using]]
        if call.has("update") and name not in keys:
            theirs = _combine.take_rows(other, using_rows, stype)
            ours, yours = Column(mine, stype), Column(theirs, stype)
            gone, there = ours.is_missing(), ~yours.is_missing()
            both = (result == 3) & there
            fill = both & gone
            differs = both & ~gone & np.asarray(mine != theirs)
            updated |= fill
            conflict |= differs
            take = fill | differs if call.has("replace") else fill
            mine[take] = theirs[take]
        columns[name] = _combine.with_type(column, mine, stype)
    for name in using.names:
        if name not in data:
            column = using.column(name)
            columns[name] = column.with_(data=_combine.take_rows(column, using_rows, column.stype))
    if call.has("update"):
        result[updated] = 4
        result[conflict] = 5
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
    column = Column(result, "byte", format="%23.0g", value_label="_merge", label=label)
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
