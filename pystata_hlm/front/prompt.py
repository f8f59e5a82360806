"""The plain prompt: history, blocks over several lines, errors shown and survived."""

from __future__ import annotations

import sys
from pathlib import Path

from pystata_hlm.lang.source import delimiter_after, is_complete, read_do
from pystata_hlm.runtime.executor import Executor, ExitDoFile

HISTORY = Path("~/.pystata_hlm_history")


def _history() -> None:
    """Line editing and history where the platform has them."""
    try:
        import atexit
        import readline
    except ImportError:  # Windows: its console has both
        return
    path = HISTORY.expanduser()
    try:
        readline.read_history_file(path)
    except OSError:
        readline.clear_history()
    readline.set_history_length(5000)
    atexit.register(_save_history, path)


def _save_history(path: Path) -> None:
    import readline

    try:
        readline.write_history_file(path)
    except OSError:
        sys.stderr.write(f"could not write {path}\n")


def read(prompt: str) -> str:
    """One typed line; echoed when it does not come from a keyboard, so that the log reads the same."""
    line = input(prompt)
    if not sys.stdin.isatty():
        print(line)
    return line


def command(delimiter: str) -> str:
    """One command, asking for more lines until its block, comment or continuation is closed."""
    print()
    text = read(". ")
    while not is_complete(text, delimiter):
        text += "\n" + read("> ")
    return text


def prompt(executor: Executor) -> int:
    """Read, run, repeat until ``exit`` or the end of input."""
    if sys.stdin.isatty():
        _history()
    print("pystata_hlm: Stata do-files without Stata. help lists the commands, exit leaves.")
    delimiter = "cr"
    while True:
        try:
            text = command(delimiter)
            lines = read_do(text, "<stdin>", delimiter)
            delimiter = delimiter_after(text, delimiter)
            executor.run_typed(lines)
        except EOFError:
            print()
            return 0
        except ExitDoFile as leave:
            return leave.rc
        except KeyboardInterrupt:
            print("\n--Break--\nr(1);")
