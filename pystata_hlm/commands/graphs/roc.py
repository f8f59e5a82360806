"""The ROC curve of ``lroc``: sensitivity against 1 - specificity, with the diagonal."""

from __future__ import annotations

from dataclasses import replace

from pystata_hlm.commands.graphs.common import check_name, draw, read_options
from pystata_hlm.commands.graphs.normal import QUARTERS, reference_style
from pystata_hlm.graph.build import AxisSource, Defaults, PanelSource
from pystata_hlm.graph.spec import Array, Curve, Marker, Words, array
from pystata_hlm.graph.words import abbreviations
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.spec import Call

OWN = abbreviations("rlopts:2")


def run(call: Call, ctx: Context, false: Array, true: Array, area: float) -> None:
    notes: list[str] = []
    own = ("all", "nograph")
    style, options = read_options([o for o in call.option_nodes if o.name not in own], OWN, notes)
    check_name(ctx, options)
    reference = reference_style(style, notes)
    layers = (
        Curve(
            false,
            true,
            "Sensitivity",
            style.stroke(),
            marker=style.marker() or Marker(),
            style=style.scheme_style(),
        ),
        Curve(
            array([0.0, 1.0]),
            array([0.0, 1.0]),
            "Reference",
            reference.stroke(),
            style=reference.scheme_style() or 2,
            kind="reference",
        ),
    )
    if options.note is None:
        options = replace(options, note=Words((f"Area under ROC curve = {area:.4f}",)))
    x, y = AxisSource("1 - Specificity", rule=QUARTERS), AxisSource("Sensitivity", rule=QUARTERS)
    draw(ctx, [PanelSource(layers)], options, x, y, notes, "roc", Defaults(legend=False))
