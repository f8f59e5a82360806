"""summarize: Summary statistics.   summarize [varlist] [if] [in] [weight] [, options]

Layouts are those of printed output: ../shared/cases (summarize_detail_price, by_prefix_summ_auto).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from pystata_hlm.commands._moments import EMPTY, Moments, central, moments
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.numeric.quantiles import percentiles
from pystata_hlm.output.items import Cell, Col, Row, Rule, Table, Text
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.settings import Settings
from pystata_hlm.runtime.spec import Call, Opt, Weights

PERCENTS = (1.0, 5.0, 10.0, 25.0, 50.0, 75.0, 90.0, 95.0, 99.0)


@dataclass(frozen=True)
class Detail:
    """The extra figures of ``detail``: percentiles in the order of PERCENTS, four extreme values each way."""

    skewness: float
    kurtosis: float
    percentiles: tuple[float, ...]
    smallest: tuple[float, ...]
    largest: tuple[float, ...]


@dataclass(frozen=True)
class Summary:
    name: str
    label: str
    format: str
    moments: Moments
    detail: Detail | None = None
    extra: dict[str, float] = field(default_factory=dict)


def values_of(data: Dataset, name: str, call: Call) -> tuple[np.ndarray, np.ndarray | None]:
    """Nonmissing values of a variable in the sample, and their weights."""
    x = data.column(name).values()
    used = call.sample & ~np.isnan(x)
    return x[used], None if call.weight is None else call.weight.values[used]


def detail_of(x: np.ndarray, w: np.ndarray | None) -> Detail:
    skewness, kurtosis = central(x, w)
    ordered = np.sort(x)
    low = [*ordered[:4].tolist(), *[np.nan] * (4 - min(4, x.size))]
    high = [*[np.nan] * (4 - min(4, x.size)), *ordered[-4:].tolist()]
    return Detail(skewness, kurtosis, tuple(percentiles(x, PERCENTS, w).tolist()), tuple(low), tuple(high))


def compute(data: Dataset, name: str, call: Call, detail: bool) -> Summary:
    column = data.column(name)
    if column.is_string:
        return Summary(name, column.label, "%9.0g", EMPTY)
    x, w = values_of(data, name, call)
    return Summary(
        name,
        column.label,
        column.format,
        moments(x, call.weight, w),
        detail_of(x, w) if detail and x.size else None,
    )


# ---------------------------------------------------------------- layout


def sd_head(settings: Settings) -> str:
    return "Std. dev." if settings.new_headings else "Std. Dev."


def layout(
    rows: list[Summary], settings: Settings, weight: Weights | None, separator: int, own: bool
) -> Table:
    """The usual table; aweights and iweights add a column for the sum of the weights."""
    weighted = weight is not None and weight.kind in ("aweight", "iweight")
    sd = sd_head(settings)
    if weighted:
        columns: tuple[Col, ...] = (
            Col("Obs", 8),
            Col("Weight", 12),
            Col("Mean", 12),
            Col(sd, 11, 12),
            Col("Min", 11, 10),
            Col("Max", 11),
        )
    else:
        columns = (Col("Obs", 11), Col("Mean", 12), Col(sd, 12, 13), Col("Min", 11, 10), Col("Max", 11))
    body: list[Row | Rule] = []
    for k, row in enumerate(rows):
        if k and separator and k % separator == 0:
            body.append(Rule())
        m = row.moments
        fmt = row.format if own else "%9.0g"
        cells = [Cell(m.n, "%8.0gc" if weighted else "%11.0gc")]
        if m.n:
            if weighted:
                cells.append(Cell(m.sum_w, "%11.0g"))
            cells += [Cell(m.mean, fmt), Cell(m.sd, fmt), Cell(m.min, fmt), Cell(m.max, fmt)]
        body.append(Row(abbrev(row.name, 12), tuple(cells)))
    return Table("Variable", 12, columns, tuple(body), name="summarize")


def _line(percent: str, value: float | None, extreme: float | None, label: str, right: str, fmt: str) -> str:
    """One line of the detail block: percentile, extreme value, labelled statistic."""
    text = percent + ("" if value is None else format_number(value, fmt).strip().rjust(16 - len(percent)))
    if extreme is not None:
        text = text.ljust(16) + format_number(extreme, fmt).strip().rjust(15)
    if label:
        text = text.ljust(38) + label + right.rjust(23 - len(label))
    return text


def detail_layout(row: Summary, settings: Settings, own: bool) -> Text:
    """The block of ``summarize, detail``."""
    title = row.label or row.name
    lines = ["", " " * max(0, (61 - len(title)) // 2) + title, "-" * 61]
    d, m = row.detail, row.moments
    if d is None:
        return Text("\n".join([*lines, "no observations"]))
    fmt = row.format if own else "%9.0g"

    def number(value: float, form: str = fmt) -> str:
        return format_number(value, form).strip()

    p = d.percentiles
    wgt = "Sum of wgt." if settings.new_headings else "Sum of Wgt."
    lines += [
        "      Percentiles      Smallest",
        _line(" 1%", p[0], d.smallest[0], "", "", fmt),
        _line(" 5%", p[1], d.smallest[1], "", "", fmt),
        _line("10%", p[2], d.smallest[2], "Obs", number(m.n, "%11.0gc"), fmt),
        _line("25%", p[3], d.smallest[3], wgt, number(m.sum_w, "%11.0gc"), fmt),
        "",
        _line("50%", p[4], None, "Mean", number(m.mean), fmt),
        "                        Largest".ljust(38) + sd_head(settings) + number(m.sd).rjust(14),
        _line("75%", p[5], d.largest[0], "", "", fmt),
        _line("90%", p[6], d.largest[1], "Variance", number(m.var), fmt),
        _line("95%", p[7], d.largest[2], "Skewness", number(d.skewness, "%9.0g"), fmt),
        _line("99%", p[8], d.largest[3], "Kurtosis", number(d.kurtosis, "%9.0g"), fmt),
    ]
    return Text("\n".join(lines))


# ---------------------------------------------------------------- stored results


def stored(last: Summary, meanonly: bool) -> Stored:
    """r() of the last variable."""
    m = last.moments
    if not m.n:
        return Stored("r", {"N": 0.0, "sum_w": 0.0, "sum": 0.0})
    if meanonly:
        scalars = {"N": m.n, "sum_w": m.sum_w, "sum": m.sum, "mean": m.mean, "min": m.min, "max": m.max}
        return Stored("r", scalars)
    scalars = {"N": m.n, "sum_w": m.sum_w, "mean": m.mean, "Var": m.var, "sd": m.sd}
    if last.detail is not None:
        scalars |= {"skewness": last.detail.skewness, "kurtosis": last.detail.kurtosis}
        scalars |= {"sum": m.sum, "min": m.min, "max": m.max}
        scalars |= {f"p{q:g}": v for q, v in zip(PERCENTS, last.detail.percentiles, strict=True)}
    else:
        scalars |= {"min": m.min, "max": m.max, "sum": m.sum}
    return Stored("r", scalars)


@command(
    "summarize",
    min=2,
    klass="r",
    varlist="all",
    byable="loop",
    weights=("aweight", "fweight", "iweight"),
    options=(Opt("detail", 1), Opt("meanonly", 4), Opt("format", 1), Opt("separator", 3, "int", 5)),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if call.has("detail") and call.has("meanonly"):
        raise StataError(198, "options detail and meanonly may not be combined")
    if not call.varlist:
        raise StataError.varlist_required() if ctx.data.names else StataError.no_variables()
    rows = [compute(ctx.data, name, call, call.has("detail")) for name in call.varlist]
    separator = call.opt("separator", 5)
    if separator < 0:
        raise StataError(198, "option separator() incorrectly specified")
    if not call.has("meanonly") and not ctx.silent:
        if call.has("detail"):
            for row in rows:
                ctx.emit(detail_layout(row, ctx.settings, call.has("format")))
        else:
            ctx.say()
            ctx.emit(layout(rows, ctx.settings, call.weight, separator, call.has("format")))
    return stored(rows[-1], call.has("meanonly"))
