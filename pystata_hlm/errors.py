"""Errors a user can cause: Stata's message and return code, as data.

``StataError`` is the only exception that commands, the parser and the expression
evaluator raise for a user's mistake. Its ``message`` is what Stata prints above ``r(#);``.
"""

from __future__ import annotations

_BEFORE, _SHOWN = 50, 70  # characters of a long text shown before the mark, and in all


class StataError(Exception):
    """A failure with Stata's return code and wording.

    rc       return code, shown as ``r(rc);`` and stored in ``_rc``
    message  the text printed before ``r(rc);`` (may hold several lines, may be empty)
    span     (start, end) character positions in ``text``, when known
    text     what was being parsed, for ``set parseerror on``
    data_changed  the command keeps what it did to the data, as Stata's does (``merge, assert()``)
    """

    def __init__(self, rc: int, message: str = "", span: tuple[int, int] | None = None) -> None:
        super().__init__(message)
        self.rc = rc
        self.message = message
        self.span = span
        self.text = ""
        self.data_changed = False

    def pointed(self) -> str:
        """The message, and under it the text with a mark where parsing stopped (when that is known)."""
        if self.span is None or not self.text:
            return self.message
        start = max(0, self.span[0] - _BEFORE)
        shown = self.text[start : start + _SHOWN].replace("\n", " ").rstrip()
        return f"{self.message}\n    {shown}\n    {' ' * (self.span[0] - start)}^"

    # -- named constructors, one per common message -------------------------------------------
    @classmethod
    def varlist_not_found(cls, name: str) -> StataError:
        return cls(111, f"variable {name} not found")

    @classmethod
    def not_found(cls, name: str) -> StataError:
        """An unknown name inside an expression."""
        return cls(111, f"{name} not found")

    @classmethod
    def already_defined(cls, name: str) -> StataError:
        return cls(110, f"variable {name} already defined")

    @classmethod
    def ambiguous(cls, name: str) -> StataError:
        return cls(111, f"{name} ambiguous abbreviation")

    @classmethod
    def invalid_name(cls, name: str) -> StataError:
        return cls(198, f"{name} invalid name")

    @classmethod
    def invalid_syntax(cls) -> StataError:
        return cls(198, "invalid syntax")

    @classmethod
    def invalid_word(cls, word: str) -> StataError:
        """Unexpected token: Stata says ``xyz invalid`` or ``invalid 'xyz'``."""
        return cls(198, f"invalid '{word}' ")

    @classmethod
    def option_not_allowed(cls, option: str) -> StataError:
        return cls(198, f"option {option} not allowed")

    @classmethod
    def option_not_supported(cls, option: str) -> StataError:
        """An option that Stata has and we lack."""
        return cls(198, f"option {option} not yet supported")

    @classmethod
    def option_required(cls, option: str) -> StataError:
        return cls(198, f"option {option} required")

    @classmethod
    def unrecognized_command(cls, word: str) -> StataError:
        return cls(199, f"command {word} is unrecognized")

    @classmethod
    def command_not_supported(cls, word: str) -> StataError:
        """A command that Stata has and we lack."""
        return cls(199, f"command {word} not yet supported")

    @classmethod
    def type_mismatch(cls) -> StataError:
        return cls(109, "type mismatch")

    @classmethod
    def no_observations(cls) -> StataError:
        return cls(2000, "no observations")

    @classmethod
    def insufficient_observations(cls) -> StataError:
        return cls(2001, "insufficient observations")

    @classmethod
    def not_sorted(cls) -> StataError:
        return cls(5, "not sorted")

    @classmethod
    def varlist_required(cls) -> StataError:
        return cls(100, "varlist required")

    @classmethod
    def too_few_variables(cls) -> StataError:
        return cls(102, "too few variables specified")

    @classmethod
    def too_many_variables(cls) -> StataError:
        return cls(103, "too many variables specified")

    @classmethod
    def last_estimates_not_found(cls) -> StataError:
        return cls(301, "last estimates not found")

    @classmethod
    def file_not_found(cls, path: str) -> StataError:
        return cls(601, f"file {path} not found")

    @classmethod
    def file_exists(cls, path: str) -> StataError:
        return cls(602, f"file {path} already exists")

    @classmethod
    def data_would_be_lost(cls) -> StataError:
        return cls(4, "no; dataset in memory has changed since last saved")

    @classmethod
    def no_variables(cls) -> StataError:
        return cls(111, "no variables defined")
