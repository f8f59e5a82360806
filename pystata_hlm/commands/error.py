"""error: Issue an error by its return code.   error exp"""

from __future__ import annotations

from pystata_hlm.errors import StataError
from pystata_hlm.lang.parser import parse
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call

MESSAGES = {
    1: "--Break--",
    2: "connection timed out",
    3: "no dataset in use",
    4: "no; dataset in memory has changed since last saved",
    5: "not sorted",
    7: "not found where type expected",
    9: "assertion is false",
    100: "varlist required",
    101: "varlist not allowed",
    102: "too few variables specified",
    103: "too many variables specified",
    104: "nothing to input",
    106: "variable type mismatch",
    107: "not possible with numeric variable",
    108: "not possible with string variable",
    109: "type mismatch",
    110: "already defined",
    111: "not found",
    119: "statement out of context",
    120: "invalid %format",
    121: "invalid numlist",
    122: "invalid numlist has too few elements",
    123: "invalid numlist has too many elements",
    130: "expression too long",
    131: "not possible with test",
    132: "too many '(' or '['",
    133: "unknown function ()",
    134: "too many values",
    135: "not possible with weighted data",
    140: "repeated categorical variable in term",
    170: "unable to chdir",
    180: "invalid attempt to modify label",
    181: "may not label strings",
    182: "not labeled",
    184: "options may not be combined",
    190: "request may not be combined with by",
    191: "request may not be combined with by() option",
    196: "could not restore sort order because variables were dropped",
    197: "invalid syntax",
    198: "invalid syntax",
    199: "unrecognized command",
    301: "last estimates not found",
    302: "last test not found",
    303: "equation not found",
    321: "requested action not valid after most recent estimation command",
    322: "something that should be true of your estimation results is not",
    399: "may not drop constant",
    401: "may not use noninteger frequency weights",
    402: "negative weights encountered",
    404: "not possible with pweighted data",
    406: "not possible with analytic weights",
    407: "weights must be the same for all observations in a group",
    409: "no variance",
    411: "nonpositive values encountered",
    412: "redundant or inconsistent constraints",
    416: "missing values encountered",
    420: "groups found, 2 required",
    421: "could not determine between-subject error term; use bse() option",
    430: "convergence not achieved",
    450: "is not a 0/1 variable",
    451: "invalid values for time variable",
    459: "something that should be true of your data is not",
    460: "fpc must be >= 0",
    461: "fpc for all observations within a stratum must be the same",
    480: "starting values invalid or some RHS variables have missing values",
    481: "equation/system not identified",
    491: "could not find feasible values",
    498: "various messages",
    499: "various messages",
    501: "matrix operation not found",
    503: "conformability error",
    504: "matrix has missing values",
    505: "matrix not symmetric",
    506: "matrix not positive definite",
    507: "name conflict",
    508: "matrix has zero values",
    509: "matrix operators that return matrices not allowed in this context",
    601: "file not found",
    602: "file already exists",
    603: "file could not be opened",
    604: "log file already open",
    606: "no log file open",
    610: "file not Stata format",
    612: "unexpected end of file",
    900: "no room to add more variables",
    901: "no room to add more observations",
    902: "no room to add more variables because of width",
    950: "insufficient memory",
    1000: "system limit exceeded - see manual",
    1400: "numerical overflow",
    2000: "no observations",
    2001: "insufficient observations",
}


@command("error", min=3, syntax="raw")
def run(call: Call, ctx: Context) -> Stored | None:
    text = call.text.strip()
    if not text:
        raise StataError.invalid_syntax()
    value = ctx.scalar(parse("expr", text))
    if not isinstance(value, float) or value != value:
        raise StataError.type_mismatch()
    rc = int(value)
    if not 0 <= rc <= 9999:
        raise StataError.invalid_syntax()
    if rc == 0:
        return None
    raise StataError(rc, MESSAGES.get(rc, ""))
