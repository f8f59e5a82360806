"""parquet: the fits from partitions equal those of the same rows in memory."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.support import Session

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """900 rows in three files of several row groups; groups span them; level 4 of ``kind`` occurs in one row group."""
    rng = np.random.default_rng(11)
    n = 900
    school, room = rng.integers(0, 30, n), rng.integers(0, 3, n)
    x, kind, sex = rng.normal(size=n), rng.integers(0, 3, n), rng.integers(0, 2, n)
    kind[750:760] = 4
    y = 2 + x + kind + rng.normal(size=30)[school] + 0.4 * rng.normal(size=30)[school] * x
    y = y + rng.normal(size=(30, 3))[school, room]
    y = y + rng.normal(size=n) * (1 + sex)
    y[5] = x[17] = np.nan
    table = pa.table(
        {
            "y": y, "x": x, "twice": 2 * x, "kind": kind, "sex": sex, "school": school * 10,
            "name": [f"s{k:02d}" for k in school], "room": room.astype(np.int8), "flag": sex == 1,
        }
    )  # fmt: skip
    path = tmp_path_factory.mktemp("parquet")
    for k in range(3):
        pq.write_table(table.slice(300 * k, 300), path / f"part{k}.parquet", row_group_size=80)
    lines = ["clear", "set obs 900"]
    both = Session(cwd=path)
    both.run("\n".join(lines))
    data = both.data
    from pystata_hlm.data import parquet

    whole = parquet.stack([parquet.read(p, table.column_names) for p in parquet.pieces(path, "x")])
    for name in whole.names:
        data.add(name, whole.column(name))
    both.run("save whole")
    assert both.rc == 0
    return path


MODELS = [
    "mixed y x i.kind || school: x, cov(un)",
    "mixed y c.x##i.kind || school: || room:, reml",
    "mixed y x || name: x",
    "mixed y x if kind < 3 & sex == 1 || school:",
    "mixed y x || school:, residuals(independent, by(sex))",
    "mixed y twice x i.kind || school: x, cov(exchangeable) reml",
    "mixed y x, noconstant || _all: || school:",
    "mixed y x i.flag || school: i.sex",
]


@pytest.mark.parametrize("model", MODELS)
def test_fit_equals_the_one_in_memory(folder: Path, model: str) -> None:
    s = Session(cwd=folder)
    s.run(f"use whole\n{model} nolog" if "," in model.split("||")[-1] else f"use whole\n{model}, nolog")
    assert s.rc == 0, s.text()
    expected = {k: s.e[k] for k in ("N", "ll", "chi2", "ll_c", "rank")}
    b, v, names = s.e["b"], s.e["V"], s.workspace.e.matrices["b"].cols
    groups = [s.e[k] for k in ("N_g", "g_min", "g_max")]
    log = s.run(f"parquet using {folder}: {model}")
    assert s.rc == 0, log
    assert {k: s.e[k] for k in expected} == pytest.approx(expected, rel=1e-8)
    assert s.workspace.e.matrices["b"].cols == names
    np.testing.assert_allclose(s.e["b"], b, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(s.e["V"], v, rtol=1e-5, atol=1e-9)
    for mine, theirs in zip((s.e[k] for k in ("N_g", "g_min", "g_max")), groups, strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert s.data.n == 900 and "twice" in s.data


def test_collinear_columns_are_named(folder: Path) -> None:
    s = Session(cwd=folder)
    log = s.run(f'parquet using "{folder}": mixed y x twice || school:')
    assert "note: twice omitted because of collinearity." in log


def test_partition_folders_are_variables(tmp_path: Path) -> None:
    """Hive folders: year=2001/..."""
    rng = np.random.default_rng(2)
    for year in (2001, 2002):
        (tmp_path / f"year={year}").mkdir()
        table = pa.table({"y": rng.normal(size=50) + year - 2001, "id": rng.integers(0, 5, 50)})
        pq.write_table(table, tmp_path / f"year={year}" / "a.parquet")
    s = Session(cwd=tmp_path)
    s.run("parquet using .: mixed y i.year || id:")
    assert s.rc == 0 and s.e["N"] == 100
    assert s.workspace.e.matrices["b"].cols[1] == "y:2002.year"


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        ("parquet using nosuch: mixed y x || school:", 601, "file nosuch not found"),
        ("parquet using .", 198, "parquet requires a command after a colon"),
        ("parquet: mixed y x || school:", 100, "using required"),
        ("parquet using .: regress y x", 198, "parquet: only mixed is supported"),
        ("parquet using .: mixed y nosuch || school:", 111, "variable nosuch not found"),
        ("parquet using .: mixed y x [fw=sex] || school:", 101, "weights not allowed with parquet"),
        ("parquet using .: mixed y x || school:, vce(robust)", 198, "option vce not allowed with parquet"),
        ("parquet using .: mixed y x || _all: R.school", 198, "R.varname not allowed with parquet"),
        ("parquet using .: mixed y x if x > 100 || school:", 2000, "no observations"),
        ("parquet using whole.dta: mixed y x || school:", 610, None),
    ],
)
def test_errors_leave_the_data(folder: Path, line: str, rc: int, message: str | None) -> None:
    s = Session(cwd=folder)
    s.run("sysuse hsb, clear")
    log = s.run(line)
    assert s.rc == rc, log
    assert message is None or message in log
    assert s.data.n == 7185 and s.workspace.partitions == ()


def test_predictions_need_the_rows(folder: Path) -> None:
    s = Session(cwd=folder)
    s.run("use whole\nparquet using .: mixed y x || school:\npredict xb")
    assert s.rc == 0
    assert "not allowed: the model was fitted to Parquet data" in s.run("predict u, reffects")
