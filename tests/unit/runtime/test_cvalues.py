"""c() values that [P] creturn documents: limits and constants with their documented values, the rest by kind."""

from __future__ import annotations

import math

import pytest
from support import Session

from pystata_hlm.runtime.cvalues import c_names

CONSTANTS = {
    "pi": math.pi,
    "maxbyte": 100,
    "minbyte": -127,
    "maxint": 32740,
    "minint": -32767,
    "maxlong": 2147483620,
    "minlong": -2147483647,
    "epsfloat": 2.0**-23,
    "epsdouble": 2.0**-52,
    "smallestdouble": 2.0**-1022,
    "maxstrvarlen": 2045,
    "namelenchar": 32,
    "namelenbyte": 128,
    "max_it_cvars": 64,
    "max_it_fvars": 8,
}


@pytest.mark.parametrize("name", CONSTANTS)
def test_constants(name: str) -> None:
    s = Session()
    s.run(f"scalar x = c({name})")
    assert s.workspace.scalars["x"] == CONSTANTS[name]


def test_every_value_can_be_asked_for() -> None:
    s = Session()
    s.run("\n".join(f'local x_{k} "`c({name})\'"\ndisplay c({name})' for k, name in enumerate(c_names())))
    assert s.rc == 0, s.last_error


def test_settings_and_data_show() -> None:
    s = Session()
    out = s.run(
        "set obs 3\ngen byte x = 1\nset level 90\nset linesize 100\nset varabbrev off\nset seed 5\n"
        "di c(N) c(k) c(width) c(changed)\ndi c(level) \" `c(varabbrev)' `c(linesize)' `c(obs_t)'\""
    )
    assert out.splitlines()[-2:] == ["3111", "90 off 100 byte"]
    assert s.run('di word(c(Months), 2) " `c(alpha)\'"').startswith("February a b c")
    assert s.run("local d `c(sysdir_plus)'\ndi substr(\"`d'\", -1, 1)") == "/\n"
