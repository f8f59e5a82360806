"""One command line: does it parse, and are the command, its options and its functions implemented?"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from pystata_hlm.commands._egen import FUNCTIONS as EGEN_FUNCTIONS
from pystata_hlm.errors import StataError
from pystata_hlm.expr.functions import FUNCTIONS
from pystata_hlm.expr.functions.registry import MATRIX_VALUED
from pystata_hlm.lang import nodes
from pystata_hlm.lang.diagnose import unbalanced
from pystata_hlm.lang.parser import mask_compound, parse
from pystata_hlm.lint import graphs, subcommands
from pystata_hlm.lint.opaque import HELD, MARK, attempt, shape
from pystata_hlm.runtime import community, registry
from pystata_hlm.runtime.bind import EQUATION_OPTIONS, match_option
from pystata_hlm.runtime.spec import CommandSpec, Opt


@dataclass(frozen=True, slots=True)
class Lack:
    """Something that we have not got. ``kind``: command, subcommand, option, function, clause or package."""

    kind: str
    name: str


@dataclass(frozen=True, slots=True)
class Finding:
    """What is to be said of a command's text. ``at`` is the place of the error in it."""

    lacks: tuple[Lack, ...] = ()
    rc: int = 0
    message: str = ""
    at: int = 0


GOOD = Finding()
_NAMES_ALIKE = frozenset(
    {"standard", "generate", "egen", "newvars", "assertion", "mixed", "explist", "anything"}
)
"""Syntaxes under which one name is as good as another."""
_ARGUMENTS_ALIKE = _NAMES_ALIKE | {"anything"}
"""Syntaxes whose options keep their arguments as raw text."""

Check = Callable[[str], Finding]


def check(spec: CommandSpec, text: str) -> Finding:
    """The text after the command word of one of our commands."""
    alike = not subcommands.table(spec.name)
    simple = shape(text, alike and spec.syntax in _NAMES_ALIKE, spec.syntax in _ARGUMENTS_ALIKE)
    found = _by_shape(spec.name, simple)
    return found if not found.rc else _checked(spec.name, text)


@lru_cache(maxsize=1 << 16)
def _by_shape(name: str, text: str) -> Finding:
    return _checked(name, text)


def _checked(name: str, text: str) -> Finding:
    spec = registry.lookup(name)
    try:
        return Finding(tuple(dict.fromkeys(_lacks(spec, text))))
    except StataError as error:
        return Finding((), error.rc, error.message, error.span[0] if error.span else 0)


def unknown(text: str) -> Finding:
    """The text after a word that is no command of ours: only its parentheses can be wrong."""
    complaint = unbalanced(mask_compound(shape(text)))
    return GOOD if complaint in (None, "too few quotes") else Finding((), 132, complaint or "", len(text))


# ---------------------------------------------------------------- what is lacking


def _lacks(spec: CommandSpec, text: str) -> Iterator[Lack]:
    name, syntax = spec.name, spec.syntax
    special = _SPECIAL.get(name)
    if special is not None:
        yield from special(name, text)
        return
    word = subcommands.lacking(name, text)
    if word:
        yield Lack("subcommand", f"{name} {word}")
        return
    if syntax == "raw":
        complaint = unbalanced(mask_compound(attempt_text(text)))
        if complaint not in (None, "too few quotes"):
            raise StataError(132, complaint or "")
        return
    if spec.estimation and text.strip()[:1] in ("", ","):
        syntax = "anything"
    node: Any = attempt(text, lambda reading: parse(syntax, reading))
    yield from _of_node(spec, node)


def attempt_text(text: str) -> str:
    """The text with each macro as a name."""
    return shape(text).replace(HELD, MARK)


def _of_node(spec: CommandSpec, node: Any) -> Iterator[Lack]:
    yield from functions(spec.name, node)
    if isinstance(node, nodes.Egen) and node.function not in EGEN_FUNCTIONS and MARK not in node.function:
        yield Lack("function", f"egen {node.function}()")
    clauses: nodes.Clauses | None = getattr(node, "clauses", None)
    if clauses is None:
        return
    if isinstance(node, nodes.Standard) and spec.varlist != "raw":
        if any(isinstance(term, nodes.Instrumented) for term in node.varlist):
            yield Lack("clause", f"{spec.name} (varlist = varlist)")
        if any(isinstance(term, nodes.Nested) for term in node.varlist):
            yield Lack("clause", f"{spec.name} term@term")
    yield from _clauses(spec, clauses)
    given = list(clauses.options)
    allowed = spec.options
    if isinstance(node, nodes.Mixed):
        given += [option for equation in node.equations for option in equation.options]
        allowed = (*allowed, *EQUATION_OPTIONS)
    if spec.any_option and not spec.options:
        accepted = graphs.accepted(spec.name)
        if accepted is not None:
            yield from (
                Lack("option", f"{spec.name}, {option.name}")
                for option in given
                if MARK not in option.name and not graphs.known(option.name, accepted)
            )
        return
    yield from options(spec.name, given, allowed, spec.unsupported)


def _clauses(spec: CommandSpec, clauses: nodes.Clauses) -> Iterator[Lack]:
    weight = clauses.weight
    if weight is not None and (
        not spec.weights if weight.kind == "weight" else weight.kind not in spec.weights
    ):
        yield Lack("clause", f"{spec.name} [{weight.kind}]")
    if clauses.using is not None and "using" not in spec.allow:
        yield Lack("clause", f"{spec.name} using")


def options(
    name: str, given: Iterable[nodes.Option], allowed: tuple[Opt, ...], unsupported: tuple[str, ...] = ()
) -> Iterator[Lack]:
    """The options that are not among the allowed ones, by their full names where those are known."""
    for option in given:
        if MARK in option.name:
            continue
        found = match_option(option.name, allowed)
        if found is not None:
            if found.name == "vce" and _RESAMPLED.match(option.argument or ""):
                word = "bootstrap" if (option.argument or "").lstrip().startswith("b") else "jackknife"
                yield Lack("option", f"{name}, vce({word})")
            continue
        lacking = tuple(
            Opt(entry.partition(":")[0], int(entry.partition(":")[2] or 0)) for entry in unsupported
        )
        known = match_option(option.name, lacking)
        brackets = "" if option.argument is None else "()"
        yield Lack("option", f"{name}, {(known.name if known else option.name) + brackets}")


_RESAMPLED = re.compile(r"\s*(?:boot(?:s(?:t(?:r(?:ap?)?)?)?)?|jack(?:k(?:n(?:i(?:fe?)?)?)?)?)\b")
"""vce(bootstrap) and vce(jackknife), which the prefixes do here."""


def functions(name: str, node: Any) -> Iterator[Lack]:
    """The functions in a tree that we have not got."""
    waiting = [node]
    while waiting:
        item = waiting.pop()
        if isinstance(item, tuple):
            waiting += item
            continue
        kind = type(item)
        if kind is nodes.Function and not (
            item.name in FUNCTIONS or item.name in MATRIX_VALUED or MARK in item.name
        ):
            yield Lack("function", f"{item.name}()")
        waiting += [
            value
            for field in getattr(kind, "__slots__", ())
            if type(value := getattr(item, field)) not in (str, float, int, type(None))
        ]


# ---------------------------------------------------------------- commands that read their own text

_ASSIGNMENT = re.compile(r"\s*(?:(\+\+|--)\s*)?([^\s=:]*)\s*(=(?!=)|:)?(.*)", re.DOTALL)


def _macro(name: str, text: str) -> Iterator[Lack]:
    """``local name = exp``, ``local name : function``, ``local name text``."""
    found = _ASSIGNMENT.match(attempt_text(text))
    assert found is not None
    if found[3] == "=" and found[4].strip():
        yield from functions(name, expression(_after(text, "=")))
    elif found[3] == ":":
        word = subcommands.extended(found[4])
        if word:
            yield Lack("function", f"macro function {word}")


def expression(text: str) -> object:
    """The tree of an expression with macros (names in it need not be the true ones)."""

    def read(reading: str) -> object:
        return parse("expr", reading)

    try:
        return attempt(shape(text, True).strip(), read)
    except StataError:
        return attempt(text, read)  # for the place of the error


def _after(text: str, mark: str) -> str:
    return text[text.index(mark) + 1 :]


_SCALAR = re.compile(r"\s*(?:(?:de|def|defi|defin|define)\s+)?[^\s=]+\s*=(?!=)")


def _scalar(name: str, text: str) -> Iterator[Lack]:
    found = _SCALAR.match(text)
    if found is not None:
        yield from functions(name, expression(text[found.end() :]))
        return
    if "=" in text.partition('"')[0]:
        raise StataError.invalid_syntax()


def _twoway(name: str, text: str) -> Iterator[Lack]:
    if name in ("scatter", "line"):
        text = f"{name} {text}"
    node = attempt(text, lambda reading: parse("twoway", reading))
    assert isinstance(node, nodes.Twoway)
    yield from _figure_options(node.clauses.options)
    for plot in node.plots:
        kind = graphs.plot_type(plot.plottype)
        if MARK in plot.plottype:
            continue
        if kind is None:
            yield Lack("subcommand", f"twoway {plot.plottype}")
            kind = graphs.Plot(True, frozenset(), None)
        inner = _plot_text(plot.text, "anything" if kind.raw else "standard")
        yield from functions(name, inner)
        if kind.weights is not None and inner.clauses.weight is not None and not kind.weights:
            yield Lack("clause", f"twoway {plot.plottype} [{inner.clauses.weight.kind}]")
        yield from _figure_options(inner.clauses.options, kind.own)


def _plot_text(text: str, rule: str) -> Any:
    def read(reading: str) -> Any:
        return parse(rule, reading)

    return attempt(text.replace(MARK, HELD), read)


def _figure_options(
    given: Iterable[nodes.Option], own: frozenset[tuple[str, int]] = frozenset()
) -> Iterator[Lack]:
    for option in given:
        if MARK in option.name:
            continue
        if not graphs.known(option.name, graphs.FIGURE | own):
            yield Lack("option", f"twoway, {option.name}")
        elif option.argument and not any(mark in option.argument for mark in (MARK, HELD, "`", "$")):
            inner = graphs.lacking_within(option.name, option.argument)
            if inner:
                yield Lack("option", f"twoway, {option.name}({inner})")


def _graph(name: str, text: str) -> Iterator[Lack]:
    """``graph subcommand ...``; a graph type's options are those of the figure and its own."""
    word = attempt_text(text).strip().partition(" ")[0]
    if word.rstrip(",").startswith("tw") and "twoway".startswith(word.rstrip(",")):
        yield from _twoway("twoway", text.strip()[len(word) :])
        return
    missing = subcommands.lacking("graph", text)
    if missing:
        yield Lack("subcommand", f"graph {missing}")
        return
    accepted = graphs.accepted(f"graph {subcommands.full('graph', word)}")
    node = attempt(text, lambda reading: parse("anything", reading))
    assert isinstance(node, nodes.Anything)
    if accepted is not None:
        for option in node.clauses.options:
            if MARK not in option.name and not graphs.known(option.name, accepted):
                yield Lack("option", f"graph {subcommands.full('graph', word)}, {option.name}")


_INSTALL = re.compile(r"\s*inst?(?:a(?:ll?)?)?\s+\"?([A-Za-z_]\w*)")


def _packages(name: str, text: str) -> Iterator[Lack]:
    """``ssc install``, ``net install``: a package that we do not provide."""
    attempt(text, lambda reading: parse("anything", reading))
    found = _INSTALL.match(text)
    literal = found is not None and text[found.end() : found.end() + 1] not in ("`", "$")
    if found is not None and literal and not community.provided(found[1]):
        yield Lack("package", found[1])


_SPECIAL: dict[str, Callable[[str, str], Iterator[Lack]]] = {
    "local": _macro,
    "global": _macro,
    "scalar": _scalar,
    "twoway": _twoway,
    "scatter": _twoway,
    "line": _twoway,
    "graph": _graph,
    "ssc": _packages,
    "net": _packages,
}
