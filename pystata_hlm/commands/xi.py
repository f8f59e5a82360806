"""xi: interaction expansion.   xi [, prefix(string) noomit]: command   xi [, prefix(string) noomit] term(s)

A term is ``i.a``, ``i.a*i.b``, ``i.a*x`` or ``i.a|x``. It becomes indicator variables ``_Ia_2 ...`` and products
``_IaXb_2_1``, ``_IaXx_2`` in the data; what an earlier xi made with the same prefix is dropped first. Names: nine
characters of the variable's name after ``_I``; in products three of the first and three of the second, or of a
continuous variable as many as leave six with the digits of the level (but three at least). The omitted group is the
lowest, the most frequent under ``char _dta[omit] prevalent``, or the one of ``char var[omit] #``.
Factor-variable interactions (``i.a##b``) are left to the command. Errors: r(198) ``i.a|i.b``, r(111), r(2000).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.data.column import Column
from pystata_hlm.data.names import abbrev
from pystata_hlm.errors import StataError
from pystata_hlm.formats import format_number
from pystata_hlm.runtime.bind import strip_quotes
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.spec import Call, Opt

if TYPE_CHECKING:
    from pystata_hlm.data.dataset import Dataset
    from pystata_hlm.runtime.context import Context

_TERM = re.compile(
    r"(?<![\w.`#~*|])[iI]\.(?P<first>[^\W\d]\w*(?:~\w*)?)"
    r"(?:(?P<mark>[*|])(?P<factor>[iI]\.)?(?P<second>[^\W\d]\w*(?:~\w*)?))?(?![\w#~*.])"
)
_QUOTED = re.compile(r"`\".*?\"'|\"[^\"]*\"")
_MADE, _MADE_WITH = "__xi__Vars__To__Drop__", "__xi__Vars__Prefix__"
"""Characteristics of the data in which xi keeps what it made."""

_TEXT_COLUMNS = (18, 38)


@dataclass(frozen=True)
class Level:
    """One group: ``id`` at the end of the names, ``value`` as labels show it, the rows that are in it."""

    id: str
    value: str
    rows: np.ndarray


@dataclass(frozen=True)
class Factor:
    """``levels`` without the omitted one; ``stub`` as in ``_Irep78_``; ``missing`` rows."""

    name: str
    stub: str
    levels: tuple[Level, ...]
    missing: np.ndarray
    width: int
    """Digits of the longest id."""

    def names(self) -> list[str]:
        return [self.stub + level.id for level in self.levels]


@dataclass
class Expansion:
    """The work of one xi: variables to add, notes to print; each factor and continuous variable once."""

    data: Dataset
    prefix: str
    noomit: bool
    varabbrev: bool
    made: dict[str, Column] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    factors: dict[str, Factor] = field(default_factory=dict)
    used: dict[str, list[str]] = field(default_factory=dict)
    _listed: set[str] = field(default_factory=set)

    # ------------------------------------------------------------ names
    def stub(self, wanted: str) -> str:
        """``wanted`` with its last letter changed until no variable begins with it."""
        taken = [*self.data.names, *self.made]
        for letter in ("", *"abcdefghijklmnopqrstuvwxyz"):
            stub = f"{wanted[:-1] if letter else wanted}{letter}_"
            if not any(name.startswith(stub) for name in taken):
                return stub
        raise StataError(110, f"{wanted} already defined")

    def note(self, term: str, shown: str, text: str) -> None:
        first, second = _TEXT_COLUMNS
        self.notes.append(f"{term.ljust(first)}{shown.ljust(second - first)}{text}")

    def once(self, names: list[str]) -> list[str]:
        """Names not yet given to the command."""
        out = [name for name in names if name not in self._listed]
        self._listed.update(out)
        return out

    # ------------------------------------------------------------ terms
    def factor(self, word: str) -> Factor:
        name = self.data.find(word, self.varabbrev)
        found = self.factors.get(name)
        if found is not None:
            return found
        found = self._indicators(name)
        self.factors[name] = found
        return found

    def _indicators(self, name: str) -> Factor:
        column = self.data.column(name)
        levels, natural = _levels(column)
        missing = column.is_missing()
        if not levels:
            raise StataError(2000, f"no observations in {name}")
        omitted = None if self.noomit else _omitted(self.data, name, levels)
        stub = self.stub(self.prefix + name[:9])
        kept = tuple(level for level in levels if level is not omitted)
        factor = Factor(name, stub, kept, missing, max(len(level.id) for level in levels))
        for level in kept:
            self._make(stub + level.id, level.rows, missing, f"{name}=={level.value}")
        text = "naturally coded" if natural else ""
        if omitted is not None:
            gone = f"{stub}{omitted.id}"
            text = (
                f"naturally coded; {gone} omitted"
                if natural
                else f"{gone} for {name}=={omitted.value} omitted"
            )
        self.note(
            f"i.{abbrev(name, 13)}", f"{stub}{levels[0].id}-{levels[-1].id}", f"({text})" if text else ""
        )
        return factor

    def _make(self, name: str, rows: np.ndarray, missing: np.ndarray, label: str) -> None:
        values = np.where(missing, np.nan, rows.astype(float))
        self.made[name] = Column.numeric(values, None, "byte", label=label[:80])

    def expand(self, match: re.Match[str]) -> str:
        first = self.factor(match["first"])
        mark = match["mark"]
        if mark is None:
            return " ".join(self.once(first.names()))
        if match["factor"]:
            if mark == "|":
                raise StataError(198, "I.xxx|I.yyy not allowed")
            second = self.factor(match["second"])
            names = [*first.names(), *second.names(), *self._products(first, second)]
        else:
            other = self.data.find(match["second"], self.varabbrev)
            if self.data.column(other).is_string:
                raise StataError.type_mismatch()
            names = [other, *self._slopes(first, other, mark)]
            if mark == "*":
                names = [*first.names(), *names]
        return " ".join(self.once(names))

    def _products(self, a: Factor, b: Factor) -> list[str]:
        key = f"{a.name}*{b.name}"
        if key in self.used:
            return self.used[key]
        stub = self.stub(f"{self.prefix}{a.name[:3]}X{b.name[:3]}")
        missing = a.missing | b.missing
        names = []
        for one in a.levels:
            for two in b.levels:
                names.append(f"{stub}{one.id}_{two.id}")
                label = f"{a.name}=={one.value} & {b.name}=={two.value}"
                self._make(names[-1], one.rows & two.rows, missing, label)
        shown = f"i.{a.name}*i.{b.name}"
        if len(shown) > 15:
            shown = f"i.{abbrev(a.name, 5)}*i.{abbrev(b.name, 5)}"
        self.note(shown, f"{stub}#_#", "(coded as above)")
        self.used[key] = names
        return names

    def _slopes(self, a: Factor, x: str, mark: str) -> list[str]:
        key = f"{a.name}|{x}"
        shown = f"i.{a.name}{mark}{x}"
        if len(shown) > 15:
            shown = f"i.{abbrev(a.name, 6)}{mark}{abbrev(x, 6)}"
        if key in self.used:
            return self.used[key]
        stub = self.stub(f"{self.prefix}{a.name[:3]}X{x[: max(3, 6 - a.width)]}")
        column = self.data.column(x)
        values = column.values()
        names = []
        for level in a.levels:
            product = np.where(a.missing, np.nan, level.rows * values)
            names.append(stub + level.id)
            label = f"({a.name}=={level.value})*{x}"
            self.made[names[-1]] = Column.numeric(product, None, column.stype, label=label[:80])
        self.note(shown, f"{stub}#", "(coded as above)")
        self.used[key] = names
        return names


def _levels(column: Column) -> tuple[list[Level], bool]:
    """The groups in order, and whether their ids are the values themselves (integers that are not negative)."""
    if column.is_string:
        texts = np.asarray(
            [value.decode("utf-8", "replace") for value in column.strings().tolist()], dtype=object
        )
        found = sorted({text for text in texts.tolist() if text})
        return [Level(str(k), text, texts == text) for k, text in enumerate(found, 1)], False
    values = column.values()
    distinct = np.unique(values[~np.isnan(values)])
    natural = bool(np.all((distinct >= 0) & (distinct == np.floor(distinct)) & (distinct < 1e15)))
    out = []
    for k, value in enumerate(distinct.tolist(), 1):
        shown = format_number(value, "%9.0g").strip() if value != int(value) else str(int(value))
        out.append(Level(str(int(value)) if natural else str(k), shown, values == value))
    return out, natural


def _omitted(data: Dataset, name: str, levels: list[Level]) -> Level:
    """The group that gets no variable."""
    wanted = data.get_chars(name).get("omit", "").strip()
    if wanted:
        text = strip_quotes(wanted)
        for level in levels:
            if level.value == text or (not data.column(name).is_string and _same(level.value, text)):
                return level
        raise StataError(198, f"{name}[omit] is {text}, which does not occur")
    if data.get_chars("_dta").get("omit", "").strip() == "prevalent":
        return max(levels, key=lambda level: int(level.rows.sum()))
    return levels[0]


def _same(a: str, b: str) -> bool:
    try:
        return float(a) == float(b)
    except ValueError:
        return False


# ---------------------------------------------------------------- the command


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Parts of a command line; quoted ones are left alone."""
    at = 0
    for quoted in _QUOTED.finditer(text):
        yield text[at : quoted.start()], False
        yield quoted[0], True
        at = quoted.end()
    yield text[at:], False


def drop_made(data: Dataset, prefix: str) -> None:
    """Drop the variables that xi made before with this prefix."""
    chars = data.get_chars("_dta")
    names, prefixes = chars.get(_MADE, "").split(), chars.get(_MADE_WITH, "").split()
    pairs = [(n, p) for n, p in zip(names, prefixes, strict=False) if n in data]
    gone = [n for n, p in pairs if p == prefix]
    if gone:
        data.drop(gone)
    kept = [(n, p) for n, p in pairs if p != prefix]
    if names:
        data.set_char("_dta", _MADE, " ".join(n for n, _ in kept))
        data.set_char("_dta", _MADE_WITH, " ".join(p for _, p in kept))


def expand(text: str, options: dict[str, Any], ctx: Context) -> str:
    """Make the variables, print the notes, and give the command with its terms replaced."""
    prefix = options.get("prefix", "_I")
    if not re.fullmatch(r"[^\W\d]\w{0,3}", prefix):
        raise StataError(198, "option prefix() incorrectly specified")
    data = ctx.data.copy()
    drop_made(data, prefix)
    work = Expansion(data, prefix, "noomit" in options, ctx.settings.varabbrev)
    out = "".join(piece if quoted else _TERM.sub(work.expand, piece) for piece, quoted in _pieces(text))
    for name, column in work.made.items():
        data.add(name, column)
    if work.made:
        chars = data.get_chars("_dta")
        data.set_char("_dta", _MADE, " ".join([*chars.get(_MADE, "").split(), *work.made]))
        data.set_char(
            "_dta", _MADE_WITH, " ".join([*chars.get(_MADE_WITH, "").split(), *[prefix] * len(work.made)])
        )
    ctx.data = data
    if work.notes:
        ctx.say("\n".join(work.notes))
    return out


@command(
    "xi",
    syntax="anything",
    prefix=True,
    allow=set(),
    options=(Opt("prefix", 4, "string"), Opt("noomit", 6)),
)
def run(call: Call, ctx: Context) -> None:
    if call.prefix_command:
        if call.node.text:
            raise StataError.invalid_syntax()
        ctx.execute(expand(call.prefix_command.strip(), call.options, ctx))
        return
    terms = call.node.text.split()
    if not terms:
        raise StataError(198, "varlist or terms required")
    for term in terms:
        if not _TERM.fullmatch(term):
            raise StataError(198, f"{term} invalid term")
    expand(" ".join(terms), call.options, ctx)
