"""egen functions of one expression over groups: mean, sd, total, rank, pctile, mode, ..."""

from __future__ import annotations

import numpy as np

from pystata_hlm.commands import _storing
from pystata_hlm.commands._egen import Job, egen, labelled
from pystata_hlm.commands._reduce import STATISTICS, Grouped
from pystata_hlm.data import missing
from pystata_hlm.data.column import Column
from pystata_hlm.data.labels import ValueLabel
from pystata_hlm.errors import StataError
from pystata_hlm.expr.values import Text
from pystata_hlm.formats import format_trimmed
from pystata_hlm.lang.numlist import parse_numlist


@egen("mean sd median iqr mad mdev skew kurt")
def statistic(job: Job) -> Column:
    return job.spread(STATISTICS[job.function](job.grouped(job.numbers())))


@egen("min max", "missing")
def extreme(job: Job) -> Column:
    """With ``missing``, missing values count as what they are: larger than any number."""
    if "missing" not in job.options:
        return job.spread(STATISTICS[job.function](job.grouped(job.numbers())))
    value = job.value()
    if isinstance(value, Text):
        raise StataError.type_mismatch()
    x = missing.ordered(*_storing.numbers(value, job.n))
    rows = np.flatnonzero(job.sample)
    out = np.full(job.g, np.inf if job.function == "min" else -np.inf)
    (np.minimum if job.function == "min" else np.maximum).at(out, job.codes[rows], x[rows])
    return _from_ordered(out[job.codes], job)


def _from_ordered(x: np.ndarray, job: Job) -> Column:
    """A column of numbers in ordered form (missing values above all numbers), missing outside the sample."""
    absent = ~(x < missing.SYSMISS_ORDER) | ~np.isfinite(x) | ~job.sample
    with np.errstate(invalid="ignore"):
        kinds = np.rint((x / missing.SYSMISS_ORDER - 1.0) * 4096)
    codes = np.where(absent & job.sample & np.isfinite(x), kinds, 0).astype(np.int8)
    return Column.numeric(np.where(absent, np.nan, x), codes, job.stype or job.ctx.settings.type)


@egen("total sum", "missing")
def total(job: Job) -> Column:
    """Missing values count as 0; with ``missing`` a group without any number gives missing."""
    grouped = job.grouped(job.numbers())
    sums = grouped.sum()
    if "missing" in job.options:
        sums = np.where(grouped.n > 0, sums, np.nan)
    return job.spread(sums)


@egen("count")
def count(job: Job) -> Column:
    value = job.value()
    if isinstance(value, Text):
        used = job.sample & (_storing.texts(value, job.n) != b"")
    else:
        used = job.used(np.asarray(_storing.numbers(value, job.n)[0]))
    return job.spread(np.bincount(job.codes[used], minlength=job.g).astype(float))


@egen("pctile", "p")
def pctile(job: Job) -> Column:
    p = job.options.get("p", 50.0)
    if not 0 < p < 100:
        raise StataError(198, "p() must be between 0 and 100")
    return job.spread(job.grouped(job.numbers()).percentile(p))


@egen("pc", "prop")
def pc(job: Job) -> Column:
    """Percent of the group's total; a proportion with ``prop``."""
    x = job.numbers()
    sums = job.grouped(x).sum()[job.codes]
    scale = 1.0 if "prop" in job.options else 100.0
    with np.errstate(divide="ignore", invalid="ignore"):
        out = scale * x / sums
    return job.column(np.where(np.isfinite(out), out, np.nan))


@egen("std", "mean", "sd", "std")
def std(job: Job) -> Column:
    x = job.numbers()
    grouped = job.grouped(x)
    mean, sd = grouped.mean()[job.codes], grouped.sd()[job.codes]
    with np.errstate(divide="ignore", invalid="ignore"):
        z = (x - mean) / sd
    z = z * job.options.get("sd", job.options.get("std", 1.0)) + job.options.get("mean", 0.0)
    column = job.column(np.where(np.isfinite(z), z, np.nan))
    return labelled(column, f"Standardized values of ({job.argument.strip()})")


@egen("rank", "track", "field", "unique")
def rank(job: Job) -> Column:
    kinds = [kind for kind in ("track", "field", "unique") if kind in job.options]
    if len(kinds) > 1:
        raise StataError(198, "only one of track, field, or unique may be specified")
    x = job.numbers()
    used = job.used(x)
    out = np.full(job.n, np.nan)
    out[used] = Grouped(x[used], job.codes[used], job.g).ranks(kinds[0] if kinds else "mean")
    words = {"": "rank of", "track": "track rank of", "field": "field rank of", "unique": "unique rank of"}
    return labelled(job.column(out), f"{words[kinds[0] if kinds else '']} ({job.argument.strip()})")


@egen("mode", "minmode", "maxmode", "nummode", "missing")
def mode(job: Job) -> Column:
    """The most frequent value; several are missing unless minmode, maxmode or nummode() choose one."""
    value = job.value()
    if isinstance(value, Text):
        strings = _storing.texts(value, job.n)
        levels, numbers = np.unique(strings, return_inverse=True)
        x = numbers.astype(float)
        used = job.sample.copy() if "missing" in job.options else job.sample & (strings != b"")
    else:
        levels = None
        x = np.asarray(missing.ordered(*_storing.numbers(value, job.n)))
        used = job.sample.copy() if "missing" in job.options else job.sample & (x < missing.SYSMISS_ORDER)
    grouped = Grouped(x[used], job.codes[used], job.g)
    groups, first, length = grouped.runs()
    most = np.zeros(job.g, dtype=np.int64)
    np.maximum.at(most, groups, length)
    top = length == most[groups]
    chosen = _choose(groups[top], job)
    picked = np.full(job.g, np.nan)
    values = grouped.x[grouped.order][first][top]
    picked[groups[top][chosen]] = values[chosen]
    several = np.bincount(groups[top], minlength=job.g) > 1
    if several.any() and not {"minmode", "maxmode", "nummode"} & set(job.options):
        job.ctx.say(
            "Warning: at least one group contains multiple modes.  Generating missing values for the\n"
            "mode of these groups.  Use the missing, maxmode, minmode, or nummode() options to control\n"
            "this behavior."
        )
    if levels is None:
        out = np.where(np.isnan(picked), missing.SYSMISS_ORDER, picked)
        return _from_ordered(out[job.codes], job)
    index = picked[job.codes]
    absent = np.isnan(index) | ~job.sample
    strings = levels[np.where(absent, 0, index).astype(np.int64)]
    return Column.text(np.where(absent, np.zeros((), strings.dtype), strings))


def _choose(groups: np.ndarray, job: Job) -> np.ndarray:
    """Mask of the modes to keep: at most one for each group (``groups`` is sorted, values ascending)."""
    size = np.bincount(groups, minlength=job.g)
    starts = np.cumsum(size) - size
    place = np.arange(len(groups)) - starts[groups]
    if "minmode" in job.options:
        return place == 0
    if "maxmode" in job.options:
        return place == size[groups] - 1
    if "nummode" in job.options:
        return place == job.options["nummode"] - 1
    return size[groups] == 1


@egen("cut", "at", "group", "icodes", "label", by=False)
def cut(job: Job) -> Column:
    x = job.numbers()
    used = job.used(x)
    if "at" in job.options:
        at = np.array(parse_numlist(job.options["at"].replace(",", " ")))
        if len(at) < 2 or (np.diff(at) <= 0).any():
            raise StataError(124, "at() must be ascending" if len(at) > 1 else "too few numbers in at()")
    elif "group" in job.options:
        wanted = job.options["group"]
        ordered = np.sort(x[used])
        if not ordered.size:
            return job.column(np.full(job.n, np.nan))
        places = (np.arange(wanted) * len(ordered)) // wanted
        at = np.append(np.unique(ordered[places]), np.inf)
    else:
        raise StataError(198, "must specify either at() or group()")
    codes = np.searchsorted(at, x, side="right") - 1
    inside = used & (codes >= 0) & (codes < len(at) - 1)
    coded = "icodes" in job.options or "label" in job.options or "group" in job.options
    values = codes.astype(float) if coded else at[np.clip(codes, 0, len(at) - 1)]
    column = job.column(np.where(inside, values, np.nan))
    if "label" in job.options:
        texts = {k: f"{format_trimmed(float(v), '%9.0g')}-" for k, v in enumerate(at[:-1])}
        job.data.value_labels[job.name] = ValueLabel(texts)
        column = column.with_(value_label=job.name)
    return column


@egen("anyvalue", "values", by=False)
def anyvalue(job: Job) -> Column:
    x = job.numbers()
    wanted = job.options.get("values")
    if wanted is None:
        raise StataError(198, "option values() required")
    return job.column(np.where(np.isin(x, wanted), x, np.nan))


@egen("seq", "from", "to", "block")
def seq(job: Job) -> Column:
    """``seq(), from(#) to(#) block(#)``: counts within the group, over the rows of the sample."""
    if job.argument.strip():
        raise StataError.invalid_syntax()
    codes = job.codes[job.sample]
    order = np.argsort(codes, kind="stable")
    sizes = np.bincount(codes, minlength=job.g)
    place = np.empty(len(codes), dtype=np.int64)
    place[order] = np.arange(len(codes)) - np.repeat(np.cumsum(sizes) - sizes, sizes)
    start, block = job.options.get("from", 1), job.options.get("block", 1)
    stop = job.options.get("to")
    if block < 1:
        raise StataError(198, "block() must be positive")
    step = place // block
    if stop is None:
        values = start + step
    elif stop >= start:
        values = start + step % (stop - start + 1)
    else:
        values = start - step % (start - stop + 1)
    out = np.full(job.n, np.nan)
    out[job.sample] = values
    return job.column(out)


@egen("fill", by=False)
def fill(job: Job) -> Column:
    """``fill(numlist)``: the pattern of the numbers, continued."""
    if not job.sample.all():
        raise StataError(198, "if and in not allowed with egen ... fill()")
    numbers = np.array(parse_numlist(job.argument.strip()))
    size = len(numbers)
    if size < 2:
        raise StataError(122, "invalid numlist has too few elements")
    for period in range(1, size):
        steps = numbers[period:] - numbers[:-period]
        if np.allclose(steps, steps[0], rtol=1e-12, atol=1e-12):
            break
    rows = np.arange(job.n)
    return job.column(numbers[rows % period] + (rows // period) * steps[0])


@egen("ma", "t", "nomiss", by=False)
def ma(job: Job) -> Column:
    """``ma(exp), t(#) nomiss``: centred moving average of # (odd) values; ``nomiss`` shortens it at the ends."""
    width = job.options.get("t", 3)
    if width < 1 or width % 2 == 0:
        raise StataError(198, "t() must be an odd integer")
    half = (width - 1) // 2
    rows = np.flatnonzero(job.sample)
    x = job.numbers()[rows]
    n = len(rows)
    padded = np.concatenate([[0.0], np.cumsum(np.where(np.isnan(x), 0.0, x))])
    counts = np.concatenate([[0], np.cumsum(~np.isnan(x))])
    low = np.clip(np.arange(n) - half, 0, n)
    high = np.clip(np.arange(n) + half + 1, 0, n)
    sums, there = padded[high] - padded[low], counts[high] - counts[low]
    whole = there > 0 if "nomiss" in job.options else there == width
    out = np.full(job.n, np.nan)
    out[rows[whole]] = sums[whole] / there[whole]
    return labelled(job.column(out), f"ma of ({job.argument.strip()}): t={width}")
