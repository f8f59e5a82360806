"""import sas, import spss: read their files.   import {sas|spss} [namelist] [if] [in] [using] filename [, clear case()]"""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pystata_hlm.commands import _files
from pystata_hlm.commands import _importing as shared
from pystata_hlm.data import reading
from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.labels import MISSING_KEY, ValueLabel
from pystata_hlm.errors import StataError
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Opt

OPTIONS = (Opt("clear"), Opt("case", 0, "string"), Opt("encoding", 3, "string"))
SAS_OPTIONS = (*OPTIONS, Opt("bcat", 0, "string"))

_SPSS_EPOCH_DAYS = 137775  # from 14oct1582 to 01jan1960
_DATE = re.compile(
    r"(?i)(A|E|S)?DATE|YYMMDD|MMDDYY|DDMMYY|MONYY|WORDDATE|JDATE|MOYR|QYR|WKYR|DAY|MONTH|E8601DA"
)
_DATETIME = re.compile(r"(?i)DATETIME|YMDHMS|E8601DT|DATEAMPM")
_TIME = re.compile(r"(?i)TIME|DTIME|HHMM|TOD|MTIME")


def _days_and_format(kind: str, fmt: str) -> tuple[str, str]:
    """What a foreign format means: ``days``, ``ms``, ``time`` or "" and the Stata display format."""
    if _DATETIME.match(fmt):
        return "ms", "%tc"
    if _TIME.match(fmt) and not fmt.upper().startswith("TIMES"):
        return "time", "%tcHH:MM:SS"
    if _DATE.match(fmt):
        return "days", "%td"
    return "", ""


def _numeric(raw: Any, fmt: str, kind: str, user: Mapping[float, int]) -> Column:
    """A numeric column; foreign dates become Stata's, user-missing values extended missing values."""
    values, codes = np.full(len(raw), np.nan), np.zeros(len(raw), dtype=np.int8)
    if raw.dtype.kind in "fiu":
        values = raw.astype(np.float64)
    else:
        texts = np.array([isinstance(value, str) for value in raw.tolist()], dtype=bool)
        letters = np.array([str(value).strip().lower()[:1] for value in raw[texts].tolist()], dtype="U1")
        codes[texts] = np.array([ord(ch) - 96 if "a" <= ch <= "z" else 0 for ch in letters.tolist()], np.int8)
        values[~texts] = np.array(
            [np.nan if v is None else v for v in raw[~texts].tolist()], dtype=np.float64
        )
    for value, code in user.items():
        codes[values == value] = code
    values = np.where(codes > 0, np.nan, values)
    meaning, shown = _days_and_format(kind, fmt)
    if meaning:
        shift = _SPSS_EPOCH_DAYS if kind == "spss" else 0
        if meaning == "days":
            values = np.floor(values / 86400) - shift if kind == "spss" else values
        else:
            values = values * 1000.0 - (shift * 86_400_000.0 if meaning == "ms" else 0)
    stype = "double" if meaning in ("ms", "time") else reading.numeric_type(values, "double")
    return Column.numeric(values, codes if codes.any() else None, stype, format=shown)


def _text(raw: Any) -> Column:
    texts = ["" if value is None or value != value else str(value).rstrip() for value in raw.tolist()]
    strings: Any = np.empty(len(texts), dtype=object)
    strings[:] = [text.encode() for text in texts]
    if max((len(text) for text in strings.tolist()), default=0) <= 2045:
        strings = np.array(strings.tolist() or [b""], dtype="S")[: len(texts)]
    return Column.text(strings)


def _user_missing(meta: Any, name: str, raw: Any) -> dict[float, int]:
    """User-missing values of an SPSS variable: each takes the next of .a, .b ..."""
    spans = (meta.missing_ranges or {}).get(name, [])
    if not spans or raw.dtype.kind not in "fiu":
        return {}
    numbers = raw.astype(np.float64)
    seen = np.unique(numbers[~np.isnan(numbers)]).tolist()
    hit: list[float] = []
    for span in spans:
        low, high = span["lo"], span["hi"]
        if isinstance(low, str) or isinstance(high, str):
            continue
        hit += [v for v in seen if low <= v <= high and v not in hit]
        if low == high and low not in hit:
            hit.append(float(low))
    return {value: k + 1 for k, value in enumerate(sorted(hit)[:26])}


def convert(frame: Any, meta: Any, kind: str, case: str) -> Dataset:
    """A Dataset of what pyreadstat read."""
    data = Dataset(n=len(frame))
    change = shared.CASES[case]
    old = [str(name) for name in frame.columns]
    names = shared.named([change(name) for name in old], lambda j: f"v{j + 1}", "preserve")
    labels = meta.column_names_to_labels or {}
    sets = meta.variable_to_label or {}
    for source, name in zip(old, names, strict=True):
        raw = frame[source].to_numpy()
        fmt = str((meta.original_variable_types or {}).get(source) or "")
        string = (meta.readstat_variable_types or {}).get(source) == "string"
        user = {} if string or kind != "spss" else _user_missing(meta, source, raw)
        column = _text(raw) if string else _numeric(raw, fmt, kind, user)
        label_name = "" if column.is_string else str(sets.get(source, "") or "")
        texts = (meta.value_labels or {}).get(label_name)
        if texts:
            label_name = re.sub(r"\W", "", label_name)[:32] or name
            data.value_labels[label_name] = ValueLabel(_entries(texts, user))
            column = column.with_(value_label=label_name)
        data.add(name, shared.labelled(column, str(labels.get(source) or "")))
    data.label = str(getattr(meta, "file_label", "") or "")[:80]
    return data


def _entries(texts: Mapping[Any, str], user: Mapping[float, int]) -> dict[int, str]:
    """Value-label entries; user-missing values under the missing value that they became."""
    out: dict[int, str] = {}
    for value, text in texts.items():
        if isinstance(value, str):
            letter = value.strip().lower()
            if len(letter) == 1 and "a" <= letter <= "z":
                out[MISSING_KEY + ord(letter) - 96] = str(text)
        elif float(value) in user:
            out[MISSING_KEY + user[float(value)]] = str(text)
        elif float(value) == int(value):
            out[int(value)] = str(text)
    return out


def _read(function: str, path: Path, shown: str, **arguments: Any) -> tuple[Any, Any]:
    import pyreadstat

    try:
        return getattr(pyreadstat, function)(str(path), disable_datetime_conversion=True, **arguments)
    except (pyreadstat.ReadstatError, pyreadstat.PyreadstatError):
        raise StataError(603, f"file {shown} could not be loaded") from None


def _run(text: str, ctx: Context, function: str, suffix: str, kind: str) -> Stored:
    node, options, name = shared.parsed(text, SAS_OPTIONS if kind == "sas" else OPTIONS, (), ctx)
    path, shown = shared.locate(shared.need_file(name), suffix, ctx)
    _files.refuse_to_lose(ctx, "clear" in options)
    arguments: dict[str, Any] = {"encoding": options["encoding"]} if "encoding" in options else {}
    if kind != "xport":
        arguments["user_missing"] = True
    if "bcat" in options:
        catalog, shown_catalog = shared.locate(str(options["bcat"]), ".sas7bcat", ctx)
        _read("read_sas7bcat", catalog, shown_catalog)
        arguments["catalog_file"] = str(catalog)
    frame, meta = _read(function, path, shown, **arguments)
    data = convert(frame, meta, kind, shared.check_case(options, "lower" if kind == "xport" else "preserve"))
    chosen = node.text if node.clauses.using is not None else ""
    if chosen or node.clauses.if_ is not None or node.clauses.in_ is not None:
        _files.restrict(data, chosen, node.clauses, ctx)
    shared.adopt_new(data, ctx)
    ctx.say(shared.size_note(data))
    return Stored("r", scalars={"N": float(data.n), "k": float(data.k)})


def run_sas(text: str, ctx: Context) -> Stored:
    return _run(text, ctx, "read_sas7bdat", ".sas7bdat", "sas")


def run_spss(text: str, ctx: Context) -> Stored:
    return _run(text, ctx, "read_sav", ".sav", "spss")


def run_xport(text: str, ctx: Context) -> Stored:
    return _run(text, ctx, "read_xport", ".xpt", "xport")
