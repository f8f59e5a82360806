"""What glm shows: its heading with deviance and information criteria, the coefficient table, notes; replay."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pystata_hlm.commands import _coeftable
from pystata_hlm.commands._estimation import coefficients, label_lookup
from pystata_hlm.commands._mixed_layout import cluster_note
from pystata_hlm.data.names import abbrev
from pystata_hlm.formats import format_number
from pystata_hlm.output.items import Cell, Row, Text
from pystata_hlm.output.text import table_width
from pystata_hlm.runtime.results import Estimation, Stored

if TYPE_CHECKING:
    from pystata_hlm.commands._glm_spec import Spec
    from pystata_hlm.runtime.context import Context

BASELINES = {"Odds ratio": "baseline odds", "Risk ratio": "baseline risk", "IRR": "baseline incidence rate"}


def heading(e: Stored, spec: Spec, robust: bool) -> list[str]:
    s = e.scalars

    def number(value: float, fmt: str = "%9.0g") -> str:
        return format_number(value, fmt).strip()

    def line(left: str, label: str = "", value: str = "") -> str:
        right = f"{label:<15} ={value:>11}" if label else ""
        return (left.ljust(50) + right).rstrip()

    def size(name: str, value: float) -> str:
        return f"{name:<17}= {number(value, '%12.0g'):>12}"

    variance, link = spec.variance_text, spec.link_text
    title = "Log pseudolikelihood" if robust else "Log likelihood"
    last = f"{title:<17}= {number(s['ll'], '%12.0g'):>12}" if not robust else (
        f"{title} = {number(s['ll'], '%12.0g')}"
    )  # fmt: skip
    return [
        line("Generalized linear models", "Number of obs", number(s["N"], "%12.0fc")),
        line("Optimization     : ML", "Residual df", number(s["df"], "%12.0fc")),
        line("", "Scale parameter", number(s["phi"])),
        line(size("Deviance", s["deviance"]), "(1/df) Deviance", number(s["dispers"])),
        line(size("Pearson", s["deviance_p"]), "(1/df) Pearson", number(s["dispers_p"])),
        "",
        f"Variance function: V(u) = {variance[0]}".ljust(50) + f"[{variance[1]}]",
        f"Link function    : g(u) = {link[0]}".ljust(50) + f"[{link[1]}]",
        "",
        line("", "AIC", number(s["aic"])),
        line(last, "BIC", number(s["bic"])),
    ]


def show(estimation: Estimation, options: dict[str, Any], ctx: Context) -> None:
    e, settings = ctx.workspace.e, ctx.settings
    spec: Spec = estimation.extra["spec"]
    override = estimation.extra.get("bootstrap")
    if "noheader" not in options:
        ctx.say("\n".join(["", *heading(e, spec, e.macros["vce"] in ("robust", "cluster"))]))
    if "notable" in options:
        return
    eform = "eform" in options or estimation.extra["ratio"]
    head = spec.ratio if settings.new_headings else spec.ratio.replace("ratio", "Ratio")
    heads = (
        override["heads"]
        if override
        else _coeftable.Heads(se_over=e.macros.get("vcetype", "OIM"), b=head if eform else "")
    )
    c = coefficients(
        estimation.recipe, estimation.b, estimation.vcov, ctx, df=None,
        level=options.get("level", settings.level), depvar=estimation.depvar, heads=heads,
    )  # fmt: skip
    if "baselevels" in options or "allbaselevels" in options:
        c = replace(c, base="all" if "allbaselevels" in options else "factors")
    table = _coeftable.table(replace(c, eform=eform), settings, label_lookup(ctx))
    if "offset" in e.macros:
        word = "exposure" if estimation.extra["exposure"] else "offset"
        row = Row(abbrev(e.macros["offset"], table.stub_width), (Cell(1.0, "%9.0g"),), f"  ({word})")
        table = replace(table, body=(*table.body, row))
    ctx.say()
    if override and override["note"]:
        ctx.emit(Text(override["note"].rjust(table_width(table))))
    elif "clustvar" in e.macros:
        ctx.emit(cluster_note(int(e.scalars["N_clust"]), e.macros["clustvar"], settings, table_width(table)))
    ctx.emit(table)
    if eform and estimation.recipe.constant and spec.ratio in BASELINES and len(estimation.recipe.kept) > 1:
        ctx.say(f"Note: _cons estimates {BASELINES[spec.ratio]}.")
    scaled = {"x2": "Pearson X2-based", "dev": "deviance-based"}.get(estimation.extra["scale"])
    if scaled:
        ctx.say(f"(Standard errors scaled using square root of {scaled} dispersion.)")
    if spec.ml:
        ctx.say("Note: Negative binomial parameter estimated via ML and treated as fixed once estimated.")
