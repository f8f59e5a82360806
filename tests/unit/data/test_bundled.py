"""The packaged hsb dataset: contents, labels, provenance, figures of the course notes."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pystata_hlm.data.bundled import dataset_names, dataset_path
from pystata_hlm.data.io import read_dta

ROOT = Path(__file__).resolve().parents[3]
CSV = ROOT.parent / "shared" / "data" / "hsb.csv"


@pytest.fixture(scope="module")
def hsb():
    return read_dta(dataset_path("hsb"))


def test_names():
    assert "hsb" in dataset_names()
    assert dataset_path("hsb.dta") == dataset_path("hsb")
    assert dataset_path("../hsb") is None
    assert dataset_path("nosuch") is None


def test_contents(hsb):
    assert (hsb.n, hsb.sortedby) == (7185, ("id",))
    types = {name: column.stype for name, column in hsb.columns.items()}
    assert types == {
        "id": "int", "minority": "byte", "female": "byte", "ses": "float", "mathach": "float", "size": "int",
        "sector": "byte", "pracad": "float", "disclim": "float", "himinty": "byte", "meanses": "float",
    }  # fmt: skip
    assert all(column.label for column in hsb.columns.values())
    assert hsb.value_label_of("female").items() == [(0, "male"), (1, "female")]
    assert hsb.value_label_of("sector").items() == [(0, "public"), (1, "catholic")]
    assert hsb.label
    assert "National Center for Education Statistics" in hsb.notes()[1]
    assert "nlme" in hsb.notes()[2]


def g(x, digits):
    return f"{x:.{digits}g}"


def test_summaries_of_the_notes(hsb):
    """hlm-diagnostics-notes: sum mathach; sum size and meanses over schools; 160 schools of 14 to 67."""
    y = hsb.values("mathach")
    assert (g(y.mean(), 7), g(y.std(ddof=1), 7), g(y.min(), 4), g(y.max(), 5)) == (
        "12.74785",
        "6.878246",
        "-2.832",
        "24.993",
    )
    schools = hsb.groups(["id"])
    assert (len(schools), schools.sizes.min(), schools.sizes.max()) == (160, 14, 67)
    size, meanses = hsb.values("size")[schools.first_rows], hsb.values("meanses")[schools.first_rows]
    assert (g(size.mean(), 7), g(size.std(ddof=1), 7)) == ("1097.825", "629.5064")
    assert (g(meanses.mean(), 4), g(meanses.std(ddof=1), 7)) == ("-0.0001875", "0.4139731")


def test_float_storage_gives_the_notes_nine_digits(hsb):
    """Notes: reg mathach ses female meanses sector size -> SS 61205.6611, 278671.273, 339876.934.

    Double storage of ses, mathach and meanses would print 61205.6609, 278671.274, 339876.935.
    """
    y = hsb.values("mathach")
    x = np.column_stack(
        [np.ones(hsb.n), *(hsb.values(v) for v in ("ses", "female", "meanses", "sector", "size"))]
    )
    residuals = y - x @ np.linalg.lstsq(x, y)[0]
    total, rest = ((y - y.mean()) ** 2).sum(), residuals @ residuals
    assert (g(total - rest, 9), g(rest, 9), g(total, 9)) == ("61205.6611", "278671.273", "339876.934")


@pytest.mark.skipif(not CSV.is_file(), reason="shared data absent")
def test_the_script_rebuilds_the_file(tmp_path):
    target = tmp_path / "hsb.dta"
    subprocess.run(
        [sys.executable, ROOT / "tools" / "make_hsb.py", CSV, target], check=True, capture_output=True
    )
    assert target.read_bytes() == dataset_path("hsb").read_bytes()
