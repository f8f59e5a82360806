"""Whatever a function is given, it answers or raises a StataError: no other exception, no wrong length."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.errors import StataError
from pystata_hlm.expr.evaluate import DataEnv, evaluate, evaluate_scalar
from pystata_hlm.expr.functions import FUNCTIONS
from pystata_hlm.lang import nodes as ast
from pystata_hlm.numeric.rng import StataRNG

NAN = float("nan")
NUMBERS = [ast.Number(v) for v in (0.0, 1.0, -1.0, 2.5, 1e300, -1e300, 1e-300, NAN, 3.0, 100.0, 2.0**40)]
NUMBERS += [ast.Number(NAN, 3), ast.Name("x"), ast.Name("y")]
STRINGS = [
    ast.String(t) for t in ("", "a", "abc def", "%5.1f", "DMY", "12jan2020", "(", "day", "é", "[a-z]+")
]
STRINGS += [ast.String("utf-8"), ast.Name("s"), ast.Name("wide")]


def sample_data(n: int) -> Dataset:
    data = Dataset()
    x = np.array([1, 0, -1, NAN, 1e300, -5.5, 3, 1e-300])[:n]
    s = np.array([b"abc", "é".encode(), b"", b"12jan2020", b"  x y", b"%9.2f", b"\xff\xfe", b"a*"])[:n]
    long = np.empty(n, dtype=object)
    long[:] = [b"long" * k for k in range(n)]
    data.add("x", Column.numeric(x, None, "double"))
    data.add("y", Column.numeric(np.arange(n) * 1.0, None, "byte"))
    data.add("s", Column.text(s))
    data.add("wide", Column.text(long, "strL"))
    return data


def arguments(spec: str, rng: random.Random) -> list[ast.Expr]:
    args: list[ast.Expr] = []
    for item in spec.split():
        if item.endswith("?") and rng.random() < 0.4:
            break
        for _ in range(rng.randint(0, 2) if item.endswith("*") else 1):
            kind = rng.choice("ns") if item[0] == "v" else item[0]
            args.append(ast.Name("x") if kind == "x" else rng.choice(NUMBERS if kind == "n" else STRINGS))
    return args


@pytest.mark.parametrize("family", sorted({spec.family for spec in FUNCTIONS.values()}))
@pytest.mark.parametrize("n", [0, 1, 8])
def test_functions(family: str, n: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # filewrite() writes
    rng = random.Random(f"{family} {n}")
    env = DataEnv(sample_data(n), rng=StataRNG())
    for name, spec in FUNCTIONS.items():
        if spec.family != family:
            continue
        for _ in range(4):
            node = ast.Function(name, tuple(arguments(spec.args, rng)))
            try:
                values = evaluate(node, env).values
                assert values.ndim == 0 or len(values) == n, node
                evaluate_scalar(node, env)
            except StataError as error:
                assert error.message, node
