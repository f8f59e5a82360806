"""What a byable program asks ([P] byable): is it run under ``by``, for which group, on which rows."""

from __future__ import annotations

from typing import Any

import numpy as np

from pystata_hlm.expr.functions.registry import function


def _asked(env: Any, name: str, default: float) -> Any:
    found = env.setting(name)
    return np.float64(default if found is None else found)


@function("_by", "", "1 if the program is run under by", missing="own", env=True, family="programming")
def by(env: Any) -> Any:
    return _asked(env, "_by", 0.0)


@function("_byindex", "", "number of the by-group", missing="own", env=True, family="programming")
def byindex(env: Any) -> Any:
    return _asked(env, "_byindex", 1.0)


@function("_bylastcall", "", "1 in the last by-group", missing="own", env=True, family="programming")
def bylastcall(env: Any) -> Any:
    return _asked(env, "_bylastcall", 1.0)


@function("_byn1", "", "first observation of the by-group", missing="own", env=True, family="programming")
def byn1(env: Any) -> Any:
    return _asked(env, "_byn1", 1.0)


@function("_byn2", "", "last observation of the by-group", missing="own", env=True, family="programming")
def byn2(env: Any) -> Any:
    return _asked(env, "_byn2", env.n)
