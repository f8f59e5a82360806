"""estat: postestimation statistics.   estat subcommand [, options]

Subcommands register themselves with ``@postestimation("estat NAME", e(cmd) ...)``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pystata_hlm.commands import _estimates
from pystata_hlm.errors import StataError
from pystata_hlm.runtime import registry
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.registry import command, postestimation
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

SHORTEST = {
    "summarize": 2,
    "recovariance": 5,
    "vce": 3,
    "vif": 3,
    "ic": 2,
    "icc": 3,
    "df": 2,
    "group": 2,
    "bootstrap": 4,
    "classification": 4,
}
"""Shortest abbreviation of each subcommand; others must be written out."""

LACKING = frozenset(
    {"summarize", "vce", "hettest", "imtest", "ovtest", "szroeter", "esize", "sd", "wcorrelation"}
)
"""Subcommands that Stata has after some estimation and we lack after this one."""


@command("estat", klass="r", syntax="anything", any_option=True)
def run(call: Call, ctx: Context) -> Stored | None:
    words = call.node.text.split()
    if not words:
        raise StataError(321, "subcommand required")
    if ctx.workspace.e.empty:
        raise StataError.last_estimates_not_found()
    name = _resolve(words[0])
    routine = registry.post(f"estat {name}", ctx.workspace.e.estimation)
    if routine is None:
        if name in LACKING:
            raise StataError(321, f"estat {name} not yet supported here")
        raise StataError(321, f"estat {words[0]} not valid")
    result: Stored | None = routine(call, ctx, words[1:])
    return result


def _resolve(word: str) -> str:
    known = sorted({*(kind[len("estat ") :] for kind in registry.post_kinds("estat ")), *LACKING})
    if word in known:
        return word
    for name in known:
        if len(word) >= SHORTEST.get(name, len(name)) and name.startswith(word):
            return name
    return word


@postestimation("estat ic", "*")
def information_criteria(call: Call, ctx: Context, words: list[str]) -> Stored:
    """estat ic [, n(#) df(#)]"""
    if words:
        raise StataError.invalid_word(words[0])
    options = typed_options(
        call.option_nodes, (Opt("n", 1, "real"), Opt("df", 2, "real")), ("aicc", "caic", "all"), ctx
    )
    model = _estimates.find(".", ctx)
    found = [_estimates.criteria(model, options.get("n"), options.get("df"))]
    for item in _estimates.criteria_items(found, ctx.settings):
        ctx.emit(item)
    return _estimates.stored_criteria(found)
