"""egen functions across variables: rowmean, rowtotal, group, tag, concat, anymatch, ..."""

from __future__ import annotations

import re

import numpy as np

from pystata_hlm.commands import _storing
from pystata_hlm.commands._egen import Floats, Job, egen, labelled
from pystata_hlm.commands._labels import widened
from pystata_hlm.commands._reduce import Grouped
from pystata_hlm.data.column import Column
from pystata_hlm.data.labels import ValueLabel
from pystata_hlm.data.names import is_valid_name
from pystata_hlm.errors import StataError
from pystata_hlm.expr.values import Text
from pystata_hlm.formats import format_column

# ---------------------------------------------------------------- statistics of a row


def _counts(x: Floats) -> Floats:
    return np.count_nonzero(~np.isnan(x), axis=0).astype(float)


def _ratio(a: Floats, b: Floats) -> Floats:
    return np.divide(a, b, out=np.full(a.shape, np.nan), where=b > 0)


@egen("rowmean rmean", by=False)
def rowmean(job: Job) -> Column:
    x = job.matrix()
    return job.column(_ratio(np.nansum(x, axis=0), _counts(x)))


@egen("rowtotal rsum", "missing", by=False)
def rowtotal(job: Job) -> Column:
    x = job.matrix()
    out = np.nansum(x, axis=0)
    if "missing" in job.options:
        out = np.where(_counts(x) > 0, out, np.nan)
    return job.column(out)


@egen("rowsd rsd", by=False)
def rowsd(job: Job) -> Column:
    x = job.matrix()
    n = _counts(x)
    deviations = x - _ratio(np.nansum(x, axis=0), n)
    return job.column(np.sqrt(_ratio(np.nansum(deviations**2, axis=0), n - 1)))


@egen("rowmin rmin", by=False)
def rowmin(job: Job) -> Column:
    return job.column(np.fmin.reduce(job.matrix(), axis=0))


@egen("rowmax rmax", by=False)
def rowmax(job: Job) -> Column:
    return job.column(np.fmax.reduce(job.matrix(), axis=0))


@egen("rowmedian", by=False)
def rowmedian(job: Job) -> Column:
    return job.column(_row_percentile(job.matrix(), 50.0))


@egen("rowpctile", "p", by=False)
def rowpctile(job: Job) -> Column:
    p = job.options.get("p", 50.0)
    if not 0 < p < 100:
        raise StataError(198, "p() must be between 0 and 100")
    return job.column(_row_percentile(job.matrix(), p))


def _row_percentile(x: Floats, p: float) -> Floats:
    k, n = x.shape
    flat = x.T.ravel()
    codes = np.repeat(np.arange(n), k)
    used = ~np.isnan(flat)
    return Grouped(flat[used], codes[used], n).percentile(p)


def _first(job: Job, names: list[str]) -> Column:
    """The first nonmissing value in the order of ``names``."""
    if any(job.data.column(name).is_string for name in names):
        strings = [job.data.column(name).data for name in names]
        out = strings[0]
        for more in strings[1:]:
            out = np.where(out == b"", more, out)
        return Column.text(np.where(job.sample, out, b""))
    x = job.data.values(names[0])
    for name in names[1:]:
        x = np.where(np.isnan(x), job.data.values(name), x)
    return job.column(x)


@egen("rowfirst rfirst", by=False)
def rowfirst(job: Job) -> Column:
    return _first(job, job.names())


@egen("rowlast rlast", by=False)
def rowlast(job: Job) -> Column:
    return _first(job, job.names()[::-1])


@egen("rowmiss rmiss", by=False)
def rowmiss(job: Job) -> Column:
    gone = [job.data.column(name).is_missing() for name in job.names()]
    return job.column(np.count_nonzero(gone, axis=0).astype(float))


@egen("rownonmiss robs", "strok", by=False)
def rownonmiss(job: Job) -> Column:
    names = job.names() if "strok" in job.options else job.numeric_names()
    there = [~job.data.column(name).is_missing() for name in names]
    return job.column(np.count_nonzero(there, axis=0).astype(float))


@egen("anymatch", "values", by=False)
def anymatch(job: Job) -> Column:
    hits = np.isin(job.matrix(), _values(job)).any(axis=0)
    return job.column(hits.astype(float), "byte")


@egen("anycount neqany eqany", "values", by=False)
def anycount(job: Job) -> Column:
    hits = np.count_nonzero(np.isin(job.matrix(), _values(job)), axis=0)
    return job.column((hits > 0 if job.function == "eqany" else hits).astype(float), "byte")


def _values(job: Job) -> list[float]:
    if "values" not in job.options:
        raise StataError(198, "option values() required")
    return list(job.options["values"])


@egen("diff", by=False)
def diff(job: Job) -> Column:
    names = job.names(2)
    first = job.data.column(names[0])
    out = np.zeros(job.n, dtype=bool)
    for name in names[1:]:
        column = job.data.column(name)
        if column.is_string != first.is_string:
            raise StataError.type_mismatch()
        if column.is_string:
            out |= column.data != first.data
        else:
            a, b = first.values(), column.values()
            out |= ~((a == b) | (np.isnan(a) & np.isnan(b)))
    return labelled(job.column(out.astype(float), "byte"), f"diff {' '.join(names)}")


# ---------------------------------------------------------------- groups of values


def _complete(job: Job, names: list[str]) -> np.ndarray:
    """Rows of the sample; those with a missing value only under ``missing``."""
    rows = job.sample.copy()
    if "missing" not in job.options:
        for name in names:
            rows &= ~job.data.column(name).is_missing()
    return rows


@egen("tag", "missing", by=False)
def tag(job: Job) -> Column:
    """1 for the first observation of each combination, 0 for the others (also outside the sample)."""
    names = job.names()
    groups = job.data.groups(names, _complete(job, names))
    out = np.zeros(job.n)
    if len(groups):
        out[groups.first_rows] = 1.0
    column = Column.numeric(out, None, job.stype or "byte")
    return labelled(column, f"tag({' '.join(names)})")


@egen("group", "missing", "label", "lname", "truncate", "autotype", by=False)
def group(job: Job) -> Column:
    """1, 2, ... for the combinations in sorted order."""
    names = job.names()
    groups = job.data.groups(names, _complete(job, names))
    values = np.where(groups.codes >= 0, groups.codes + 1.0, np.nan)
    stype = None
    if "autotype" in job.options:
        stype = "byte" if len(groups) <= 100 else "int" if len(groups) <= 32740 else "long"
    column = labelled(job.column(values, stype), f"group({' '.join(names)})")
    if "label" not in job.options and "lname" not in job.options:
        return column
    label, replace, width = _label_option(job)
    if label in job.data.value_labels and not replace:
        raise StataError(110, f"value label {label} already defined")
    rows = groups.first_rows
    parts = [_texts(job, name, rows, width) for name in names]
    texts = {k + 1: " ".join(words) for k, words in enumerate(zip(*parts, strict=True))}
    job.data.value_labels[label] = ValueLabel(texts)
    return widened(column.with_(value_label=label), job.data.value_labels[label])


def _label_option(job: Job) -> tuple[str, bool, int | None]:
    """``label(lblname, replace truncate(#))``, or label, lname() and truncate(): name, replace, width."""
    label, width = job.options.get("lname", job.name), job.options.get("truncate")
    name, _, rest = (job.options.get("label") or "").partition(",")
    found = re.fullmatch(r"\s*(replace)?\s*(?:trunc(?:a|at|ate)?\(\s*(\d+)\s*\))?\s*(replace)?\s*", rest)
    if found is None:
        raise StataError(198, "option label() incorrectly specified")
    label = name.strip() or label
    if not is_valid_name(label):
        raise StataError.invalid_name(label)
    return label, bool(found[1] or found[3]), int(found[2]) if found[2] else width


def _texts(job: Job, name: str, rows: np.ndarray, width: int | None) -> list[str]:
    """Texts of a variable for some rows: value labels where there are any, else the numbers."""
    column = job.data.column(name).take(rows)
    if column.is_string:
        out = [bytes(raw).decode("utf-8", "replace") for raw in column.data.tolist()]
    else:
        values, codes = column.decoded()
        out = [text.strip() for text in format_column(values, codes, "%12.0g")]
        label = job.data.value_labels.get(column.value_label)
        if label is not None:
            out = [t or plain for t, plain in zip(label.texts(values, codes).tolist(), out, strict=True)]
    return [text[:width] for text in out] if width else out


# ---------------------------------------------------------------- strings


@egen("concat", "punct", "decode", "format", "maxlength", by=False)
def concat(job: Job) -> Column:
    punct = job.options.get("punct", "").encode()
    limit = job.options.get("maxlength")
    if limit is not None and "decode" not in job.options:
        raise StataError(198, "option maxlength() requires option decode")
    out: np.ndarray | None = None
    for name in job.names():
        column = job.data.column(name)
        if column.is_string:
            strings = column.data
        else:
            label = job.data.value_labels.get(column.value_label) if "decode" in job.options else None
            if label is not None and limit:
                label = ValueLabel({key: text[:limit] for key, text in label.items()})
            strings = _storing.number_texts(column, job.options.get("format", "%12.0g"), label)
        if column.is_string and strings.dtype.kind == "O":
            strings = np.array(strings.tolist())
        out = strings if out is None else np.strings.add(np.strings.add(out, punct), strings)
    assert out is not None
    out = np.where(job.sample, out, b"")
    return Column.text(out)


@egen("ends", "punct", "head", "last", "tail", "trim", by=False)
def ends(job: Job) -> Column:
    """``ends(strvar), punct(chars) trim [head|last|tail]``: the first word, the last word, or all but the first."""
    value = job.value()
    if not isinstance(value, Text):
        raise StataError.type_mismatch()
    strings = _storing.texts(value, job.n)
    if not len(strings):
        return Column.text(np.zeros(0, "S1"))
    if strings.dtype.kind == "O":
        strings = np.array(strings.tolist(), dtype="S")
    if "trim" in job.options:
        strings = np.strings.strip(strings)
    punct = job.options.get("punct", " ").encode()
    if "last" in job.options:
        _, _, out = np.strings.rpartition(strings, punct)
    elif "tail" in job.options:
        _, _, out = np.strings.partition(strings, punct)
    else:
        out, _, _ = np.strings.partition(strings, punct)
    return Column.text(np.where(job.sample, out, np.zeros((), out.dtype)))
