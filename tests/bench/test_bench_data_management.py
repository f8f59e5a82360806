"""Data management side by side with pandas, and with numpy or polars where they are the better peer.

    pytest tests/bench/test_bench_data_management.py -s        one million rows
    DATA_ROWS=10000000 pytest tests/bench/test_bench_data_management.py -s

Aims (issue 4): within 1.5 times the best peer, within 2.5 times the data's own size in extra memory; ``set obs 50000000``
with a byte variable takes about 50 MB. Nothing is asserted: the ratios are printed at the end.
pytest-benchmark measures the times; memory is the peak of the resident set above what was there before (Linux), in a process
of its own, beside the size of the larger of the data before and after.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

ROWS = int(os.environ.get("DATA_ROWS", "1000000"))
ROUNDS = int(os.environ.get("DATA_ROUNDS", "3"))

Arrays = dict[str, np.ndarray]

TYPES = {"int8": "byte", "int16": "int", "int32": "long", "float32": "float", "float64": "double"}


# ---------------------------------------------------------------- the data


def base(n: int) -> Arrays:
    """A shuffled identifier, ten thousand groups (fewer rows: fewer), two measures, a byte and a short string."""
    rng = np.random.default_rng(1)
    return {
        "id": rng.permutation(n).astype(np.int32),
        "g": rng.integers(0, max(2, min(10_000, n // 10)), n).astype(np.int32),
        "x": rng.normal(size=n),
        "y": rng.normal(size=n).astype(np.float32),
        "k": rng.integers(0, 100, n).astype(np.int8),
    }


def with_strings(n: int) -> Arrays:
    data = base(n)
    words = np.array([f"name{i:05d}".encode() for i in range(20_000)])
    return {"s": words[np.random.default_rng(2).integers(0, len(words), n)], **data}


def wide(n: int) -> Arrays:
    """A tenth of the rows, ten columns that become one."""
    m = n // 10
    rng = np.random.default_rng(3)
    return {
        "id": np.arange(m, dtype=np.int32),
        "z": rng.normal(size=m),
        **{f"x{j}": rng.normal(size=m) for j in range(1, 11)},
    }


def lookup(data: Arrays) -> Arrays:
    groups = np.unique(data["g"])
    return {"g": groups.astype(np.int32), "w": groups * 0.5, "v": (groups % 7).astype(np.int8)}


# ---------------------------------------------------------------- ours


def dataset(arrays: Arrays) -> Any:
    from pystata_hlm.data.column import Column
    from pystata_hlm.data.dataset import Dataset

    return Dataset(
        {name: Column(a, TYPES.get(a.dtype.name) or f"str{a.dtype.itemsize}") for name, a in arrays.items()}
    )


def session(arrays: Arrays) -> Any:
    from pystata_hlm.runtime.executor import Executor
    from pystata_hlm.runtime.workspace import Workspace

    made = Executor(Workspace(), lambda item: None)
    made.workspace.data = dataset(arrays)
    return made


def ours(arrays: Arrays, folder: Path, *lines: str) -> Callable[[], Any]:
    made = session(arrays)
    before = made.workspace.data.copy()

    def run() -> Any:
        for line in lines:
            made.execute(line.format(folder=folder))
        done, made.workspace.data = made.workspace.data, before.copy()
        return done  # freed by the caller, like a peer's result

    return run


# ---------------------------------------------------------------- peers


def frame(arrays: Arrays) -> Any:
    import pandas as pd

    return pd.DataFrame(
        {name: a.astype(str) if a.dtype.kind == "S" else a for name, a in arrays.items()}, copy=False
    )


def polar(arrays: Arrays) -> Any:
    import polars as pl

    return pl.DataFrame({name: a.astype(str) if a.dtype.kind == "S" else a for name, a in arrays.items()})


def pandas_generate(arrays: Arrays, folder: Path) -> Callable[[], Any]:
    d = frame(arrays)
    return lambda: d.assign(z=(d.x + 2 * d.y.astype("float64")) / 3)


def numpy_generate(arrays: Arrays, folder: Path) -> Callable[[], Any]:
    x, y = arrays["x"], arrays["y"]
    return lambda: (x + 2 * y.astype(np.float64)) / 3


def pandas_replace(arrays: Arrays, folder: Path) -> Callable[[], Any]:
    d = frame(arrays)
    return lambda: d.assign(x=d.x.mask(d.y > 0.5, d.x * 2))


def numpy_replace(arrays: Arrays, folder: Path) -> Callable[[], Any]:
    x, y = arrays["x"], arrays["y"]
    return lambda: np.where(y > 0.5, x * 2, x)


def pandas_egen(arrays: Arrays, folder: Path) -> Callable[[], Any]:
    d = frame(arrays)

    def run() -> Any:
        s = d.sort_values("g", kind="stable")
        return s.assign(m=s.groupby("g")["x"].transform("mean"))

    return run


def polars_egen(arrays: Arrays, folder: Path) -> Callable[[], Any]:
    import polars as pl

    d = polar(arrays)
    return lambda: d.sort("g", maintain_order=True).with_columns(m=pl.col("x").mean().over("g"))


def pandas_collapse(arrays: Arrays, folder: Path) -> Callable[[], Any]:
    d = frame(arrays)
    return lambda: d.groupby("g").agg(x=("x", "mean"), y=("y", "sum"), n=("k", "count"), top=("k", "max"))


def polars_collapse(arrays: Arrays, folder: Path) -> Callable[[], Any]:
    import polars as pl

    d = polar(arrays)
    return lambda: (
        d.group_by("g")
        .agg(
            pl.col("x").mean(),
            pl.col("y").cast(pl.Float64).sum(),
            pl.col("k").count().alias("n"),
            pl.col("k").max().alias("top"),
        )
        .sort("g")
    )


def pandas_merge(arrays: Arrays, folder: Path) -> Callable[[], Any]:
    import pandas as pd

    d, u = frame(arrays), frame(lookup(arrays))
    return lambda: pd.merge(d, u, on="g", how="outer", indicator=True)


def polars_merge(arrays: Arrays, folder: Path) -> Callable[[], Any]:
    """Both sides sorted by the key, as Stata leaves them."""
    d, u = polar(arrays), polar(lookup(arrays))
    return lambda: d.join(u, on="g", how="full", coalesce=True).sort("g", maintain_order=True)


def pandas_long(arrays: Arrays, folder: Path) -> Callable[[], Any]:
    import pandas as pd

    d = frame(arrays)

    def run() -> Any:
        m = d.melt(id_vars=["id", "z"], var_name="j", value_name="x")
        return m.assign(j=m.j.str[1:].astype("int8")).sort_values(["id", "j"])

    def stacked() -> Any:
        names = [f"x{j}" for j in range(1, 11)]
        n = len(d)
        return pd.DataFrame(
            {
                "id": np.repeat(d["id"].to_numpy(), 10),
                "j": np.tile(np.arange(1, 11, dtype=np.int8), n),
                "x": d[names].to_numpy().reshape(-1),
                "z": np.repeat(d["z"].to_numpy(), 10),
            },
            copy=False,
        )

    assert len(run()) == len(stacked()) if len(d) <= 10_000 else True
    return stacked


def polars_long(arrays: Arrays, folder: Path) -> Callable[[], Any]:
    import polars as pl

    d = polar(arrays)
    return lambda: (
        d.unpivot(index=["id", "z"], variable_name="j", value_name="x")
        .with_columns(pl.col("j").str.slice(1).cast(pl.Int8))
        .sort(["id", "j"])
    )


def pandas_sort(*names: str) -> Callable[[Arrays, Path], Callable[[], Any]]:
    def make(arrays: Arrays, folder: Path) -> Callable[[], Any]:
        d = frame(arrays)
        return lambda: d.sort_values(list(names), kind="stable")

    return make


def polars_sort(*names: str) -> Callable[[Arrays, Path], Callable[[], Any]]:
    def make(arrays: Arrays, folder: Path) -> Callable[[], Any]:
        d = polar(arrays)
        return lambda: d.sort(list(names), maintain_order=True)

    return make


def pandas_save(arrays: Arrays, folder: Path) -> Callable[[], Any]:
    d = frame(arrays)
    return lambda: d.to_stata(folder / "theirs.dta", write_index=False, version=118)


def pandas_load(arrays: Arrays, folder: Path) -> Callable[[], Any]:
    import pandas as pd

    prepare(arrays, folder)
    return lambda: pd.read_stata(folder / "data.dta", convert_categoricals=False)


def pyreadstat_load(arrays: Arrays, folder: Path) -> Callable[[], Any]:
    import pyreadstat

    prepare(arrays, folder)
    return lambda: pyreadstat.read_dta(str(folder / "data.dta"))


def prepare(arrays: Arrays, folder: Path) -> None:
    """The files that an operation reads."""
    from pystata_hlm.data.io import write_dta

    write_dta(dataset(arrays), folder / "data.dta")
    if "g" in arrays:
        write_dta(dataset(lookup(arrays)), folder / "lookup.dta")


# ---------------------------------------------------------------- the table of operations

Peer = Callable[[Arrays, Path], Callable[[], Any]]

OPERATIONS: dict[str, tuple[Callable[[int], Arrays], tuple[str, ...], dict[str, Peer]]] = {
    "generate": (
        base,
        ("generate double z = (x + 2*y)/3",),
        {"pandas": pandas_generate, "numpy": numpy_generate},
    ),
    "replace if": (
        base,
        ("replace x = x*2 if y > 0.5",),
        {"pandas": pandas_replace, "numpy": numpy_replace},
    ),
    "bysort egen mean": (
        base,
        ("bysort g: egen double m = mean(x)",),
        {"pandas": pandas_egen, "polars": polars_egen},
    ),
    "collapse": (
        base,
        ("collapse (mean) x (sum) y (count) n=k (max) top=k, by(g)",),
        {"pandas": pandas_collapse, "polars": polars_collapse},
    ),
    "merge m:1": (
        base,
        ('merge m:1 g using "{folder}/lookup.dta"',),
        {"pandas": pandas_merge, "polars": polars_merge},
    ),
    "reshape long": (
        wide,
        ("reshape long x, i(id) j(j)",),
        {"pandas stacked": pandas_long, "polars": polars_long},
    ),
    "sort long": (base, ("sort id",), {"pandas": pandas_sort("id"), "polars": polars_sort("id")}),
    "sort double": (base, ("sort x",), {"pandas": pandas_sort("x"), "polars": polars_sort("x")}),
    "sort two keys": (
        base,
        ("sort g x",),
        {"pandas": pandas_sort("g", "x"), "polars": polars_sort("g", "x")},
    ),
    "sort string": (
        with_strings,
        ("sort s",),
        {"pandas": pandas_sort("s"), "polars": polars_sort("s")},
    ),
    "save": (with_strings, ('save "{folder}/ours.dta", replace',), {"pandas": pandas_save}),
    "use": (
        with_strings,
        ('use "{folder}/data.dta", clear',),
        {"pandas": pandas_load, "pyreadstat": pyreadstat_load},
    ),
}


# ---------------------------------------------------------------- measuring, in a process of its own


def resident(field: str) -> int:
    """Bytes of VmRSS or VmHWM (Linux)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise LookupError(field)


def reset_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


def prepared(name: str, engine: str, n: int, folder: Path) -> Callable[[], Any]:
    """The operation, ready to run: parsers and modules are loaded, files written."""
    make, lines, peers = OPERATIONS[name]
    arrays, small = make(n), make(1000)
    if engine == "ours":
        prepare(small, folder)
        ours(small, folder, *lines)()
        prepare(arrays, folder)
        return ours(arrays, folder, *lines)
    peers[engine](small, folder)()
    return peers[engine](arrays, folder)


def extra_memory(name: str, engine: str, n: int) -> dict[str, int]:
    """Bytes that one run took at its peak, and the size of the data."""
    with tempfile.TemporaryDirectory() as text:
        run = prepared(name, engine, n, Path(text))
        before = resident("VmRSS")
        reset_peak()
        done = run()
        extra = resident("VmHWM") - before
    size = sum(a.nbytes for a in OPERATIONS[name][0](n).values())
    if engine == "ours":
        size = max(size, done.memory())
    return {"extra": extra, "size": size}


def apart(*words: str) -> dict[str, float]:
    """A measurement in a process of its own."""
    done = subprocess.run([sys.executable, __file__, *words], capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr)
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def set_obs(n: int) -> dict[str, Any]:
    """``set obs`` and a byte variable in an empty session."""
    made = session({})
    made.execute("set obs 10")
    made.execute("generate byte b = 1")
    made.execute("clear")
    before = resident("VmRSS")
    reset_peak()
    start = time.perf_counter()
    made.execute(f"set obs {n}")
    made.execute("generate byte b = 1")
    seconds = time.perf_counter() - start
    return {
        "seconds": seconds,
        "extra": resident("VmHWM") - before,
        "kept": resident("VmRSS") - before,
        "size": n,
    }


# ---------------------------------------------------------------- tests


FOUND: dict[str, dict[str, dict[str, float]]] = {}

PAIRS = [(name, engine) for name in OPERATIONS for engine in ("ours", *OPERATIONS[name][2])]


@pytest.mark.parametrize(("name", "engine"), PAIRS)
def test_operation(name: str, engine: str, benchmark: Any, tmp_path: Path) -> None:
    benchmark.group = name
    run = prepared(name, engine, ROWS, tmp_path)
    times: list[float] = []

    def timed() -> Any:
        start = time.perf_counter()
        kept = run()
        times.append(time.perf_counter() - start)
        return kept

    benchmark.pedantic(timed, rounds=ROUNDS)
    found = {"seconds": min(times), **apart(name, engine, str(ROWS))}
    benchmark.extra_info.update(found)
    FOUND.setdefault(name, {})[engine] = found


def test_ratios() -> None:
    """The table of what was measured."""
    print(f"\n{ROWS:,} rows")
    for name, found in FOUND.items():
        if "ours" not in found or len(found) < 2:
            continue
        mine = found["ours"]
        best = min((engine for engine in found if engine != "ours"), key=lambda e: found[e]["seconds"])
        others = ", ".join(
            f"{e} {found[e]['seconds']:.3f} s, {found[e]['extra'] / 1e6:.0f} MB" for e in found if e != "ours"
        )
        print(
            f"{name:18}{mine['seconds']:7.3f} s = {mine['seconds'] / found[best]['seconds']:.2f} x {best:15} "
            f"{mine['extra'] / 1e6:5.0f} MB = {mine['extra'] / mine['size']:.2f} x data   ({others})"
        )


def test_set_obs(benchmark: Any) -> None:
    n = 50_000_000
    found = apart("set obs", str(n))
    benchmark.extra_info.update(found)
    benchmark.pedantic(lambda: set_obs(n), rounds=1)
    print(
        f"\nset obs {n:,} and a byte variable: {found['seconds']:.3f} s, peak {found['extra'] / 1e6:.0f} MB, "
        f"kept {found['kept'] / 1e6:.0f} MB"
    )


if __name__ == "__main__":
    if sys.argv[1] == "set obs":
        print(json.dumps(set_obs(int(sys.argv[2]))))
    else:
        print(json.dumps(extra_memory(sys.argv[1], sys.argv[2], int(sys.argv[3]))))
