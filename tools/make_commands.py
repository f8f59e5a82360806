"""docs/commands.md from the command table.

python tools/make_commands.py
"""

from __future__ import annotations

from pathlib import Path

from pystata_hlm.runtime.registry import all_commands, known_unimplemented

PAGE = Path(__file__).resolve().parents[1] / "docs" / "commands.md"

HEAD = """# Commands

Made by `make docs` from the declarations in `pystata_hlm/commands`. The shortest abbreviation stands
in brackets. `help NAME` shows the options.

"""


def cell(text: str) -> str:
    return text.replace("|", "\\|")


def page() -> str:
    specs = {spec.name: spec for spec in all_commands().values()}
    rows = ["| command | what it does | syntax |", "|---|---|---|"]
    for name, spec in sorted(specs.items()):
        short = f" [`{name[: spec.min]}`]" if 0 < spec.min < len(name) else ""
        rows.append(f"| `{name}`{short} | {cell(spec.summary)} | `{cell(spec.syntax_line)}` |")
    lacking = ", ".join(
        f"`{name}`" for name in sorted(set(known_unimplemented().values()) - set(all_commands()))
    )
    return f"{HEAD}" + "\n".join(rows) + f"\n\nKnown but not yet supported: {lacking}.\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
