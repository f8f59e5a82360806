"""``margins, expression()``: an expression of predict(), xb(), coefficients and variables as a prediction."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from pystata_hlm.commands._margins import Predictor
from pystata_hlm.commands._margins_general import Frame, Function, General, of_index
from pystata_hlm.errors import StataError
from pystata_hlm.expr.evaluate import evaluate
from pystata_hlm.expr.values import Num, Text
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime import coefficients

if TYPE_CHECKING:
    from pystata_hlm.runtime.context import Context

Array = np.ndarray
Routine = Callable[[str | None, Any], Any]

_CALL = re.compile(r"(?<![\w.])(predict|xb)\s*\(")


def general(text: str, routine: Routine, ctx: Context) -> General:
    """expression(text). ``predict(...)`` and ``xb(...)`` inside become columns computed for the frame."""
    body, parts = _replaced(text.strip(), routine, ctx)
    node = parse("expr", body)
    b = ctx.workspace.e.matrices["b"]

    def bind(frame: Frame) -> Function:
        functions = {name: part.bind(frame) for name, part in parts.items()}
        rows = frame.rows
        held = {name: frame.values(name) for name in frame.held}

        def values(theta: Array) -> Array:
            def coefficient(kind: str, equation: str, term: str) -> float:
                if kind not in ("_b", "_coef"):
                    raise StataError(198, "_se[] not allowed in expression()")
                return float(theta[coefficients.locate(b, equation, term, ctx.data.find)])

            env = ctx.env()
            env.coefficient = coefficient
            given = {name: f(theta) for name, f in functions.items()}
            for name, v in (*held.items(), *given.items()):
                full = np.full(env.n, np.nan)
                full[rows] = v
                env._columns[name] = Num(full)
            env.resolve = lambda name: name if name in given else type(env).resolve(env, name)  # type: ignore[method-assign]
            found = evaluate(node, env)
            if isinstance(found, Text):
                raise StataError.type_mismatch()
            every = np.broadcast_to(found.floats(), (env.n,))
            return np.asarray(every[rows], dtype=float)

        return values

    return General("", text.strip(), bind)


def _replaced(text: str, routine: Routine, ctx: Context) -> tuple[str, dict[str, General]]:
    parts: dict[str, General] = {}
    while (found := _CALL.search(text)) is not None:
        depth, end = 1, found.end()
        while depth and end < len(text):
            depth += {"(": 1, ")": -1}.get(text[end], 0)
            end += 1
        if depth:
            raise StataError(132, "too few ')' or ']'")
        name = f"__prediction{len(parts) + 1}"
        inside = text[found.end() : end - 1].strip()
        if found[1] == "xb":
            inside = f"xb equation({inside})" if inside else "xb"
        predicted: Predictor | General | list[Predictor | General] = routine(inside or None, ctx)
        if isinstance(predicted, list):
            predicted = predicted[0]
        parts[name] = predicted if isinstance(predicted, General) else of_index(predicted, ctx)
        text = f"{text[: found.start()]}{name}{text[end:]}"
    return text, parts
