"""Names of official commands that may be lacking, with their shortest abbreviations: what a user meets in do-files
(counts in ../shared/reference/dofile-usage.csv) and the commonest of the rest.

The table is consulted only after the commands that exist, so an entry may stay when its command is written.
``command xyz not yet supported`` r(199) then differs from ``command xyz is unrecognized``.
"""

from __future__ import annotations

from pystata_hlm.runtime.registry import unimplemented

NAMES = """
    about ac acprplot adjust ado adopath adoupdate ap arch areg arfima
    arfimasoc args arima asclogit asmprobit asroprobit assert avplot avplots bayes bayesgraph
    bayesmh bayespredict bayesreps bayesselect bayesstats bayestest bcskew0 betareg binreg
    biplot biprobit bmacoefsample bmagraph bmapredict bmaregress bmastats bootstrap:2
    boxcox break brier bsqreg bstat ca candisc canon cc cci cd char churdle ci ciwidth class
    classutil clear clogit cloglog clonevar cls cluster clustermat cmchoiceset cmclogit cmdlog
    cmmixlogit cmmprobit cmrologit cmroprobit cmsample cmset cmsummarize cmtab cmxtmixlogit
    cnreg cnsreg codebook collapse collect compress:3 confirm constraint:4 continue contrast
    corr2data correlate:3 corrgram count:3 cpoisson cprplot cs cscript csi cumsp
    cusum datasignature db decode demandsys describe:1 destring dfactor dfbeta dfgls dfuller
    didregress diflogistic difmh discrim display do docx2pdf doedit dotplot dprobit drop ds dsge
    dsgenl dslogit dspoisson dsregress dstdize duplicates durbina dwstat dydx dyndoc dyntext
    egen eintreg eivreg elasticnet encode eoprobit eprobit eq eregress ereturn error esize
    esizei estat estimates:3 etable eteffects etpoisson etregress exit exlogistic expand
    expoisson factor:3 factormat fcast fdasave fdause file fillin findfile findit for forecast
    format fp fracplot fracpoly fracreg fralias fredsearch frontier frunalias fsave
    fvset generate:1 getmata gettoken:3 gladder global gmm gr_edit graph7
    graph:2 grmap gsbounds gsdesign gsem gsort h2o hadimvo hausman hdidregress heckman
    heckoprobit heckpoisson heckprobit:8 help hetoprobit hetprobit:7 hetregress histogram:4
    hotelling hsearch icc icd10 icd10cm icd10pcs icd9 icd9p iis impute include input:3 insobs
    integ intreg ipolate iqreg ir irf iri irt irtgraph isid istdize ivfprobit ivpoisson ivprobit
    ivqregress ivreg ivtobit jackknife java javacall jdbc kap kappa kdensity:2 keep
    ksm ksmirnov label:2 labelbook labelsafe ladder lasso lassocoef lassogof lassoinfo
    lassoknots lassoselect lcgof lcmean lcprob levelsof lincom linktest list:1 local log
    logistic logit:4 loneway:4 lowess lpirf lpoly lrtest lsens lstat ltable lv lvr2plot
    macro makecns manova margins marginsplot mark markdown markout marksample mata matcproc
    matlist matname matrix matsort mca mcc mcci mds mdslong mdsmat mean mecloglog mecmd meglm
    meintreg melogit memory menbreg menl meologit meoprobit mepoisson meprobit meqrlogit
    meqrpoisson mestreg meta metobit mfp mfx mgarch mhodds mi mixed mkmat ml mleval mlexp
    mlmatbysum mlmatsum mlsum mlvecsum more mprobit mswitch mvdecode mvencode mvreg
    mvtest nestreg net newey nl nlcom nlogit nlogitgen nlogittree nlsur notes:4
    npregress nptrend numlist odbc ologit:4 oneway opaccum oprobit:5 order orthog orthpoly
    ovtest pac palette pause pbalchk pca pcamat pcorr pergram permute pkcollapse pkcross pkequiv
    pkexamine pkshape pksumm plot plugin pnorm poisson:4 poivregress popoisson poregress post
    postclose postfile postutil power pperron prais predict:2 predictnl preserve print printer
    probit:4 procrustes profiler program:2 prop putdocx putexcel putpdf pwcompare pwcorr
    pwd pwmean python qby qnorm qreg quadchk quantile query:1 rcof recast recode reg3 regress:3
    rename:3 replace reshape restore return robvar roccomp rocfit rocgold rocreg rocregplot
    roctab rologit rotate rotatemat rreg run runtest rvfplot rvpplot sampsi sasexport save:2
    saveold scalar scobit score scoreplot scree screeplot sem serrbar serset set
    sfrancia signestimationsample simulate:4 sktest sleep slogit smooth snapspan sort:2
    spbalance spcompress spdistance spgenerate spikeplot spivregress split spmatrix spregress
    spset spshape2dta spxtregress sqreg sqrtlasso ssc ssd sspace statsby stci stcox stcoxkm
    stcrreg stcurve:6 stdescribe:5 stem stepwise stfill stgen stintcox stintphplot stintreg stir
    stjoin stmc stmgintcox stmh stphplot stphtest stpower stptime strate streg streset sts stset
    stsplit stsum stteffects stvary suest summarize sunflower sureg svar svmat svy svydescribe:6
    svymarkout svyset swilk symmetry symmi symplot syntax sysdir sysuse tab1 tab2 tabdis tabi
    tabodds tabstat tabulate tebalance teffects telasso tempfile tempname tempvar test:2 testnl
    testparm tetrachoric threshold timer tis tnbreg tobit:3 tokenize:5 tostring tpoisson
    translate:5 translator transmap treatreg truncreg tset tsfilter tsline tsreport
    tsrline tsset tssmooth tsunab ttest twoway:2 twoway__histogram_gen ucm unab unabcmd
    unicode update use:1 uselabel var varbasic vargranger varlmar varmanage varnorm varsoc
    varstable varwle vce vec veclmar vecnorm vecrank vecstable verinst view viewsource vif vl
    vwls webdescribe weibull which wildbootstrap window wntestb wntestq xcorr xi xmlsave xmluse
    xpoivregress xpologit xpopoisson xporegress xtabond xtcloglog xtcointtest xtdata
    xtdescribe:5 xtdidregress xtdpd xtdpdsys xteintreg xteoprobit xteprobit xteregress
    xtfrontier xtgee xtgls xthausman xthdidregress xtheckman xthtaylor xtile xtintreg xtivreg
    xtline xtlogit xtmelogit xtmepoisson xtmlogit xtnbreg xtologit xtoprobit xtpcse xtpoisson
    xtprobit xtrc xtreg xtregar xtset xtstreg xtsum xttab xttest0 xttobit xttrans xtunitroot
    xtvar zinb ziologit zioprobit zip ztest ztesti ztnb
""".split()  # noqa: SIM905

unimplemented(*NAMES)
