"""Who imports whom, and what loads at start-up."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support import ROOT

PACKAGE = ROOT / "pystata_hlm"

# layer -> layers it may import, besides itself, errors and formats
ALLOWED = {
    "errors": set(),
    "formats": set(),
    "lang": set(),
    "data": set(),
    "numeric": set(),
    "output": set(),
    "graph": set(),
    "expr": {"lang", "data", "numeric"},
    "design": {"lang", "data", "expr", "numeric"},
    "runtime": {"expr", "design", "data", "lang", "numeric", "output"},
    "commands": {"runtime", "expr", "design", "data", "lang", "numeric", "output", "graph"},
    "lint": {"commands", "runtime", "expr", "design", "data", "lang", "output", "graph"},
    "front": {"runtime", "output", "graph", "lang", "lint"},
    "__main__": {"front"},
    "__init__": set(),
}

HEAVY = ("pandas", "statsmodels", "matplotlib", "pyreadstat", "scipy.stats", "scipy.optimize")


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def imports(path: Path) -> Iterator[tuple[str, bool, int]]:
    """(module, whether at module level, line) for each import statement."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = path.relative_to(ROOT).parts[: -node.level] if node.level else ()
            origin = ".".join([*package, *([node.module] if node.module else [])])
            names = [f"{origin}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            yield name, id(node) in top, node.lineno


def layer(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_arrows(path: Path) -> None:
    own = layer(path)
    for name, _, line in imports(path):
        head, _, rest = name.partition(".")
        if head != "pystata_hlm" or not rest:
            continue
        target = rest.partition(".")[0]
        allowed = ALLOWED[own] | {own, "errors", "formats"}
        if own == "errors":
            allowed -= {"formats"}
        assert target in allowed, f"{path.name}:{line}: {own} may not import {target}"


def test_every_layer_is_known() -> None:
    assert {layer(path) for path in modules()} <= ALLOWED.keys()


def test_numeric_sees_numpy_and_scipy_only() -> None:
    allowed = {"numpy", "scipy", "pystata_hlm", *sys.stdlib_module_names}
    for path in (PACKAGE / "numeric").rglob("*.py"):
        for name, _, line in imports(path):
            assert name.partition(".")[0] in allowed, f"{path.name}:{line}: {name}"


def test_only_compile_imports_matplotlib() -> None:
    users = {
        p.name
        for p in modules()
        for name, _, _ in imports(p)
        if name.startswith(("matplotlib", "mpl_toolkits"))
    }
    assert users == {"compile.py"}


@pytest.mark.parametrize("path", modules(), ids=lambda p: str(p.relative_to(PACKAGE)))
def test_heavy_libraries_are_imported_inside_functions(path: Path) -> None:
    for name, top, line in imports(path):
        assert not (top and name.startswith(HEAVY)), f"{path.name}:{line}: {name} at module level"


def test_start_up_loads_no_heavy_library(tmp_path: Path) -> None:
    """An empty do-file: none of the heavy libraries in sys.modules."""
    (tmp_path / "empty.do").write_text("")
    code = (
        "import sys; from pystata_hlm.front.cli import main; status = main(['do', 'empty.do']);"
        f"print([m for m in {HEAVY!r} if m in sys.modules], status)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[] 0"
