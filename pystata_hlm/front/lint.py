"""``pystata-hlm lint FILE... [--json OUT] [--all]``: will these do-files run here?

Nothing is run. Exit status: 0; 1 when a file could not be read or the report not be written.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pystata-hlm lint",
        description="Read do-files without running them: what parses, and what of it is implemented.",
    )
    parser.add_argument("files", nargs="+", metavar="FILE", type=Path, help="a do-file, or a folder of them")
    parser.add_argument("--json", metavar="OUT", type=Path, help="write the findings as JSON (docs/lint.md)")
    parser.add_argument("--all", action="store_true", help="list everything, not only the commonest")
    return parser


def main(argv: list[str] | None = None) -> int:
    from pystata_hlm.lint.files import read_all
    from pystata_hlm.lint.report import Report, as_json, as_text

    options = build_parser().parse_args(argv)
    report = Report()
    failed = False
    for found in read_all(options.files):
        if isinstance(found, OSError):
            print(f"{found.filename}: {found.strerror}", file=sys.stderr)
            failed = True
        else:
            report.add(found)
    sys.stdout.write(as_text(report, options.all))
    if options.json is not None:
        part = options.json.with_name(options.json.name + ".part")
        try:
            part.write_text(
                json.dumps(as_json(report), ensure_ascii=False, indent=1) + "\n", encoding="utf-8"
            )
            os.replace(part, options.json)
        except OSError as error:
            print(f"{error.filename}: {error.strerror}", file=sys.stderr)
            return 1
    return 1 if failed else 0
