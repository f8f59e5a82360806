"""Data commands against the real Stata logs of ../shared/cases, to the character."""

from __future__ import annotations

import pytest

from tests.support import case as load_case
from tests.support import compare_case, cut, needs_shared, run_case

DATA_COMMANDS = (
    r"^(by(sort)?\b.*:\s*)?(des\w*|list|gen\w*|replace|drop|keep|g?sort|order|rename|lab\w*|recode|reshape|encode|"
    r"decode|tostring|destring|clear|set obs|preserve|restore|capture (list|drop))\b"
)

CASES = [
    "describe_variants_auto",
    "gsort_destring_auto",
    "lang_capture_rc_errors",
    "reshape_bplong",
    "rng_seed6_rnormal_list",
    "rng_seed3846_rbinomial",
    "rng_seed3846_runiform",
    "summarize_if_list_auto",
    "recode_tabsum_testparm_effort",
    "twoway_anova_regress_effort",
    "tabulate_rep78",
    "ologit_copen",
    "poisson_ceb_offset",
    "xtreg_nlswork_fe",
]


@needs_shared
@pytest.mark.parametrize("name", CASES)
def test_case(name: str) -> None:
    compare_case(name, only=DATA_COMMANDS)


@needs_shared
def test_describe_of_clients() -> None:
    """The log was made in the folder of the data; only the file's path differs."""
    found = load_case("oneway_pwcorr_clients")
    log, _ = run_case(found)
    ours = next(piece for piece in cut(log) if piece.key == "describe")
    theirs = next(piece for piece in cut(found.expected) if piece.key == "describe")
    assert ours.output[0] == "Contains data from ../../data/examples/clients.dta"
    assert ours.output[1:] == theirs.output[1:]
