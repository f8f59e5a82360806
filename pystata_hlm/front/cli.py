"""The command line.

    pystata-hlm                          a prompt
    pystata-hlm do FILE.do [args]        run a do-file, log to standard output
    pystata-hlm -b do FILE.do [args]     run it, log to FILE.log in the current folder
    options: --graphs DIR  --json FILE  --release 14..18  --version

Exit status: 0, or 1 when the do-file stopped with an error (its ``r(#);`` is the last line printed).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TextIO

from pystata_hlm.errors import StataError
from pystata_hlm.front.record import Recorder
from pystata_hlm.output.items import Graph, OutputItem
from pystata_hlm.output.text import render
from pystata_hlm.runtime.executor import ExitDoFile, Executor
from pystata_hlm.runtime.settings import RELEASES
from pystata_hlm.runtime.workspace import Workspace


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pystata-hlm",
        description="Run Stata do-files without Stata. Not affiliated with StataCorp LLC.",
    )
    parser.add_argument("-b", "--batch", action="store_true", help="write the log to FILE.log instead of the screen")
    parser.add_argument("--graphs", metavar="DIR", type=Path, help="save every graph drawn as a PNG in DIR")
    parser.add_argument("--json", metavar="FILE", type=Path, help="write return code, error and stored results")
    parser.add_argument(
        "--release", type=int, choices=RELEASES, default=None, help="Stata release whose wording to print (default 18)"
    )
    parser.add_argument("--version", action="store_true", help="print the version and leave")
    parser.add_argument("verb", nargs="?", choices=["do", "run"], help="do FILE, or run FILE for no output")
    parser.add_argument("file", nargs="?", help="the do-file")
    parser.add_argument("args", nargs="*", help="arguments for the do-file, its macros `1', `2' ...")
    return parser


class Screen:
    """The sink of the command line: text to a stream, graphs to a folder."""

    def __init__(self, stream: TextIO, workspace: Workspace, graphs: Path | None) -> None:
        self.stream = stream
        self.workspace = workspace
        self.graphs = graphs
        self.drawn = 0
        self.command = ""

    def __call__(self, item: OutputItem) -> None:
        if isinstance(item, Graph):
            self.save(item)
            return
        self.stream.write(render(item, self.workspace.settings))
        self.stream.flush()

    def save(self, graph: Graph) -> None:
        """``DIR/03_lowess.png``: number in drawing order and the kind of graph."""
        if self.graphs is None:
            return
        from pystata_hlm.graph.compile import export

        self.drawn += 1
        kind = getattr(graph.spec, "kind", "") or "graph"
        self.graphs.mkdir(parents=True, exist_ok=True)
        export(graph.spec, self.graphs / f"{self.drawn:02d}_{kind}.png")


def run_file(path: str, args: list[str], executor: Executor, verb: str = "do") -> int:
    """Run a do-file; prints what Stata prints at an error. Returns the return code."""
    quoted = " ".join([f'"{path}"', *(f'"{a}"' if " " in a else a for a in args)])
    try:
        executor.execute(f"{verb} {quoted}")
    except StataError as error:
        executor.report_error(error)
        return error.rc
    except ExitDoFile as leave:
        return leave.rc
    return 0


def make(stream: TextIO, graphs: Path | None, release: int | None) -> tuple[Executor, Screen]:
    workspace = Workspace()
    if release is not None:
        workspace.settings.release = release
    screen = Screen(stream, workspace, graphs)
    return Executor(workspace, screen), screen


def main(argv: list[str] | None = None) -> int:
    parser = build_parser()
    options = parser.parse_intermixed_args(argv)
    if options.version:
        from importlib.metadata import version

        print(f"pystata-hlm {version('pystata-hlm')}")
        return 0
    if options.verb and not options.file:
        parser.error(f"{options.verb}: which do-file?")
    if options.verb is None:
        from pystata_hlm.front.prompt import prompt

        executor, _ = make(sys.stdout, options.graphs, options.release)
        return prompt(executor)
    return _run(options)


def _run(options: argparse.Namespace) -> int:
    if options.batch:
        log = Path(Path(options.file).stem + ".log")
        part = log.with_name(log.name + ".part")
        with part.open("w", encoding="utf-8") as stream:
            rc = _with_stream(stream, options)
        os.replace(part, log)
        if rc:
            print(f"r({rc});")
        return 1 if rc else 0
    return 1 if _with_stream(_utf8(sys.stdout), options) else 0


def _utf8(stream: TextIO) -> TextIO:
    """Windows consoles may not take every character of a log."""
    reconfigure: Callable[..., None] | None = getattr(stream, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(encoding="utf-8", errors="replace")
    return stream


def _with_stream(stream: TextIO, options: argparse.Namespace) -> int:
    executor, _ = make(stream, options.graphs, options.release)
    recorder = Recorder(executor) if options.json else None
    rc = run_file(options.file, options.args, executor, options.verb)
    if recorder is not None:
        recorder.write(options.json, rc)
    return rc


if __name__ == "__main__":
    sys.exit(main())
