"""signtest: Sign test of matched pairs.   signtest varname = exp [if] [in]"""

from __future__ import annotations

from pystata_hlm.commands import _nonparametric as np_
from pystata_hlm.formats import format_number
from pystata_hlm.numeric import dist
from pystata_hlm.runtime.context import Context
from pystata_hlm.runtime.registry import command
from pystata_hlm.runtime.results import Stored
from pystata_hlm.runtime.spec import Call


@command("signtest", klass="r", syntax="anything", byable="loop")
def run(call: Call, ctx: Context) -> Stored | None:
    d, name, other = np_.differences(call, ctx)
    positive, negative = int((d > 0).sum()), int((d < 0).sum())
    zero, n = int((d == 0).sum()), positive + negative
    new = np_.new_words(ctx)
    heads = [np_.cased(t, ctx) for t in ("Observed", "Expected")]
    rows = [
        (np_.cased("Positive", ctx), [str(positive), np_.number(n / 2)]),
        (np_.cased("Negative", ctx), [str(negative), np_.number(n / 2)]),
        (np_.cased("Zero", ctx), [str(zero), str(zero)]),
    ]
    last = (np_.cased("All", ctx), [str(len(d)), str(len(d))])
    out = ["", "Sign test", "", *np_.box(np_.cased("Sign", ctx), heads, rows, last), ""]
    most = max(positive, negative)
    upper = float(dist.binomialtail(n, positive, 0.5)) if n else 1.0
    lower = float(dist.binomialtail(n, negative, 0.5)) if n else 1.0
    both = min(1.0, 2 * float(dist.binomialtail(n, most, 0.5))) if n else 1.0
    median = f"median of {name} - {other}" if other != "0" else f"median of {name}"
    half = "p = 0.5"

    def block(sign: str, count: str, inner: str, p: float) -> list[str]:
        return [
            f"  {np_.h0(ctx)}: {median} = 0 vs.",
            f"  Ha: {median} {sign} 0",
            f"      Pr({count}) =",
            f"         {inner} = {format_number(p, '%7.4f'):>7}",
        ]

    def binomial(x: int) -> str:
        return f"Binomial(n = {n}, x >= {x}, {half})"

    out += ["One-sided tests:", *block(">", f"#positive >= {positive}", binomial(positive), upper), ""]
    out += [*block("<", f"#negative >= {negative}", binomial(negative), lower), ""]
    counts = f"#positive >= {most} or #negative >= {most}"
    out += ["Two-sided test:", *block("!=", counts, f"min(1, 2*{binomial(most)})", both)]
    ctx.say("\n".join(out))
    scalars = {"N": float(len(d)), "N_pos": float(positive), "N_neg": float(negative), "N_tie": float(zero)}
    scalars |= {"p_2": both, "p_neg": lower, "p_pos": upper}
    return Stored("r", scalars if new else {k: v for k, v in scalars.items() if k != "N"})
