"""estimates save, use, describe, title, notes, esample, for: the behaviour described in [R] estimates save ... for."""

import pickle
from pathlib import Path

import pytest
from support import Session, fails

from pystata_hlm.commands import _estimates_file


def fitted(tmp_path: Path) -> Session:
    s = Session(cwd=tmp_path)
    s.run(
        "sysuse hsb\nregress mathach ses\nestimates store ols\nmixed mathach ses || id:\nestimates store mix"
    )
    return s


def test_saved_results_come_back_without_a_sample(tmp_path: Path):
    s = fitted(tmp_path)
    table = s.run("mixed")
    b = s.e["b"].tolist()
    assert s.run("estimates save m, replace").endswith("file m.ster saved\n")
    s.run("regress mathach ses\nestimates save m, append\nereturn clear\nestimates use m")
    assert s.rc == 0
    assert s.e["b"].tolist() == b
    assert s.run("mixed") == table
    s.run("count if e(sample)")
    assert s.r["N"] == 0
    s.run("estimates esample")
    assert s.r["who"] == "zero'd"
    s.run("predict r, reffects\nestimates use m, number(2)")
    assert s.rc == 0
    assert s.e["cmd"] == "regress"
    assert "Source" in s.run("regress")
    s.run("estimates describe using m, number(2)")
    assert (s.r["cmdline"], s.r["nestresults"]) == ("regress mathach ses", 2)


def test_sample_set_by_the_user(tmp_path: Path):
    s = fitted(tmp_path)
    s.run("estimates save m\nestimates use m\nestimates esample: mathach ses if female")
    s.run("count if e(sample)")
    assert s.r["N"] == 3795
    s.run("estimates esample")
    assert s.r["who"] == "user"
    s.run("estimates esample: ses in 1/10, replace\ncount if e(sample)")
    assert s.r["N"] == 10
    fails("estimates esample: ses", 322, session=s)


def test_title_and_notes(tmp_path: Path):
    s = fitted(tmp_path)
    s.run("estimates title: A, with comma\nestimates notes: one\nest note: two, three\nest notes: four")
    assert s.run("estimates notes") == "  1.  one\n  2.  two, three\n  3.  four\n"
    s.run("estimates notes drop in 2/3\nestimates save m\nestimates use m")
    assert s.run("est notes list in 1") == "  1.  one\n"
    assert s.run("estimates title") == "  A, with comma\n"
    assert "A, with comma" in s.run("estimates dir")


def test_for_each_model(tmp_path: Path):
    s = fitted(tmp_path)
    out = s.run("estimates for ols mix: test ses")
    assert out.count("Model ") == 2
    assert "F(  1,  7183) = 1074.69" in out
    assert "chi2(  1) =  511.98" in out
    assert s.e["cmd"] == "mixed"
    assert "Model" not in s.run("estimates for *, noheader: test ses")
    fails("estimates for ols mix: test nosuch", 111, session=s)
    assert s.e["cmd"] == "mixed"
    assert s.run("estimates for ols mix, noheader nostop: test nosuch") == "nosuch not found\n" * 2


@pytest.mark.parametrize(
    ("line", "rc", "message"),
    [
        ("estimates use nosuch", 601, "file nosuch.ster not found"),
        ("estimates use other", 610, "file other.ster not pystata_hlm format"),
        ("estimates save", 198, "invalid file specification"),
        ("estimates save other", 602, "file other.ster already exists"),
        ("estimates foo", 198, "invalid subcommand foo"),
        ("estimates for ols", 198, "invalid syntax"),
        ("estimates describe nosuch", 111, "estimation result nosuch not found"),
    ],
)
def test_errors(line: str, rc: int, message: str, tmp_path: Path):
    (tmp_path / "other.ster").write_bytes(b"not one of ours")
    fails(line, rc, message, session=fitted(tmp_path))


def test_reading_runs_nothing(tmp_path: Path):
    """A file that asks for a function to be called is refused."""

    class Evil:
        def __reduce__(self) -> tuple[object, tuple[str, ...]]:
            return (print, ("called",))

    path = tmp_path / "evil.ster"
    path.write_bytes(_estimates_file.MAGIC + pickle.dumps([Evil()]))
    fails("estimates use evil", 610, "file evil.ster not pystata_hlm format", session=Session(cwd=tmp_path))
