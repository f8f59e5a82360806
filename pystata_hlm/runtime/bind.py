"""From a parsed line to a ``Call``: names resolved, options typed, weights evaluated, the sample marked."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.data.names import is_valid_name
from pystata_hlm.design.varlist import expand_varlist
from pystata_hlm.errors import StataError
from pystata_hlm.expr.evaluate import evaluate_scalar
from pystata_hlm.expr.values import Num
from pystata_hlm.lang import nodes
from pystata_hlm.lang.numlist import parse_numlist
from pystata_hlm.lang.parser import parse
from pystata_hlm.lang.shape import parse_line
from pystata_hlm.lang.unparse import unparse
from pystata_hlm.runtime.spec import TIME_SERIES, Call, CommandSpec, Opt, Weights

if TYPE_CHECKING:
    from pystata_hlm.data.dataset import Groups
    from pystata_hlm.runtime.context import Context

EQUATION_OPTIONS = (
    Opt("covariance", 3, "text"),
    Opt("noconstant", 5),
    Opt("collinear", 3),
    Opt("fweight", 2, "expr"),
    Opt("pweight", 2, "expr"),
)
"""Options that belong to one ``||`` equation of ``mixed``; all others move up to the model."""

_WEIGHT_NOTES = {
    "fweight": "(frequency weights assumed)",
    "aweight": "(analytic weights assumed)",
    "pweight": "(sampling weights assumed)",
    "iweight": "(importance weights assumed)",
}


# ---------------------------------------------------------------- options


def match_option(name: str, options: tuple[Opt, ...]) -> Opt | None:
    for option in options:
        if name == option.name:
            return option
    for option in options:
        if option.min and len(name) >= option.min and option.name.startswith(name):
            return option
    return None


def strip_quotes(text: str) -> str:
    """Remove one pair of outer quotes, plain or compound."""
    text = text.strip()
    if len(text) >= 4 and text.startswith('`"') and text.endswith("\"'"):
        return text[2:-2]
    if len(text) >= 2 and text[0] == text[-1] == '"' and '"' not in text[1:-1]:
        return text[1:-1]
    return text


def typed_options(
    given: tuple[nodes.Option, ...], options: tuple[Opt, ...], unsupported: tuple[str, ...], ctx: Context
) -> dict[str, Any]:
    """Options by full name with their typed values; r(198) for unknown ones."""
    out: dict[str, Any] = {}
    for item in given:
        option = match_option(item.name, options)
        shown = item.name if item.argument is None else f"{item.name}()"
        if option is None:
            lacking = tuple(_unsupported(entry) for entry in unsupported)
            known = match_option(item.name, lacking)
            if known is not None:
                raise StataError.option_not_supported(
                    known.name if item.argument is None else f"{known.name}()"
                )
            raise StataError.option_not_allowed(shown)
        value = option_value(item, option, ctx)
        if option.repeat:
            out.setdefault(option.name, []).append(value)
        else:
            out[option.name] = value
    return out


def _unsupported(entry: str) -> Opt:
    name, _, shortest = entry.partition(":")
    return Opt(name, int(shortest or len(name)))


def option_value(item: nodes.Option, option: Opt, ctx: Context) -> Any:
    kind, argument = option.kind, item.argument
    if kind in ("flag", "off"):
        if argument is not None:
            raise StataError.option_not_allowed(f"{item.name}()")
        return True
    if argument is None:
        if kind == "flagortext":
            return None
        raise StataError(198, f"option {item.name}() incorrectly specified")
    return _CONVERTERS[kind](argument.strip(), option, ctx)


def _incorrect(option: Opt) -> StataError:
    return StataError(198, f"option {option.name}() incorrectly specified")


def _number(text: str, option: Opt, ctx: Context) -> float:
    try:
        return float(text)
    except ValueError:
        pass
    value = evaluate_scalar(parse("expr", text), ctx.env())
    if isinstance(value, str):
        raise _incorrect(option)
    return float(value)


def _real(text: str, option: Opt, ctx: Context) -> float:
    if not text:
        raise _incorrect(option)
    return _number(text, option, ctx)


def _int(text: str, option: Opt, ctx: Context) -> int:
    value = _real(text, option, ctx)
    if not math.isfinite(value) or value != int(value):
        raise _incorrect(option)
    return int(value)


def _level(text: str, option: Opt, ctx: Context) -> float:
    value = _real(text, option, ctx)
    if not 10 <= value <= 99.99:
        raise StataError(198, "level() must be between 10 and 99.99 inclusive")
    return value


def _name(text: str, option: Opt, ctx: Context) -> str:
    if not is_valid_name(text):
        raise StataError.invalid_name(text)
    return text


def _newvar(text: str, option: Opt, ctx: Context) -> str:
    name = _name(text, option, ctx)
    if name in ctx.data:
        raise StataError.already_defined(name)
    return name


def _varlist(text: str, option: Opt, ctx: Context) -> tuple[str, ...]:
    return tuple(expand_varlist(ctx.data, parse("varlist", text), varabbrev=ctx.settings.varabbrev))


def _varname(text: str, option: Opt, ctx: Context) -> str:
    names = _varlist(text, option, ctx)
    if len(names) != 1:
        raise StataError.too_many_variables() if names else _incorrect(option)
    return names[0]


_CONVERTERS: dict[str, Any] = {
    "real": _real,
    "int": _int,
    "level": _level,
    "name": _name,
    "newvar": _newvar,
    "varname": _varname,
    "varlist": _varlist,
    "text": lambda text, option, ctx: text,
    "flagortext": lambda text, option, ctx: text,
    "string": lambda text, option, ctx: strip_quotes(text),
    "numlist": lambda text, option, ctx: parse_numlist(text),
    "expr": lambda text, option, ctx: parse("expr", text),
}


# ---------------------------------------------------------------- clauses


def in_mask(in_: nodes.InRange, n: int, ctx: Context) -> np.ndarray:
    """``in f/l``: 1-based, negative counts from the end; r(198) when out of range."""

    def number(node: nodes.Expr) -> int:
        if isinstance(node, nodes.Name) and node.name.lower() in ("f", "l"):
            return 1 if node.name.lower() == "f" else n
        value = ctx.scalar(node)
        if not isinstance(value, float) or not math.isfinite(value) or value != int(value):
            raise StataError(198, "invalid observation number")
        return int(value) if value > 0 else n + 1 + int(value)

    first = number(in_.first)
    last = first if in_.last is None else number(in_.last)
    if not 1 <= first <= last <= n:
        raise StataError(198, "observation numbers out of range")
    mask = np.zeros(n, dtype=bool)
    mask[first - 1 : last] = True
    return mask


def weights(node: nodes.Weight, spec: CommandSpec, ctx: Context) -> Weights:
    kind = node.kind
    if kind == "weight":
        if not spec.weights:
            raise StataError(101, "weights not allowed")
        kind = spec.weights[0]
        ctx.say(_WEIGHT_NOTES[kind])
    if kind not in spec.weights:
        raise StataError(101, f"{kind}s not allowed" if spec.weights else "weights not allowed")
    value = ctx.evaluate(node.exp)
    if not isinstance(value, Num):
        raise StataError.type_mismatch()
    values = np.array(np.broadcast_to(value.values, ctx.data.n), dtype=np.float64)
    return Weights(kind, values, unparse(node.exp))


def check_weights(weight: Weights, sample: np.ndarray) -> np.ndarray:
    """Sample without missing and zero weights; r(402) negative, r(401) fractional frequency weights."""
    used = weight.values[sample]
    used = used[~np.isnan(used)]
    if (used < 0).any() and weight.kind != "iweight":
        raise StataError(402, "negative weights encountered")
    if weight.kind == "fweight" and (used != np.floor(used)).any():
        raise StataError(401, "may not use noninteger frequency weights")
    with np.errstate(invalid="ignore"):
        return sample & ~np.isnan(weight.values) & (weight.values != 0)


def _check_allowed(spec: CommandSpec, clauses: nodes.Clauses, exp: nodes.Expr | None) -> None:
    if clauses.if_ is not None and "if" not in spec.allow:
        raise StataError(101, "if not allowed")
    if clauses.in_ is not None and "in" not in spec.allow:
        raise StataError(101, "in range not allowed")
    if clauses.using is not None and "using" not in spec.allow:
        raise StataError(101, "using not allowed")
    if exp is not None and "exp" not in spec.allow:
        raise StataError(101, "=exp not allowed")
    if clauses.weight is not None and not spec.weights:
        raise StataError(101, "weights not allowed")
    if clauses.options and not (spec.options or spec.unsupported or spec.any_option):
        raise StataError(101, "options not allowed")


# ---------------------------------------------------------------- the whole line


def split_mixed(node: nodes.Mixed) -> nodes.Mixed:
    """Move model-level options from the equations up to the model."""
    upper = list(node.clauses.options)
    equations = []
    for equation in node.equations:
        own = tuple(o for o in equation.options if match_option(o.name, EQUATION_OPTIONS) is not None)
        upper += [o for o in equation.options if match_option(o.name, EQUATION_OPTIONS) is None]
        equations.append(replace(equation, options=own))
    return replace(node, clauses=replace(node.clauses, options=tuple(upper)), equations=tuple(equations))


def bind(spec: CommandSpec, text: str, line: str, ctx: Context, by: Groups | None = None) -> Call:
    """Parse ``text`` by the command's syntax and resolve it against the dataset."""
    data = ctx.data
    call = Call(command=spec.name, text=text, line=line, by=by)
    if spec.syntax == "raw":
        call.sample = np.ones(data.n, dtype=bool)
        return call
    if spec.estimation and _is_replay(text):
        return _bind_replay(spec, text, call, ctx)
    if spec.syntax == "newvars" and _is_replay(text):
        raise StataError.varlist_required()
    node = parse_line(spec.syntax, text)
    if isinstance(node, nodes.Mixed):
        node = split_mixed(node)
    call.node = node
    clauses: nodes.Clauses | None = getattr(node, "clauses", None)
    if clauses is None:
        call.sample = np.ones(data.n, dtype=bool)
        return call
    exp = node.exp if isinstance(node, (nodes.Standard, nodes.Anything)) else None
    _check_allowed(spec, clauses, exp)
    call.exp = exp
    call.using = strip_quotes(clauses.using) if clauses.using is not None else None
    if isinstance(node, nodes.Standard):
        _bind_varlist(spec, node, call, ctx)
    elif isinstance(node, nodes.Mixed):
        call.terms = node.varlist
    call.option_nodes = clauses.options
    if not spec.any_option:
        call.options = typed_options(clauses.options, spec.options, spec.unsupported, ctx)
    _bind_sample(spec, clauses, call, ctx)
    return call


def _bind_sample(spec: CommandSpec, clauses: nodes.Clauses, call: Call, ctx: Context) -> None:
    n = ctx.data.n
    if spec.name in ("generate", "replace") and clauses.if_ is None and clauses.in_ is None:
        call.sample = np.broadcast_to(np.True_, (n,))  # a variable of bytes would take as much as the mask
        return
    sample = ctx.mark(clauses.if_, call.by)
    if clauses.in_ is not None:
        if call.by is not None:
            raise StataError(190, "in may not be combined with by")
        sample &= in_mask(clauses.in_, n, ctx)
    call.restricted = clauses.if_ is not None or clauses.in_ is not None
    if clauses.weight is not None:
        call.weight = weights(clauses.weight, spec, ctx)
        sample = check_weights(call.weight, sample)
    call.sample = sample


def _bind_varlist(spec: CommandSpec, node: nodes.Standard, call: Call, ctx: Context) -> None:
    terms = node.varlist
    if spec.varlist == "raw":
        call.terms = terms
        return
    if spec.varlist == "none":
        if terms:
            raise StataError(101, "varlist not allowed")
        return
    if spec.varlist in ("fv", "fvall"):
        call.terms = terms
        if not terms and spec.varlist == "fvall":
            call.terms = tuple(nodes.NamePattern(name) for name in ctx.data.names)
        elif not terms:
            raise StataError.varlist_required()
        return
    operated = spec.name in TIME_SERIES
    names = tuple(expand_varlist(ctx.data, terms, ctx.settings.varabbrev, operated)) if terms else ()
    if not names:
        if spec.varlist == "required":
            raise StataError.varlist_required()
        if spec.varlist == "all":
            names = tuple(ctx.data.names)
    if names and len(names) < spec.min_vars:
        raise StataError.too_few_variables()
    if spec.max_vars is not None and len(names) > spec.max_vars:
        raise StataError.too_many_variables()
    call.varlist = names


def _is_replay(text: str) -> bool:
    stripped = text.strip()
    return not stripped or stripped.startswith(",")


def _bind_replay(spec: CommandSpec, text: str, call: Call, ctx: Context) -> Call:
    """An estimation command without arguments redisplays its results; r(301) when they are another's."""
    estimation = ctx.workspace.e.estimation
    names = {name for name, _ in spec.names}
    macros = ctx.workspace.e.macros
    if estimation is None:
        raise StataError.last_estimates_not_found()
    known = {macros.get("cmd", estimation.cmd), macros.get("cmd2", ""), *estimation.extra.get("replays", ())}
    if names.isdisjoint(known):
        raise StataError.last_estimates_not_found()
    node = parse("anything", text)
    call.node = node
    call.replay = True
    options = tuple(o for o in spec.options if o.name in spec.replay_options)
    call.options = typed_options(node.clauses.options, options, (), ctx)
    call.sample = np.ones(ctx.data.n, dtype=bool)
    return call
