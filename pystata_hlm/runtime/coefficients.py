"""Looking up ``_b[]`` and ``_se[]`` in e(b) and e(V)."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING

from pystata_hlm.errors import StataError

if TYPE_CHECKING:
    from collections.abc import Callable

    from pystata_hlm.runtime.results import StataMatrix, Stored

_FLAG = re.compile(r"^(\d+)[bno]+$|^(c)o$|^o$")


@lru_cache(maxsize=4096)
def canonical(term: str) -> tuple[str, ...]:
    """A term without base and omission marks, parts sorted: ``1.sector#c.ses`` equals ``c.ses#1b.sector``-style
    spellings of the same coefficient."""
    parts = []
    for part in term.split("#"):
        operator, dot, name = part.strip().rpartition(".")
        if dot:
            found = _FLAG.match(operator)
            if found:
                operator = found.group(1) or found.group(2) or ""
            if operator in ("c", ""):
                parts.append(name)
                continue
        parts.append(f"{operator}.{name}" if dot and operator else name)
    return tuple(sorted(parts))


@lru_cache(maxsize=64)
def _index(cols: tuple[str, ...]) -> dict[tuple[str, tuple[str, ...]], int]:
    table: dict[tuple[str, tuple[str, ...]], int] = {}
    for k, col in enumerate(cols):
        eq, _, term = col.rpartition(":")
        table.setdefault((eq, canonical(term)), k)
    return table


def locate(b: StataMatrix, equation: str, term: str, resolve: Callable[[str], str] | None = None) -> int:
    """Position of a coefficient in e(b); r(111) ``[x] not found``.

    ``equation`` "" means the first equation; a term ``/name`` is a free parameter, which older do-files write
    ``[name]_cons``. ``resolve`` expands an
    abbreviated variable name.
    """
    if term.startswith("/"):
        equation, term = "/", term[1:]
    if ":" in term and not equation:
        equation, _, term = term.partition(":")
        equation, term = equation.strip(), term.strip()
    table = _index(b.cols)
    if term == "_cons" and ("/", (equation,)) in table:  # an older spelling of a free parameter
        equation, term = "/", equation
    elif equation == "/" and (term, ("_cons",)) in table:
        equation, term = term, "_cons"
    if not equation:
        equation = b.cols[0].rpartition(":")[0] if b.cols else ""
    if equation.startswith("#"):
        names = list(dict.fromkeys(col.rpartition(":")[0] for col in b.cols))
        number = int(equation[1:]) if equation[1:].isdigit() else 0
        if not 1 <= number <= len(names):
            raise StataError(303, f"equation [{equation}] not found")
        equation = names[number - 1]
    elif equation not in {eq for eq, _ in table}:
        raise StataError(303, f"equation [{equation}] not found")
    key = (equation, canonical(term))
    if key not in table and resolve is not None:
        key = (equation, canonical("#".join(_resolve(part, resolve) for part in term.split("#"))))
    if key not in table:
        raise StataError(111, f"[{term}] not found")
    return table[key]


def _resolve(part: str, resolve: Callable[[str], str]) -> str:
    operator, dot, name = part.rpartition(".")
    try:
        name = resolve(name)
    except StataError:
        return part
    return f"{operator}{dot}{name}"


def coefficient(
    e: Stored, kind: str, equation: str, term: str, resolve: Callable[[str], str] | None = None
) -> float:
    """``_b[]`` (``_coef[]``) or ``_se[]`` of the active estimates; r(301) when there are none."""
    b = e.matrices.get("b")
    if b is None:
        raise StataError.last_estimates_not_found()
    k = locate(b, equation, term, resolve)
    if kind in ("_b", "_coef"):
        return float(b.values[0, k])
    vcov = e.matrices.get("V")
    if vcov is None:
        raise StataError(301, "last estimates not found")
    return math.sqrt(max(float(vcov.values[k, k]), 0.0))
