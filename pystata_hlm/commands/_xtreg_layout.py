"""What ``xtreg`` prints, by model: heading, lines under the coefficients, tests.

Layouts are those of printed output of releases 11 to 18 ([XT] xtreg; ../shared/cases/xtreg_*).
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pystata_hlm.commands._panels import PanelIndex
from pystata_hlm.data.names import abbrev
from pystata_hlm.formats import format_number
from pystata_hlm.numeric import dist
from pystata_hlm.output.items import Cell, Header, Row, Text

if TYPE_CHECKING:
    from pystata_hlm.runtime.results import Stored
    from pystata_hlm.runtime.settings import Settings

Line = tuple[str, tuple[str, Cell] | None]
WIDTH = 78


def test_lines(e: Stored, settings: Settings) -> tuple[tuple[str, Cell], tuple[str, Cell]]:
    """The joint test of the slopes: F or Wald chi2 and its p-value."""
    s = e.scalars
    if "F" in s:
        comma = "," if settings.release <= 16 else ", "
        stat = (f"F({s['df_m']:.0f}{comma}{s['df_r']:.0f})", Cell(s["F"], "%9.2f"))
        return stat, ("Prob > F", Cell(s["p"], "%6.4f"))
    kind = "LR" if e.macros.get("chi2type") == "LR" else "Wald"
    return (
        (f"{kind} chi2({s['df_m']:.0f})", Cell(s["chi2"], "%9.2f")),
        ("Prob > chi2", Cell(s["p"], "%6.4f")),
    )


def equals(text: str, old_width: int, value: str, settings: Settings) -> str:
    """``corr(u_i, Xb) = 0.2348``; up to release 16 the equals signs of such lines stand in one column."""
    if settings.release <= 16:
        text = text.ljust(old_width)
    return f"{text} = {value}"


def least_squares_heading(e: Stored, panels: PanelIndex, settings: Settings, theta: bool) -> Header:
    """Heading of re, fe and be."""
    s = e.scalars
    new = settings.release >= 17
    within, between, overall = ("Within ", "Between", "Overall") if new else ("within ", "between", "overall")
    stat, prob = test_lines(e, settings)
    model = e.macros["model"]
    sizes = panels.size_lines()
    last = {
        "fe": equals("corr(u_i, Xb)", 14, f"{_fixed(s.get('corr', math.nan))}", settings),
        "re": equals("corr(u_i, X)", 14, "0 (assumed)", settings),
        "be": equals("sd(u_i + avg(e_i.))", 19, format_number(s["rmse"], "%9.0g").strip(), settings),
    }[model]
    lines: list[Line] = [
        (e.macros["title"], ("Number of obs", Cell(s["N"], "%12.0fc"))),
        (f"Group variable: {abbrev(panels.name, 12)}", ("Number of groups", Cell(s["N_g"], "%12.0fc"))),
        ("", None),
        ("R-squared:" if new else "R-sq:", ("Obs per group:", Cell(None))),
        (f"     {within} = {_fixed(s['r2_w'])}", sizes[0]),
        (f"     {between} = {_fixed(s['r2_b'])}", sizes[1]),
        (f"     {overall} = {_fixed(s['r2_o'])}", sizes[2]),
        ("", None),
        ("", stat),
        (last, prob),
    ]
    if theta and panels.balanced:
        value = format_number(s["theta"], "%9.0g").strip()
        lines.append((equals("theta       ", 14, value, settings), None))
    return Header(tuple(a for a, _ in lines), tuple(b for _, b in lines), compact=False)


def _fixed(value: float) -> str:
    return "." if math.isnan(value) else f"{value:.4f}"


def theta_table(e: Stored) -> list[Text]:
    """Percentiles of theta over the panels."""
    s = e.scalars
    values = "".join(
        f"{s[name]:.4f}".rjust(width)
        for name, width in (
            ("thta_min", 6),
            ("thta_5", 9),
            ("thta_50", 11),
            ("thta_95", 11),
            ("thta_max", 9),
        )
    )
    return [
        Text("\n------------------- theta --------------------"),
        Text(f"  min      5%       median        95%      max\n{values}"),
    ]


def ml_heading(e: Stored, panels: PanelIndex, settings: Settings) -> Header:
    s = e.scalars
    stat, prob = test_lines(e, settings)
    loglik = format_number(s["ll"], "%10.0g").strip()
    sizes = panels.size_lines()
    lines: list[Line] = [
        (e.macros["title"], ("Number of obs", Cell(s["N"], "%12.0fc"))),
        (f"Group variable: {abbrev(panels.name, 12)}", ("Number of groups", Cell(s["N_g"], "%12.0fc"))),
        ("", None),
        ("Random effects u_i ~ Gaussian", ("Obs per group:", Cell(None))),
        *(("", line) for line in sizes),
        ("", None),
        ("", stat),
        (equals("Log likelihood", 15, loglik, settings), prob),
    ]
    return Header(tuple(a for a, _ in lines), tuple(b for _, b in lines), compact=settings.new_headings)


def pa_heading(e: Stored, panels: PanelIndex, settings: Settings) -> Header:
    """Heading of population-averaged models."""
    s, m = e.scalars, e.macros
    stat, prob = test_lines(e, settings)
    scale = format_number(s["phi"], "%9.0g").strip()
    sizes = panels.size_lines()
    obs = ("Number of obs", Cell(s["N"], "%12.0fc"))
    groups = ("Number of groups", Cell(s["N_g"], "%12.0fc"))
    per = ("Obs per group:", Cell(None))
    name = abbrev(panels.name, 12)
    lines: list[Line]
    if settings.release >= 17:
        lines = [
            (m["title"], obs),
            (f"Group variable: {name}", groups),
            (f"Family: {m['family']}", per),
            (f"Link:   {m['link'].capitalize()}", sizes[0]),
            (f"Correlation: {m['corr']}", sizes[1]),
            ("", sizes[2]),
            ("", stat),
            (f"Scale parameter = {scale}", prob),
        ]
    else:
        lines = [
            (m["title"], obs),
            (f"{'Group variable:':<16}{name:>25}", groups),
            (f"{'Link:':<16}{m['link']:>25}", per),
            (f"{'Family:':<16}{m['family']:>25}", sizes[0]),
            (f"{'Correlation:':<16}{m['corr']:>25}", sizes[1]),
            ("", sizes[2]),
            ("", stat),
            (f"{'Scale parameter:':<16}{scale:>25}", prob),
        ]
    return Header(tuple(a for a, _ in lines), tuple(b for _, b in lines), compact=settings.new_headings)


# ---------------------------------------------------------------- under the coefficients


def sigma_rows(e: Stored) -> tuple[Row, ...]:
    """sigma_u, sigma_e and rho of re and fe."""
    s = e.scalars
    return (
        Row("sigma_u", (Cell(s["sigma_u"], "%10.0g"),)),
        Row("sigma_e", (Cell(s["sigma_e"], "%10.0g"),)),
        Row("rho", (Cell(s["rho"], "%10.0g"),), "   (fraction of variance due to u_i)"),
    )


def ancillary_rows(
    rows: tuple[tuple[str, float, float, float, float], ...], settings: Settings
) -> tuple[Row, ...]:
    """Estimates without a test: (label, estimate, standard error, lower, upper)."""
    fmt = settings.cformat or "%9.0g"
    blank = Cell(None)
    return tuple(
        Row(label, (Cell(b, fmt), Cell(se, fmt), blank, blank, Cell(low, fmt), Cell(high, fmt)))
        for label, b, se, low, high in rows
    )


def fixed_effects_test(e: Stored) -> Text:
    """``F test that all u_i=0``."""
    s = e.scalars
    left = f"F test that all u_i=0: F({s['df_a']:.0f}, {s['df_r']:.0f}) = {format_number(s['F_f'], '%9.2f').strip()}"
    return Text(left + f"Prob > F = {_fixed(s['p_f'])}".rjust(WIDTH - len(left)))


def boundary_test(chi2: float, settings: Settings) -> Text:
    """``LR test of sigma_u=0``, half a chi-squared with one degree of freedom."""
    p = 0.5 * float(dist.chi2tail(1, chi2)) if chi2 > 0 else 1.0
    left = f"LR test of sigma_u=0: chibar2(01) = {format_number(chi2, '%9.2f').strip()}"
    return Text(left + f"Prob >= chibar2 = {p:.3f}".rjust(WIDTH - len(left)))
