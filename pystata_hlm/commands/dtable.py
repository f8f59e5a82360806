"""dtable: Table of descriptive statistics.   dtable [varlist] [if] [in] [weight] [, by(varname [, options]) continuous() factor()]

Layout: ../shared/cases/table_drsr03x.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from pystata_hlm.commands._categories import Axis, axis
from pystata_hlm.commands._table_cells import Cells, default_format, statistic_name
from pystata_hlm.commands._table_grid import Grid, Head, column_widths, heading_lines, left, right
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number, is_valid_format, text_width
from pystata_hlm.lang.parser import parse
from pystata_hlm.numeric import contingency, dist
from pystata_hlm.runtime.bind import strip_quotes, typed_options
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.display import number_text
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

_BY = (Opt("nototals", 5), Opt("nomissing", 6), Opt("missing", 4), Opt("tests", 4), Opt("notests", 6))
_KIND = (Opt("statistics", 4, "text"), Opt("test", 4, "text"))
_FORMATS = {"mean": "%9.3f", "sd": "%9.3f", "fvfrequency": "%12.0gc", "frequency": "%12.0gc"}
_FORMATS |= {"fvpercent": "%9.1f", "percent": "%9.1f", "fvproportion": "%9.3f", "proportion": "%9.3f"}
_STRINGS = {"sd": "(%s)", "fvpercent": "(%s%%)", "percent": "(%s%%)"}


@dataclass(frozen=True)
class Variable:
    """A variable of the table; factors are shown level by level."""

    name: str
    factor: bool
    label: str
    levels: tuple[float, ...] = ()


@dataclass
class Request:
    """What the options ask for: statistics and tests by kind (or variable), formats, the by variable."""

    by: str = ""
    totals: bool = True
    tests: bool = False
    statistics: dict[str, tuple[str, ...]] = field(default_factory=dict)
    test_of: dict[str, str] = field(default_factory=dict)
    numbers: dict[str, str] = field(default_factory=dict)
    strings: dict[str, str] = field(default_factory=dict)

    def statistics_of(self, variable: Variable) -> tuple[str, ...]:
        usual = ("fvfrequency", "fvpercent") if variable.factor else ("mean", "sd")
        kind = "factor" if variable.factor else "continuous"
        return self.statistics.get(variable.name) or self.statistics.get(kind) or usual

    def test(self, variable: Variable) -> str:
        kind = "factor" if variable.factor else "continuous"
        usual = "pearson" if variable.factor else "regress"
        return self.test_of.get(variable.name) or self.test_of.get(kind) or usual

    def text(self, statistic: str, value: float) -> str:
        if value != value:
            return "."
        fmt = self.numbers.get(statistic) or _FORMATS.get(statistic) or default_format(statistic)
        out = format_number(value, fmt).strip()
        pattern = self.strings.get(statistic) or _STRINGS.get(statistic, "%s")
        return pattern.replace("%%", "\0").replace("%s", out).replace("\0", "%")


# ---------------------------------------------------------------- reading


def variables(text: str, request: Request, chosen: dict[str, bool], ctx: Context) -> list[tuple[str, bool]]:
    """Names and whether they are factors, in order: the varlist, then those named in continuous() and factor()."""
    out: dict[str, bool] = {}
    for word in text.split():
        factor = word.startswith("i.")
        listed = parse("varlist", word.removeprefix("i.").removeprefix("c."))
        for name in expand_varlist(ctx.data, listed, varabbrev=ctx.settings.varabbrev):
            out.setdefault(name, factor)
    out |= chosen
    for name in out:
        if ctx.data.column(name).is_string:
            raise StataError.type_mismatch()
    return list(out.items())


def _statistics(text: str) -> tuple[str, ...]:
    return tuple(statistic_name(word) for word in text.split())


_TESTS = {
    False: ("regress", "none"),
    True: ("pearson", "fisher", "lrchi2", "none"),
}


def read_kind(
    given: list[str], factor: bool, request: Request, chosen: dict[str, bool], ctx: Context
) -> None:
    """``continuous([varlist] [, statistics() test()])`` and the same for factor()."""
    kind = "factor" if factor else "continuous"
    for text in given:
        node = parse("anything", text)
        options = typed_options(node.clauses.options, _KIND, (), ctx)
        names: list[str] = []
        if node.text:
            names = list(
                expand_varlist(ctx.data, parse("varlist", node.text), varabbrev=ctx.settings.varabbrev)
            )
            chosen |= dict.fromkeys(names, factor)
        for key in names or [kind]:
            if "statistics" in options:
                request.statistics[key] = _statistics(options["statistics"])
                for name in request.statistics[key]:
                    if factor != name.startswith("fv"):
                        raise StataError(198, f"statistic {name} not allowed in {kind}()")
            if "test" in options:
                if options["test"] not in _TESTS[factor]:
                    raise StataError(198, f"test {options['test']} not yet supported")
                request.test_of[key] = options["test"]


# ---------------------------------------------------------------- tests


def p_value(variable: Variable, cells: Cells, groups: Axis, test: str) -> float:
    """Equality over the groups: F test of means, or independence of a two-way table."""
    x = cells.data.column(variable.name).values()[cells.rows]
    used = ~np.isnan(x)
    x, index = x[used], groups.index[used]
    if test == "regress":
        n = np.bincount(index, minlength=groups.size)
        kept = n > 0
        means = np.bincount(index, weights=x, minlength=groups.size)[kept] / n[kept]
        between = float((n[kept] * (means - x.mean()) ** 2).sum())
        within = float(((x - x.mean()) ** 2).sum()) - between
        df_m, df_r = int(kept.sum()) - 1, len(x) - int(kept.sum())
        if df_m < 1 or df_r < 1 or within <= 0:
            return np.nan
        return float(dist.Ftail(df_m, df_r, between / df_m / (within / df_r)))
    levels = np.searchsorted(variable.levels, x)
    table = np.zeros((len(variable.levels), groups.size))
    np.add.at(table, (levels, index), 1.0)
    if test == "fisher":
        return contingency.fisher(table).p
    return (contingency.pearson if test == "pearson" else contingency.likelihood_ratio)(table)[1]


def p_text(p: float) -> str:
    if p != p:
        return "."
    return "<0.001" if p < 0.0005 else format_number(p, "%5.3f").strip()


# ---------------------------------------------------------------- layout


@dataclass(frozen=True)
class Line:
    indent: int
    text: str
    cells: tuple[str, ...]


def _of_variable(cells: Cells, name: str, statistic: str, place: tuple[int, ...]) -> float:
    return cells.variable(statistic, name, place)


def _of_level(cells: Cells, name: str, level: float, statistic: str, place: tuple[int, ...]) -> float:
    return cells.factor(statistic, name, level, place)


def body(found: list[Variable], cells: Cells, request: Request, sample: bool) -> list[Line]:
    places: list[tuple[int, ...]] = [(k,) for k in range(cells.axes[0].size)] if request.by else [()]
    if request.by and request.totals:
        places.append((-1,))
    out: list[Line] = []

    def row(
        statistics: tuple[str, ...], value: Callable[[str, tuple[int, ...]], float], test: str = ""
    ) -> tuple[str, ...]:
        texts = [" ".join(request.text(s, value(s, place)) for s in statistics) for place in places]
        return (*texts, test) if request.tests else tuple(texts)

    if sample:
        across = frozenset(range(len(cells.axes)))
        names = ("frequency", "percent") if request.by else ("frequency",)
        out.append(Line(0, "N", row(names, lambda s, c: cells.counted(s, c, across))))
    for variable in found:
        statistics = request.statistics_of(variable)
        test = ""
        if request.tests and request.test(variable) != "none":
            test = p_text(p_value(variable, cells, cells.axes[0], request.test(variable)))
        if not variable.factor:
            value = partial(_of_variable, cells, variable.name)
            out.append(Line(0, variable.label, row(statistics, value, test)))
            continue
        out.append(Line(0, variable.label, ("",) * (len(places) + request.tests)))
        for k, level in enumerate(variable.levels):
            value = partial(_of_level, cells, variable.name, level)
            text = number_text(cells.data, variable.name, level)
            out.append(Line(2, text, row(statistics, value, test if k == 0 else "")))
    return out


def render(lines: list[Line], heads: list[str], title: str) -> list[str]:
    """Two rules and the one under the headings, no bars; headings are centred over their columns."""
    stub = max(line.indent + text_width(line.text) for line in lines)
    columns = tuple((Head(title, text),) for text in heads)
    grid = Grid((), columns, tuple(line.cells for line in lines))
    widths = column_widths(grid, 1)
    width = stub + sum(widths) + len(widths)
    rule = "-" * width
    out = [
        rule,
        *(" " * stub + text for text in heading_lines(columns, widths, 1, 1, centre_last=True)),
        rule,
    ]
    for line in lines:
        body = "".join(" " + right(text, w) for text, w in zip(line.cells, widths, strict=True))
        out.append(left(" " * line.indent + line.text, stub) + body)
    return [*out, rule]


def listed(names: list[str]) -> str:
    return (
        names[0]
        if len(names) == 1
        else ", ".join(names[:-1]) + (", and " if len(names) > 2 else " and ") + names[-1]
    )


@command(
    "dtable",
    klass="r",
    syntax="anything",
    weights=("fweight", "aweight", "iweight", "pweight"),
    options=(
        Opt("by", 0, "text"),
        Opt("continuous", 4, "text", repeat=True),
        Opt("factor", 0, "text", repeat=True),
        Opt("nosample", 5),
        Opt("nformat", 4, "text", repeat=True),
        Opt("sformat", 4, "text", repeat=True),
        Opt("title", 0, "string"),
        Opt("note", 0, "string", repeat=True),
        Opt("nolistwise", 6),
        Opt("listwise", 5),
    ),
    unsupported=(
        "column",
        "sample:4",
        "define:3",
        "export",
        "halign",
        "name",
        "replace",
        "style",
        "titlestyles",
        "notestyles",
        "label",
        "svy",
        "subpop",
    ),
)
def run(call: Call, ctx: Context) -> Stored | None:
    if ctx.settings.release < 18:
        raise StataError.unrecognized_command("dtable")
    request, chosen = Request(), dict[str, bool]()
    read_kind(call.opt("continuous", []), False, request, chosen, ctx)
    read_kind(call.opt("factor", []), True, request, chosen, ctx)
    by_missing = _read_by(call.opt("by", ""), request, ctx)
    _read_formats(call, request)
    names = variables(call.node.text, request, chosen, ctx)
    mask = call.sample.copy()
    if request.by and not by_missing:
        mask &= ~ctx.data.column(request.by).is_missing()
    if call.has("listwise") and not call.has("nolistwise"):
        for name, _ in names:
            mask &= ~ctx.data.column(name).is_missing()
    if not mask.any():
        raise StataError.no_observations()
    cells = Cells.make(ctx.data, mask, (request.by,) if request.by else (), call.weight)
    found = [_variable(name, factor, cells, ctx) for name, factor in names]
    if request.tests:
        if call.weight is not None:
            raise StataError(198, "option tests not yet supported with weights")
        _say_tests(found, request, ctx)
    lines = body(found, cells, request, not call.has("nosample"))
    if not lines:
        raise StataError.varlist_required()
    heads, title = ["Summary"], ""
    if request.by:
        groups = axis(ctx.data, request.by, mask)
        heads = [*groups.texts, *(["Total"] if request.totals else []), *(["Test"] if request.tests else [])]
        title = groups.head
    out = [""] + ([call.opt("title")] if call.has("title") else [])
    ctx.say("\n".join([*out, *render(lines, heads, title), *call.opt("note", [])]))
    return Stored("r", {"N": cells.counted("frequency", (-1,) * len(cells.axes), None)})


def _variable(name: str, factor: bool, cells: Cells, ctx: Context) -> Variable:
    column = ctx.data.column(name)
    levels: tuple[float, ...] = ()
    if factor:
        x = column.values()[cells.rows]
        levels = tuple(np.unique(x[~np.isnan(x)]).tolist())
    return Variable(name, factor, column.label or name, levels)


def _read_by(text: str, request: Request, ctx: Context) -> bool:
    """``by(varname [, tests nototals missing])``; whether missing values make a category."""
    if not text:
        return False
    node = parse("anything", text)
    options = typed_options(node.clauses.options, _BY, ("testnotes",), ctx)
    request.by = ctx.data.find(node.text.removeprefix("i."), ctx.settings.varabbrev)
    request.totals = "nototals" not in options
    request.tests = "tests" in options and "notests" not in options
    return "missing" in options and "nomissing" not in options


def _read_formats(call: Call, request: Request) -> None:
    for text in call.opt("nformat", []):
        fmt, *rest = text.split()
        if not is_valid_format(fmt):
            raise StataError(120, "invalid %format")
        for name in rest or [*_FORMATS]:
            request.numbers[statistic_name(name)] = fmt
    for text in call.opt("sformat", []):
        found = re.fullmatch(r'\s*(`".*?"\'|"[^"]*"|\S+)\s*(.*)', text)
        if found is None or "%s" not in found[1] or not found[2]:
            raise StataError(198, "option sformat() incorrectly specified")
        for name in found[2].split():
            request.strings[statistic_name(name)] = strip_quotes(found[1])


def _say_tests(found: list[Variable], request: Request, ctx: Context) -> None:
    used: dict[str, list[str]] = {}
    for variable in found:
        used.setdefault(request.test(variable), []).append(variable.name)
    for test, names in used.items():
        if test != "none":
            ctx.say(f"note: using test {test} across levels of {request.by} for {listed(names)}.")
