"""Reading do-files without running them: a thousand files in a minute."""

from __future__ import annotations

import random
from typing import Any

from pystata_hlm.lint.reader import analyse

LINES = """
use "data/{a}.dta", clear
gen {a} = {b}*{n} if {c}=={n}
replace {a} = . if {b}=={n} & {c}!=.
label variable {a} "{b} of {c} ({n})"
label define {a} {n} "{b}" {n} "{c}", modify
reg {a} {b} {c} i.{a}##c.{b} if {c}>{n}, vce(cluster {b})
mixed {a} {b} || {c}: {b}, cov(un) mle
egen m_{a} = mean({b}), by({c})
recode {a} (1/{n}=1 "low") (else=2), gen({b}_{n})
twoway (scatter {a} {b}, mcolor(red)) (lfit {a} {b}), title("{c} {n}") legend(off)
local {a} = {n} + `i'
foreach v of varlist {a} {b} {{
 summarize `v' if {c}<{n}, detail
}}
margins, at({a}=({n}(1){n})) dydx({b})
merge 1:1 {a} using "{b}.dta", keep(1 3) nogen
* {a} {b} {c} {a} {b}
esttab m{n} using "{a}.tex", replace se
"""


def corpus(size: int, seed: int) -> str:
    """Do-file text of at least ``size`` characters with words and numbers at random."""
    rng = random.Random(seed)
    words = ["".join(rng.choices("abcdehklmnoprstuv", k=rng.randint(3, 12))) for _ in range(2000)]
    blocks = LINES.strip().replace(" {{\n", " {{\v").replace("detail\n", "detail\v").split("\n")
    out, length = [], 0
    while length < size:
        line = rng.choice(blocks).replace("\v", "\n")
        line = line.format(
            a=rng.choice(words), b=rng.choice(words), c=rng.choice(words), n=rng.randint(1, 999)
        )
        out.append(line)
        length += len(line) + 1
    return "\n".join(out)


def test_lint_a_megabyte(benchmark: Any) -> None:
    """1 MB; the thousand files of ../shared/reference/dofile-usage.md hold 13 MB, so a minute allows 4.6 s for it."""
    text = corpus(1_000_000, 1)
    reading = benchmark.pedantic(analyse, args=(text, "a.do"), rounds=1, iterations=1)
    assert all(command.parsed for command in reading.commands)
