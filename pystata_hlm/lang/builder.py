"""From grammar rules to nodes: one method per rule (or alias) of ``grammar/*.lark``, called during parsing.

A method gets the rule's children: tokens that the grammar names, and what other methods returned. Raw
pieces of text travel as ``Raw`` positions into ``self.text``; clauses as (field, value) pairs.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

from lark import Token

from pystata_hlm.errors import StataError
from pystata_hlm.lang import nodes
from pystata_hlm.lang.numlist import parse_numlist
from pystata_hlm.lang.unparse import unparse

MAX_NAME = 32


class Raw(NamedTuple):
    """A stretch of the parsed text, quotes or parentheses included."""

    start_pos: int
    end_pos: int


class _Crossed(NamedTuple):
    variable: str


Children = list[Any]

_NO_CLAUSES = nodes.Clauses()
_WEIGHTS = {"a": "aweight", "f": "fweight", "i": "iweight", "p": "pweight"}
_OPERATORS = {"~=": "!=", "~": "!"}
_DIRECTIVES = ("continue", "column", "skip", "newline", "dup", "char", "request", "asis", "quote")


def _name(token: str) -> str:
    if len(token) > MAX_NAME:
        raise StataError(198, f"{token} invalid name")
    return str(token)


def strip_quotes(text: str) -> str:
    """The text inside one pair of outer quotes, plain or compound."""
    if text.startswith('`"') and text.endswith("\"'") and len(text) >= 4:
        return text[2:-2]
    if text.startswith('"'):
        return text[1:-1] if text.endswith('"') and len(text) >= 2 else text[1:]
    return text


class Builder:
    """The methods Lark calls. ``text`` must hold the text being parsed."""

    def __init__(self) -> None:
        self.text = ""

    def _slice(self, pieces: Children) -> str:
        return self.text[pieces[0].start_pos : pieces[-1].end_pos] if pieces else ""

    # ------------------------------------------------------------ raw text
    def raw_parens(self, c: Children) -> Raw:
        return Raw(c[0].start_pos, c[-1].end_pos)

    def _between(self, raw: Raw) -> str:
        return self.text[raw.start_pos + 1 : raw.end_pos - 1]

    # ------------------------------------------------------------ expressions
    def binary(self, c: Children) -> nodes.Expr:
        op = str(c[1])
        return nodes.Binary(_OPERATORS.get(op, op), c[0], c[2])

    def unary(self, c: Children) -> nodes.Expr:
        op = str(c[0])
        return nodes.Unary(_OPERATORS.get(op, op), c[1])

    def number(self, c: Children) -> nodes.Expr:
        token = c[0]
        if token.type == "HEX_NUMBER":
            mantissa, _, exponent = token.lower().partition("x")
            return nodes.Number(_hex_number(mantissa, exponent))
        value = float(token.lower().replace("d", "e"))
        return nodes.Number(value if math.isfinite(value) else math.nan)

    def missing(self, c: Children) -> nodes.Expr:
        return nodes.Number(float("nan"), ord(c[0][1]) - ord("a") + 1 if len(c[0]) > 1 else 0)

    def string(self, c: Children) -> nodes.Expr:
        if c[0].type == "COMPOUND":
            return nodes.String(self.text[c[0].start_pos + 2 : c[0].end_pos - 2])
        return nodes.String(str(c[0][1:-1]))

    def labelled(self, c: Children) -> nodes.Expr:
        text, _, label = c[0].rpartition(":")
        return nodes.Labelled(nodes.String(str(text.rstrip()[1:-1])), str(label.strip()))

    def name(self, c: Children) -> nodes.Expr:
        if c[0] in ("if", "in", "using", "with"):  # reserved
            raise StataError.invalid_syntax()
        return nodes.Name(_name(c[0]))

    def bracketed(self, c: Children) -> nodes.Expr:
        return nodes.Name(c[0][1:-1].strip())

    def operated(self, c: Children) -> nodes.Expr:
        operator, _, name = c[0].rpartition(".")
        return nodes.Operated(operator.replace(".", ""), _name(name))

    def subscript(self, c: Children) -> nodes.Expr:
        return nodes.Subscript(_name(c[0]), *c[1:])

    def function(self, c: Children) -> nodes.Expr:
        return nodes.Function(str(c[0]), tuple(c[1:]))

    def date_call(self, c: Children) -> nodes.Expr:
        name, _, rest = c[0].partition("(")
        arguments = rest[:-1].split(",")
        return nodes.Function(str(name).strip(), tuple(nodes.String(str(a).strip()) for a in arguments))

    def stored(self, c: Children) -> nodes.Expr:
        return nodes.StoredResult(str(c[0][0]), str(c[0][2:-1]).strip())

    def element(self, c: Children) -> nodes.Expr:
        return nodes.StoredResult(str(c[0][0]), str(c[0][2:-1]).strip(), c[1], c[2])

    def coefficient(self, c: Children) -> nodes.Expr:
        text = str(c[0])
        equation = ""
        if text.startswith("["):
            equation, _, text = text[1:].partition("]")
            equation, text = equation.strip(), text.strip()
        kind, bracket, inside = text.partition("[")
        if not bracket:
            return nodes.Coefficient("_b", equation, text)
        term = inside[:-1].strip()
        if len(term) > 1 and term[0] == term[-1] == '"':  # _b["x"]
            term = term[1:-1].strip()
        if not equation:
            if term.startswith("/"):
                equation, term = "/", term[1:]
            elif ":" in term:
                equation, _, term = (part.strip() for part in term.partition(":"))
        return nodes.Coefficient("_se" if kind == "_se" else "_b", equation, term)

    # ------------------------------------------------------------ variable lists
    def varlist(self, c: Children) -> nodes.Varlist:
        return tuple(c)

    def interaction(self, c: Children) -> nodes.VarTerm:
        return nodes.Interaction(c[0], c[2], full=len(c[1]) == 2)

    def nested(self, c: Children) -> nodes.VarTerm:
        return nodes.Nested(c[0], c[1])

    def instrumented(self, c: Children) -> nodes.VarTerm:
        return nodes.Instrumented(c[0], c[1] if len(c) > 1 else ())

    def factor_op(self, c: Children) -> nodes.VarTerm:
        return nodes.FactorOp(str(c[0][:-1]), c[1])

    def group(self, c: Children) -> nodes.VarTerm:
        return nodes.Group(tuple(c))

    def name_pattern(self, c: Children) -> nodes.VarTerm:
        return nodes.NamePattern(_name(c[0]))

    def name_range(self, c: Children) -> nodes.VarTerm:
        return nodes.NameRange(_name(c[0]), _name(c[1]))

    # ------------------------------------------------------------ clauses and options
    def clauses(self, c: Children) -> nodes.Clauses:
        if not c:
            return _NO_CLAUSES
        found: dict[str, Any] = {}
        options = []
        for piece in c:
            if isinstance(piece, nodes.Option):
                options.append(piece)
            elif piece[0] in found:
                raise StataError.invalid_syntax()
            elif piece[0] == "using":
                found["using"], found["files"] = piece[1][0], piece[1]
            else:
                found[piece[0]] = piece[1]
        return nodes.Clauses(**found, options=tuple(options))

    def if_clause(self, c: Children) -> tuple[str, nodes.Expr]:
        return "if_", c[0]

    def in_clause(self, c: Children) -> tuple[str, nodes.InRange]:
        def bound(token: Token) -> nodes.Expr:
            if token[0] in "fFlL":
                return nodes.Name(str(token).lower())
            return nodes.Number(float(token.replace(" ", "")))

        return "in_", nodes.InRange(bound(c[0]), bound(c[1]) if len(c) > 1 else None)

    def weight(self, c: Children) -> tuple[str, nodes.Weight]:
        kind = c[0].strip("[= \t")
        return "weight", nodes.Weight(_WEIGHTS.get(kind[:1], "weight"), c[1])

    def using(self, c: Children) -> tuple[str, tuple[str, ...]]:
        return "using", tuple(strip_quotes(self.text[p.start_pos : p.end_pos]) for p in c)

    def options(self, c: Children) -> tuple[nodes.Option, ...]:
        return tuple(c)

    def option(self, c: Children) -> nodes.Option:
        token = c[0]
        if len(c) == 1:
            return nodes.Option(str(token), None, token.start_pos, token.end_pos)
        return nodes.Option(str(token), self._between(c[1]), token.start_pos, c[1].end_pos)

    # ------------------------------------------------------------ general command lines
    def standard(self, c: Children) -> nodes.Standard:
        varlist = c[0] if isinstance(c[0], tuple) else ()
        return nodes.Standard(varlist, c[-2] if len(c) - bool(varlist) == 2 else None, c[-1])

    def anything(self, c: Children) -> nodes.Anything:
        return nodes.Anything(self._slice(c[:-1]), None, c[-1])

    def anything_exp(self, c: Children) -> nodes.Anything:
        raw = [piece for piece in c[:-1] if isinstance(piece, (Token, Raw))]
        return nodes.Anything(self._slice(raw), c[-2] if len(c) - 1 > len(raw) else None, c[-1])

    def assertion(self, c: Children) -> nodes.Standard:
        return nodes.Standard((), c[0], c[1])

    def _typed(self, c: Children) -> tuple[str | None, Children]:
        typed = isinstance(c[0], Token) and c[0].type == "STORAGE_TYPE"
        return (str(c[0]), c[1:]) if typed else (None, c)

    def generate(self, c: Children) -> nodes.Generate:
        stype, c = self._typed(c)
        label = str(c[1]) if len(c) == 4 else None
        return nodes.Generate(stype, _name(c[0]), label, c[-2], c[-1])

    def egen(self, c: Children) -> nodes.Egen:
        stype, c = self._typed(c)
        return nodes.Egen(stype, _name(c[0]), str(c[1]), self._between(c[2]), c[3])

    def newvars(self, c: Children) -> nodes.NewVars:
        stype, c = self._typed(c)
        return nodes.NewVars(stype, tuple(c[:-1]), c[-1])

    # ------------------------------------------------------------ prefixes
    def by(self, c: Children) -> nodes.By:
        options = tuple(p for p in c if isinstance(p, nodes.Option))
        sort = next((p for p in c if isinstance(p, tuple)), ())
        groups = tuple(p for p in c if isinstance(p, (nodes.NamePattern, nodes.NameRange)))
        return nodes.By(groups, sort, options)

    def sort_names(self, c: Children) -> nodes.Varlist:
        return tuple(c)

    def explist(self, c: Children) -> nodes.ExpList:
        items: list[nodes.ExpItem] = []
        for piece in c[:-1]:
            items += piece if isinstance(piece, list) else [piece]
        return nodes.ExpList(tuple(items), c[-1])

    def exp_item(self, c: Children) -> nodes.ExpItem:
        return nodes.ExpItem(c[0], text=unparse(c[0]))

    def named_exp(self, c: Children) -> nodes.ExpItem:
        return nodes.ExpItem(c[1], name=_name(c[0]), text=unparse(c[1]))

    def exp_group(self, c: Children) -> list[nodes.ExpItem]:
        return [nodes.ExpItem(item.exp, item.name, _name(c[0]), item.text) for item in c[1:]]

    # ------------------------------------------------------------ mixed
    def mixed(self, c: Children) -> nodes.Mixed:
        clauses: nodes.Clauses = c[1]
        equations: list[nodes.RandomEquation] = []
        for piece in c[2:]:
            if isinstance(piece, nodes.Clauses):  # `|| , options' and `|| if exp'
                own = piece
            else:
                equation, own = piece
                equations.append(equation)
            if equations:
                last = equations[-1]
                extended = last.options + own.options
                equations[-1] = nodes.RandomEquation(last.level, last.varlist, last.crossed, extended)
                own = _without_options(own)
            clauses = merge_clauses(clauses, own)
        return nodes.Mixed(c[0], clauses, tuple(equations))

    def random_equation(self, c: Children) -> tuple[nodes.RandomEquation, nodes.Clauses]:
        terms = c[1] if len(c) == 3 else ()
        if isinstance(terms, _Crossed):
            return nodes.RandomEquation(_name(c[0]), (), terms.variable), c[-1]
        return nodes.RandomEquation(_name(c[0]), terms), c[-1]

    def crossed(self, c: Children) -> _Crossed:
        return _Crossed(_name(c[1]))

    # ------------------------------------------------------------ twoway
    def twoway(self, c: Children) -> nodes.Twoway:
        plots: list[nodes.Plot] = []
        clauses = _NO_CLAUSES
        for piece in c:
            if isinstance(piece, nodes.Plot):
                plots.append(piece)
            elif isinstance(piece, nodes.Clauses):
                clauses = merge_clauses(clauses, piece)
            else:
                plots += piece[0]
                clauses = merge_clauses(clauses, piece[1])
        return nodes.Twoway(tuple(plots), clauses)

    def parens_segment(self, c: Children) -> tuple[list[nodes.Plot], nodes.Clauses]:
        return [plot for plots in c[:-1] for plot in plots], c[-1]

    def plot_parens(self, c: Children) -> list[nodes.Plot]:
        return c

    def plot(self, c: Children) -> nodes.Plot:
        return nodes.Plot(str(c[0]), self._slice(c[1:]).strip())

    # ------------------------------------------------------------ display
    def display(self, c: Children) -> nodes.Display:
        return nodes.Display(tuple(c))

    def display_exp(self, c: Children) -> nodes.DisplayItem:
        exp = c[-1]
        if len(c) == 2:
            return nodes.DisplayItem("exp", exp=exp, format=str(c[0]))
        if isinstance(exp, nodes.String):
            return nodes.DisplayItem("string", exp.value)
        return nodes.DisplayItem("exp", exp=exp)

    def display_open(self, c: Children) -> nodes.DisplayItem:
        return nodes.DisplayItem("string", str(c[0][1:]))

    def display_comma(self, c: Children) -> nodes.DisplayItem:
        return nodes.DisplayItem("comma")

    def display_style(self, c: Children) -> nodes.DisplayItem:
        return nodes.DisplayItem(str(c[0]), str(c[1]))

    def display_directive(self, c: Children) -> nodes.DisplayItem:
        short = c[0].strip("_( \t")
        kind = next(word for word in _DIRECTIVES if word.startswith(short))
        if kind == "request":
            return nodes.DisplayItem(kind, unparse(c[1]))
        return nodes.DisplayItem(kind, exp=c[1] if len(c) > 1 else None)

    # ------------------------------------------------------------ margins
    def atspec(self, c: Children) -> nodes.AtSpec:
        items: list[nodes.AtItem] = []
        options: list[nodes.Option] = []
        statistic = None
        for piece in c:
            if isinstance(piece, nodes.Option):
                options.append(piece)
            elif isinstance(piece, str):
                statistic = piece
            elif piece.values is None and piece.exp is None:
                if statistic is None:
                    raise StataError(198, "invalid at() option;\nat() contains an invalid specification")
                items.append(nodes.AtItem(piece.term, statistic=statistic))
            else:
                items.append(piece)
        return nodes.AtSpec(tuple(items), tuple(options))

    def at_statistic(self, c: Children) -> str:
        return str(c[0].strip("() \t"))

    def at_item(self, c: Children) -> nodes.AtItem:
        if len(c) == 1:
            return nodes.AtItem(c[0])
        if isinstance(c[1], tuple):
            return nodes.AtItem(c[0], values=c[1])
        return nodes.AtItem(c[0], exp=c[1])

    def at_number(self, c: Children) -> tuple[float, ...]:
        return tuple(parse_numlist(c[0]))

    def at_numlist(self, c: Children) -> tuple[float, ...]:
        return tuple(parse_numlist(self._between(c[0])))

    def at_generate(self, c: Children) -> nodes.Expr:
        return c[1]


def _hex_number(mantissa: str, exponent: str) -> float:
    """``1.8x+1`` -> 3; the exponent is hexadecimal, too. Too large is missing."""
    try:
        return float.fromhex(f"0x{mantissa}p{int(exponent, 16)}")
    except OverflowError:
        return math.nan


def _without_options(clauses: nodes.Clauses) -> nodes.Clauses:
    return nodes.Clauses(clauses.if_, clauses.in_, clauses.weight, clauses.using, (), clauses.files)


def merge_clauses(first: nodes.Clauses, second: nodes.Clauses) -> nodes.Clauses:
    """Clauses given in two places of one command; the same clause twice is r(198)."""
    if second == _NO_CLAUSES:
        return first
    merged: dict[str, Any] = {"options": first.options + second.options, "files": first.files + second.files}
    for field in ("if_", "in_", "weight", "using"):
        one, two = getattr(first, field), getattr(second, field)
        if one is not None and two is not None:
            raise StataError.invalid_syntax()
        merged[field] = one if one is not None else two
    return nodes.Clauses(**merged)
