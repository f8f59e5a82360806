"""Names of official commands that may be lacking, with their shortest abbreviations: what a user meets in do-files
(counts in ../shared/reference/dofile-usage.csv) and the commonest of the rest.

The table is consulted only after the commands that exist, so an entry may stay when its command is written.
``command xyz not yet supported`` r(199) then differs from ``command xyz is unrecognized``.
"""

from __future__ import annotations

from pystata_hlm.runtime.registry import unimplemented

NAMES = """
    about ac adjust ado adopath adoupdate alpha ameans:5 anova:3 aorder ap arch areg arfima args
    arima asclogit asmprobit asroprobit assert avplot avplots bayes bayesgraph bayesmh bayesstats
    bcskew0 biplot biprobit bitest bitesti bmaregress bootstrap:2 boxcox break brier browse:2
    bsample bsqreg bstat ca candisc canon cc cci cd centile char churdle ci cii clear clogit cloglog
    clonevar cls cluster clustermat cmclogit cmmprobit cmset cmxtmixlogit cnreg cnsreg codebook
    collapse collect compress:3 confirm constraint:4 continue contrast corr2data correlate:3
    corrgram count:3 cpoisson cs cscript csi cumul datasignature decode describe:1 destring dfactor
    dfbeta dfgls dfuller didregress discrim display do docx2pdf doedit dotplot dprobit drawnorm drop
    ds dslogit dsregress duplicates durbina dwstat dydx dyndoc dyntext edit:2 egen eintreg eivreg
    elasticnet encode eoprobit eprobit eq eregress ereturn error esize estat estimates:3 etable exit
    exlogistic expand factor:3 factormat fcast fdause file fillin findfile findit for forecast
    format fp fracplot fracpoly fracreg fralias frunalias fsave fvset fvunab generate:1 getmata
    gettoken:3 gladder glm global gmm gr_edit graph7 graph:2 grmap gsem gsort hadimvo hausman
    heckman heckoprobit heckpoisson heckprobit:8 help hetprobit:7 hetregress histogram:4 hotelling
    icc icd9 iis impute include input:3 insobs inspect:3 integ intreg ipolate ir irf iri irt
    irtgraph isid ivpoisson ivprobit ivreg ivregress ivtobit jackknife java javacall kap kappa
    kdensity:2 keep ksm ksmirnov ktau kwallis label:2 labelbook labelsafe ladder lasso lassocoef
    levelsof lincom linktest list:1 local log logistic logit:4 loneway:4 lookfor lowess lpirf lpoly
    lroc lrtest lstat ltable macro manova margins marginsplot mark markdown markout marksample mata
    matlist matname matrix matsort mds mdslong mean mecloglog mecmd median meglm meintreg melogit
    memory menbreg menl meologit meoprobit mepoisson meprobit meqrlogit meqrpoisson mestreg meta
    metobit mfp mfx mgarch mhodds mi misstable mixed mkmat mkspline ml mleval mlogit:4 mlsum
    mlvecsum more move mprobit mswitch mvdecode mvencode mvtest nbreg nestreg net newey nl nlcom
    nlsur nobreak notes:4 npregress numlabel numlist odbc ologit:4 oneway oprobit:5 order orthog
    orthpoly ovtest pac pause pca pcorr pctile permute plot plugin pnorm poisson:4 poregress post
    postclose postfile postutil power pperron prais predict:2 predictnl preserve probit:4 procrustes
    profiler program:2 prop proportion prtest prtesti putdocx putexcel putpdf pwcompare pwcorr pwd
    python qby qnorm qreg query:1 range ranksum recast recode reg3 regress:3 rename:3 renpfix
    replace reshape restore return robvar roccomp rocfit rocgold rocreg rocregplot roctab rologit
    rotate rreg run rvfplot sample sampsi sasexport save:2 saveold scalar score scree screeplot
    sdtest sdtesti sem separate:3 serrbar set sfrancia signrank:5 signtest simulate:4 sktest sleep
    slogit snapspan sort:2 spearman split spmatrix spregress spset spshape2dta sqreg sqrtlasso ssc
    ssd sspace statsby stci stcox stcrreg stcurve:6 stdescribe:5 stem stepwise stintreg stjoin
    stphplot stphtest stptime strate streg streset sts stset stsplit stsum stvary suest summarize
    sureg svar svmat svy svydescribe:6 svyset swilk symplot syntax sysdir sysuse tab1 tab2 tabdis
    tabi tabodds tabstat tabulate tebalance teffects tempfile tempname tempvar test:2 testnl
    testparm tetrachoric threshold timer tis tnbreg tobit:3 tokenize:5 tostring total tpoisson
    translate:5 treatreg truncreg tsappend tset tsfill tsfilter tsline tsrline tsset tssmooth tsunab
    ttest ttesti twoway:2 twoway__histogram_gen ucm unab unabcmd use:1 uselabel var varbasic
    vargranger varlmar varmanage varnorm varsoc varstable varwle vce vec veclmar vecnorm vecrank
    vecstable view vif weibull which window wntestq xcorr xi xmlsave xmluse xporegress xtabond
    xtcointtest xtdata xtdescribe:5 xtdidregress xtdpd xtdpdsys xteregress xtgee xtgls xthausman
    xthtaylor xtile xtivreg xtline xtlogit xtmelogit xtmepoisson xtnbreg xtologit xtoprobit xtpcse
    xtpoisson xtprobit xtreg xtregar xtset xtsum xttab xttest0 xttobit xttrans xtunitroot zinb
    ziologit zioprobit zip ztest ztesti ztnb
""".split()  # noqa: SIM905

unimplemented(*NAMES)
