"""What ``mixed`` prints: iteration log, heading, random-effects table, LR test line.

Layouts by release are read off real logs (../shared/cases/mixed_*): release 18 fits the heading to its values,
17 has fixed widths, 14 to 16 leave blank lines around the group sizes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pystata_hlm.data.names import abbrev
from pystata_hlm.numeric import dist
from pystata_hlm.output.items import Cell, Col, Header, OutputItem, Row, Rule, Table, Text

if TYPE_CHECKING:
    from pystata_hlm.runtime.settings import Settings

WIDTH = 78
STUB = 28


@dataclass(frozen=True)
class GroupInfo:
    """One grouping level: variable, number of groups, observations per group."""

    name: str
    n_groups: int
    size_min: int
    size_avg: float
    size_max: int


@dataclass(frozen=True)
class Component:
    """One row of the random-effects table in natural units; ``kind`` is var, cov, sd, corr or a residual's (logit)."""

    label: str
    estimate: float
    se: float
    low: float
    high: float


@dataclass(frozen=True)
class Section:
    """A block of the random-effects table: ``id: Unstructured`` and its rows; residuals have several heading lines."""

    headings: tuple[str, ...]
    rows: tuple[Component, ...]


# ---------------------------------------------------------------- iteration log


def iteration_log(trace: tuple[float, ...], settings: Settings, reml: bool, robust: bool) -> list[OutputItem]:
    """The log of the two optimisation phases; only its first and last lines are comparable across programs."""
    new = settings.release >= 17
    capital = settings.release >= 18
    what = "restricted-likelihood" if reml else ("pseudolikelihood" if robust else "likelihood")
    text = f"Log {what}" if capital else f"log {what}"
    gap = "  " if capital else "   "
    from pystata_hlm.formats import format_number

    steps = [f"Iteration {k}:{gap}{text} = {format_number(ll, '%10.0g')}  " for k, ll in enumerate(trace)]
    em = "Performing EM optimization ..." if new else "Performing EM optimization: "
    blank = [] if new else [""]
    se = "Computing standard errors ..." if new else "Computing standard errors:"
    lines = ["", em, "", "Performing gradient-based optimization: ", *blank, *steps, "", se]
    return [Text("\n".join(lines))]


# ---------------------------------------------------------------- heading


@dataclass(frozen=True)
class Heading:
    title: str
    n: int
    groups: tuple[GroupInfo, ...]
    likelihood_text: str
    loglik: float
    chi2: float
    df: int
    p: float


def heading(h: Heading, settings: Settings) -> list[OutputItem]:
    """Title, sample, group sizes, Wald test and log likelihood."""
    old = settings.release <= 16
    wide = "%12.0fc"
    obs = ("Number of obs", Cell(float(h.n), wide))
    wald = (f"Wald chi2({h.df})", Cell(h.chi2, "%9.2f"))
    prob = ("Prob > chi2", Cell(h.p, "%6.4f"))
    from pystata_hlm.formats import format_number

    ll = f"{h.likelihood_text} = {format_number(h.loglik, '%10.0g')}"
    common: dict[str, Any] = {"width": WIDTH, "compact": settings.compact_header}
    if not h.groups:
        return [Text(), Header((h.title, "", ll), (obs, wald, prob), **common)]
    if len(h.groups) == 1:
        g = h.groups[0]
        blank = [("", None)] if old else []
        rows: list[tuple[str, tuple[str, Cell] | None]] = [
            (h.title, obs),
            (f"Group variable: {abbrev(g.name, 12)}", ("Number of groups", Cell(float(g.n_groups), wide))),
            *blank,
            ("", ("Obs per group:", Cell(None))),
            ("", ("\tmin", Cell(float(g.size_min), wide))),
            ("", ("\tavg", Cell(g.size_avg, "%12.1fc"))),
            ("", ("\tmax", Cell(float(g.size_max), wide))),
            *blank,
            ("", wald),
            (ll, prob),
        ]
        return [Text(), Header(tuple(a for a, _ in rows), tuple(b for _, b in rows), **common)]
    # widths must agree above and below the grouping table, so both parts are rendered from the same pairs
    label = max(len(text) for text, _ in (obs, wald, prob))
    value = max(len(_trimmed(cell)) for _, cell in (obs, wald, prob))
    fixed = dict(common)
    if settings.compact_header:
        fixed |= {"compact": False, "label_width": label, "value_width": value}
    return [
        Text(),
        Header((h.title,), (obs,), **fixed),
        Text() if old else Text("\n        Grouping information"),
        grouping_table(h.groups, settings),
        Text(),
        Header(("", ll), (wald, prob), **fixed),
    ]


def _trimmed(cell: Cell) -> str:
    from pystata_hlm.output.text import cell_text

    return cell_text(cell)


def grouping_table(groups: tuple[GroupInfo, ...], settings: Settings) -> Table:
    """No. of groups and observations per group, one row a level (models with several levels)."""
    new = settings.release >= 17
    body = tuple(
        Row(
            abbrev(g.name, 14),
            (
                Cell(float(g.n_groups), "%12.0fc"),
                Cell(float(g.size_min), "%12.0fc"),
                Cell(g.size_avg, "%12.1fc"),
                Cell(float(g.size_max), "%12.0fc"),
            ),
        )
        for g in groups
    )
    per, variable, number = (
        ("Observations per group", "Group variable", "groups")
        if new
        else ("Observations per Group", "Group Variable", "Groups")
    )
    return Table(
        stub_head=f"\n{variable}",
        stub_width=15,
        columns=(Col("groups"), Col("Minimum"), Col("Average"), Col("Maximum")),
        body=body,
        top=True,
        bottom=True,
        indent=8 if new else 0,
        head_text=(
            f"     No. of       {per}",
            f"{number.rjust(11)}    Minimum    Average    Maximum",
        ),
        name="groups",
    )


# ---------------------------------------------------------------- random effects


def random_effects_table(
    sections: tuple[Section, ...], settings: Settings, level: float, se_over: str
) -> Table:
    """``Random-effects parameters | Estimate Std. err. [95% conf. interval]``."""
    fmt = settings.cformat or "%9.0g"
    body: list[Row | Rule] = []
    for k, section in enumerate(sections):
        if k:
            body.append(Rule())
        body += [Row(line, stub_align="left") for line in section.headings]
        for c in section.rows:
            body.append(Row(c.label, tuple(Cell(x, fmt) for x in (c.estimate, c.se, c.low, c.high))))
    new = settings.new_headings
    title = "Random-effects parameters" if new else "Random-effects Parameters"
    interval = f"[{level:g}% conf. interval]" if new else f"[{level:g}% Conf. Interval]"
    if se_over == "Bootstrap":
        upper: tuple[str, ...] = ("   Observed   Bootstrap         Normal-based",)
        estimate, se = ("estimate", "std. err.") if new else ("Estimate", "Std. Err.")
    elif se_over:
        upper = (f"{'':11}{se_over.rjust(10)}",)
        estimate, se = "Estimate", "std. err." if new else "Std. Err."
    else:
        upper = ()
        estimate, se = "Estimate", "Std. err." if new else "Std. Err."
    line = f"{estimate.rjust(11)}{se.rjust(12)}{interval.rjust(25)}"
    return Table(
        stub_head=f"{title} ",
        stub_width=STUB,
        columns=(Col("estimate", 11), Col("se", 11), Col("ll", 14), Col("ul", 12)),
        body=tuple(body),
        top=True,
        bottom=True,
        head_text=(*upper, line),
        name="random effects",
    )


def component(
    label: str, kind: str, estimate: float, se: float, level: float, boundary: bool = False
) -> Component:
    """Interval on the scale where it is symmetric: log for variances and sds, atanh for correlations."""
    z = float(dist.invnormal(1 - (1 - level / 100) / 2))
    if kind in ("var", "sd"):
        if boundary or not estimate > 0:
            return Component(label, estimate, se, 0.0, math.nan)
        half = z * se / estimate
        if half > 300:
            return Component(label, estimate, se, 0.0, math.nan)
        return Component(label, estimate, se, estimate * math.exp(-half), estimate * math.exp(half))
    if kind == "corr":
        if not abs(estimate) < 1:
            return Component(label, estimate, se, -1.0, 1.0)
        centre, half = math.atanh(estimate), z * se / (1 - estimate**2)
        return Component(label, estimate, se, math.tanh(centre - half), math.tanh(centre + half))
    if kind == "logit" and 0 < estimate < 1:
        centre, half = math.log(estimate / (1 - estimate)), z * se / (estimate * (1 - estimate))
        low, high = (0.5 + 0.5 * math.tanh(0.5 * end) for end in (centre - half, centre + half))
        return Component(label, estimate, se, low, high)
    return Component(label, estimate, se, estimate - z * se, estimate + z * se)


def lr_line(chi2: float, df: int, chibar: bool, p: float, note: str) -> list[OutputItem]:
    """``LR test vs. linear model: chi2(3) = 215.75    Prob > chi2 = 0.0000`` and the note for several parameters."""
    if not math.isfinite(chi2):
        return []
    shown = f"{chi2:.2f}" if chi2 == 0 or 0.005 <= abs(chi2) < 1e7 else f"{chi2:.1e}"
    name = f"chibar2(01) = {shown}" if chibar else f"chi2({df}) = {shown}"
    left = f"LR test vs. linear model: {name}"
    right = f"Prob >= chibar2 = {p:.4f}" if chibar else f"Prob > chi2 = {p:.4f}"
    items: list[OutputItem] = [Text(left + right.rjust(WIDTH - len(left)))]
    if note:
        items.append(Text("\n" + note))
    return items


def cluster_note(n_clusters: int, variable: str, settings: Settings, width: int = WIDTH) -> Text:
    word = "Std. err." if settings.new_headings else "Std. Err."
    return Text(f"({word} adjusted for {n_clusters:,} clusters in {variable})".rjust(width))
