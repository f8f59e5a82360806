"""predict: predictions, residuals and more after estimation.   predict [type] newvar [if] [in] [, statistic]

Each estimation command registers a routine with ``@postestimation("predict", e(cmd))``: it gets a ``Request`` and
returns the new variables' values and labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.data import missing, names, storage
from pystata_hlm.data.column import Column
from pystata_hlm.errors import StataError
from pystata_hlm.formats import default_format
from pystata_hlm.lang import nodes
from pystata_hlm.runtime import registry
from pystata_hlm.runtime.bind import typed_options
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context


@dataclass(frozen=True)
class Request:
    """What was asked: names as typed (``stub*`` possible), option nodes, the sample (if, in)."""

    terms: nodes.Varlist
    options: tuple[nodes.Option, ...]
    sample: np.ndarray

    def names(self, count: int) -> list[str]:
        """``count`` new names: typed one by one, or ``stub*``; r(102)/r(103) when the number differs."""
        out: list[str] = []
        for term in self.terms:
            if isinstance(term, nodes.NamePattern) and term.text.endswith("*"):
                if len(self.terms) > 1:
                    raise StataError.invalid_syntax()
                return [f"{term.text[:-1]}{k + 1}" for k in range(count)]
            if isinstance(term, nodes.NamePattern):
                out.append(term.text)
            elif isinstance(term, nodes.NameRange):
                out += names_in_range(term)
            else:
                raise StataError.invalid_syntax()
        if len(out) < count:
            raise StataError.too_few_variables()
        if len(out) > count:
            raise StataError.too_many_variables()
        return out


def names_in_range(term: nodes.NameRange) -> list[str]:
    """``x1-x5`` as new names."""
    stem = term.first.rstrip("0123456789")
    first, last = term.first[len(stem) :], term.last[len(stem) :]
    if not (term.last.startswith(stem) and first.isdigit() and last.isdigit() and int(first) <= int(last)):
        raise StataError.invalid_syntax()
    return [f"{stem}{k}" for k in range(int(first), int(last) + 1)]


@dataclass(frozen=True)
class Prediction:
    """One new variable: float64 values for all observations (NaN missing) and its variable label."""

    values: np.ndarray
    label: str


def choose(
    request: Request,
    ctx: Context,
    statistics: tuple[Opt, ...],
    others: tuple[Opt, ...],
    unsupported: tuple[str, ...],
) -> tuple[str | None, dict[str, Any]]:
    """The statistic option given (None: the default) and all options; r(198) when two are given."""
    options = typed_options(request.options, (*statistics, *others), unsupported, ctx)
    given = [s.name for s in statistics if s.name in options]
    if len(given) > 1:
        raise StataError(198, "only one statistic may be specified")
    return (given[0] if given else None), options


@command("predict", min=4, syntax="newvars", any_option=True)
def run(call: Call, ctx: Context) -> None:
    node: nodes.NewVars = call.node
    if ctx.workspace.e.empty:
        raise StataError.last_estimates_not_found()
    if _by_program(call, ctx):
        return
    routine = registry.post("predict", ctx.workspace.e.estimation)
    if routine is None and (posted := import_module("pystata_hlm.commands._posted_predict")).applies(ctx):
        routine = posted.routine
    if routine is None:
        raise StataError(321, "predict is not available after " + ctx.workspace.e.macros.get("cmd", ""))
    request = Request(node.names, call.option_nodes, call.sample)
    if not request.terms:
        raise StataError.varlist_required()
    stype = node.stype or ctx.settings.type
    if storage.is_string(stype):
        raise StataError.type_mismatch()
    new: list[tuple[str, Prediction]] = routine(request, ctx)
    for name, _ in new:
        if not names.is_valid_name(name):
            raise StataError.invalid_name(name)
        if name in ctx.data:
            raise StataError.already_defined(name)
    for name, prediction in new:
        add(ctx, name, prediction, stype, call.sample)


def _by_program(call: Call, ctx: Context) -> bool:
    """After a user's estimation command, the program that e(predict) names predicts."""
    from pystata_hlm.runtime import programs

    name = ctx.workspace.e.macros.get("predict", "")
    if not name or registry.find(name) is not None:
        return False
    known = ctx.workspace.programs.get(name) or programs.autoload(name, ctx.executor)
    if known is None:
        return False
    programs.run(known, call.text, ctx.executor)
    return True


def add(ctx: Context, name: str, prediction: Prediction, stype: str, sample: np.ndarray) -> None:
    """Store a prediction, missing outside the sample, with Stata's note on missing values."""
    values = np.where(sample, prediction.values, np.nan)
    data = missing.encode(values, None, stype)
    ctx.data.add(name, Column(data, stype, default_format(stype), prediction.label))
    absent = int(np.isnan(missing.decode(data)[0]).sum())
    if absent:
        ctx.say(f"({absent:,} missing value{'s' if absent > 1 else ''} generated)")
