"""Build pystata_hlm/datasets/hsb.dta from the comma-separated extract.

    python tools/make_hsb.py path/to/hsb.csv [output.dta]

The csv has a header line and the columns of VARIABLES. ses, mathach, pracad, disclim and meanses are stored
as float: only then does a regression of mathach give the sums of squares to nine digits that Stata prints
for these data (61205.6611, 278671.273, 339876.934; with double they end in ...6609, ...274, ...935).
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

from pystata_hlm.data.column import Column
from pystata_hlm.data.dataset import Dataset
from pystata_hlm.data.io import write_dta
from pystata_hlm.data.labels import ValueLabel

#: name, storage type, variable label, value label
VARIABLES = (
    ("id", "int", "School identifier", ""),
    ("minority", "byte", "Member of a racial or ethnic minority (1 = yes)", ""),
    ("female", "byte", "Student's sex", "female"),
    ("ses", "float", "Socioeconomic status of the student's family", ""),
    ("mathach", "float", "Mathematics achievement score", ""),
    ("size", "int", "Students enrolled in the school", ""),
    ("sector", "byte", "School sector", "sector"),
    ("pracad", "float", "Share of the school's students in the academic track", ""),
    ("disclim", "float", "Disciplinary climate of the school", ""),
    ("himinty", "byte", "School with more than 40% minority students (1 = yes)", ""),
    ("meanses", "float", "Mean of ses over the school's students", ""),
)
VALUE_LABELS = {
    "female": ValueLabel({0: "male", 1: "female"}),
    "sector": ValueLabel({0: "public", 1: "catholic"}),
}
SOURCE = (
    "High School and Beyond survey, 1982, National Center for Education Statistics, U.S. Department of "
    "Education (public-use data)"
)
EXTRACT = (
    "Extract of 7,185 students in 160 schools as distributed in the data sets MathAchieve and MathAchSchool "
    "of R's nlme package; merged on school, numeric codes as in the printed analyses"
)


def build(source: Path) -> Dataset:
    """Labelled dataset, sorted by school, rows of a school in file order."""
    with source.open(newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    columns = {
        name: Column.numeric(
            np.array([float(row[name]) for row in rows]), stype=stype, label=label, value_label=value_label
        )
        for name, stype, label, value_label in VARIABLES
    }
    data = Dataset(columns)
    data.label = "High School and Beyond, 1982: 7,185 students in 160 schools"
    data.value_labels = dict(VALUE_LABELS)
    data.set_char("_dta", "source", SOURCE)
    data.add_note(f"Source: {SOURCE}.")
    data.add_note(f"{EXTRACT}.")
    data.sort(["id"])
    return data


def main(arguments: list[str]) -> int:
    if not arguments:
        print(__doc__)
        return 1
    here = Path(__file__).resolve().parents[1]
    target = Path(arguments[1]) if len(arguments) > 1 else here / "pystata_hlm" / "datasets" / "hsb.dta"
    write_dta(build(Path(arguments[0])), target, timestamp="22 Nov 2026 12:00")
    print(f"file {target} saved")
    return 0


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
