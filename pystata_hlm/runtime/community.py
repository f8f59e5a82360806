"""Our index of community-contributed commands: which package a command belongs to, and whether we provide it.

The names are those met in public do-files (../shared/reference/dofile-usage.csv). A package counts as provided when
all its commands are commands of ours; that is looked up, not listed.
"""

from __future__ import annotations

from functools import lru_cache

from pystata_hlm.runtime import registry

FAMILIES = """
    estout: esttab eststo estout estadd estpost _eststo
    clarify: estsimp setx simqi
    spost13_ado: mtable mchange mgen mlogtest listcoef fitstat prvalue prgen prchange countfit brant leastlikely
    coefplot: coefplot
    gtools: gcollapse gegen gduplicates gquantiles glevelsof gisid greshape hashsort gstats gunique gtop gcontract
    ftools: ftools fcollapse fegen fmerge flevelsof fsort fisid
    egenmore: egenmore
    gllamm: gllamm gllapred gllasim
    rdrobust: rdrobust rdbwselect rdplot
    psmatch2: psmatch2 pstest psgraph
    ietoolkit: ietoolkit iebaltab ieboilstart iefolder iedropone iegitaddmd
    iefieldkit: iefieldkit iecodebook ieduplicates iecompdup
    ipacheck: ipacheck ipacheckcomplete ipacheckconsent ipacheckconstraints ipacheckdates ipacheckenum
    ipacheck: ipacheckfollowup ipacheckimport ipachecklogic ipachecknomiss ipacheckoutliers ipacheckresearch
    ipacheck: ipacheckspecify ipachecktextaudit
    polychoric: polychoric polychoricpca
    cem: cem imb
    spatwmat: spatwmat spatdiag spatgsa spatreg spatlsa spatcorr
    synth: synth synth_runner
    boottest: boottest scoretest waldtest
    runmlwin: runmlwin mcmcsum usewsz savewsz reffadjust
    pvar: pvar pvar2 pvarsoc pvarstable pvarirf pvarfevd pvargranger
    palettes: colorpalette
    labutil: labmask labvars
    winsor2: winsor2
    listtab: listtab listtex
    parmest: parmest parmby
    grc1leg: grc1leg grc1leg2
    relogit: relogit relogitq
    lassopack: cvlasso lasso2 rlasso
    markdoc: markdoc
    attnd: atts attk attr attnd pscore
    center: center
    fre: fre
"""

SINGLES = """
    outreg2 reghdfe ivreg2 markstat tabout btscs outreg xtivreg2 bcuse sutex mmerge mat2txt dsconcat xtabond2 eclplot
    mdesc spmap datalibweb edukit_save edukit_datalibweb wbopendata alphawgt binscatter collin regsave distinct fs
    xml_tab ritest sencode combomarginsplot xtserial table1_mc unique gologit2 xtscc grinter firthlogit rd metan
    outtable cdsimeq kountry fillmissing shp2dta outsum mibeta medeff cmp omodel texdoc carryforward maptile orth_out
    sutex2 DCdensity corrtex winsor frmttable xi3 ciplot ivreghdfe leebounds lincomest cibar ebalance latabstat
    statastates betterbar xttest3 xttest2 ice est2vec findname praccum kpss xtfevd ivendog cgmreg outtex matmap psacalc
    cmogram fsum todate overid xtqreg rddensity tabplot grstyle condisc inteff relicoef spineplot dropmiss hilo
    cgmwildboot mim fastgini ivregress2 clttest eret2 qvf ivhettest bioprobit xtpmg cgmlogit reg2hdfe svmat2 adecomp
    oaxaca xtrifreg est2tex lars logdummy addplot geonear epcp gsample spmat binary_mediation geodist lgraph locpoly
    xcollapse felsdvreg jive dynsim matselrc mixlogit mylabels rcsgen vioplot xbrcspline catplot confirmdir dups
    dynsim_pcse gformula oparallel rscript spagplot stripplot sumstats uvis filelist grexportpdf jb nearmrg randtreat
    reg2docx texsave xtcsd xtrho loevh itsa sjlog xtpqml gcause estsave mcp krls uci icio mimrgns syncmrates
    pescadf xtmg simqi_pcse grqreg xtmrho mvsumm reg_sandwich repest ivpois standsurv wtlowess corr2docx
    graphexportpdf moulton reg3hdfe spreg dlw multipurt rcall rdpower xtcd abar dmerge rrlogit stddiff apoverty b1x2
    egranger gendummies ineqdeco rrreg triplot univar zandrews betafit clusterbs diff reclink reclink2
    separationplot sum2docx weakivtest xcontract balancetable binscatter2 condivreg interflex ivqte jb6 jmpierce
    marginscontplot mixlcov mrunning pgmhaz8 plssem ppml ppmlhdfe rivtest rwolf rwolf2 svret tabchi tabm whitetst xtwest
    zoib a2reg actest bcstats byhist cdfplot charlist eventdd factortest groupdata heatplot here igini
    igrowup_restricted ivreg2h missings mixlpred mkcorr moss multproc nmissing nnmatch outwrite qreg2 ranktest
    sampclus stjm strdist sumup sxpose tabstatmat use13 usespss vreverse weakiv weave xsvmat asdoc astile rangestat
    rangejoin tuples csdid drdid did_imputation did_multiplegt eventstudyinteract event_plot bacondecomp sdid xtbreak
    moremata renvars hprescott bmvv elasticregress schemepack blindschemes violinplot joyplot sankey alluvial
    distplot estwrite r2_mz
    labellist elabel labelmiss
"""


@lru_cache(maxsize=1)
def packages() -> dict[str, tuple[str, ...]]:
    """Package -> its commands."""
    out: dict[str, list[str]] = {}
    for line in FAMILIES.strip().splitlines():
        package, _, commands = line.strip().partition(":")
        out.setdefault(package, []).extend(commands.split())
    for name in SINGLES.split():
        out.setdefault(name, [name])
    return {package: tuple(dict.fromkeys(commands)) for package, commands in out.items()}


@lru_cache(maxsize=1)
def _owners() -> dict[str, str]:
    return {name: package for package, commands in packages().items() for name in commands}


def package_of(command: str) -> str | None:
    """The package a community command belongs to, None when we do not know the command."""
    return _owners().get(command)


def provided(name: str) -> tuple[str, ...]:
    """The commands of a package (or the one command) that we provide ourselves."""
    return tuple(one for one in packages().get(name, (name,)) if _ours(one))


def _ours(command: str) -> bool:
    spec = registry.find(command)
    return spec is not None and any(command == word for word, _ in spec.names)


def is_known(name: str) -> bool:
    """Is it a package or command of the index?"""
    return name in packages() or name in _owners()
