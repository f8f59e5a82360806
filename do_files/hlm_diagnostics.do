* Diagnostics for a two-level model: High School & Beyond, 7,185 students in 160 schools.
*
*     pystata-hlm --graphs graphs do do_files/hlm_diagnostics.do
*
* The analyses are those of a graduate course's notes on HLM diagnostics; the comments are ours. Where the notes use a
* variable or a stored model before making it, the order here is one that runs from top to bottom.

version 18
clear all
set more off

sysuse hsb, clear
describe

* One observation per school stands for the school in every school-level summary and graph.
egen tagged = tag(id)
count if tagged == 1


* ------------------------------------------------------------------ 1. Specification
* Does the spread of SES inside a school matter, besides its mean?
bysort id: egen devses = sd(ses)
mixed mathach c.ses##c.meanses c.ses##i.sector i.female##c.meanses i.female##i.sector devses || id: female, cov(unstr)


* ------------------------------------------------------------------ 2. Collinearity
pwcorr mathach ses female meanses sector size
regress mathach ses female meanses sector size
vif

* The school level by itself: school means of the outcome.
bysort id: egen mathachm = mean(mathach)
regress mathachm meanses sector size if tagged == 1
vif


* ------------------------------------------------------------------ 3. Normality
* A skewed school-level predictor, and a power that straightens it.
histogram size if tagged == 1
ladder size if tagged == 1
gladder size if tagged == 1
generate sizesqrt = sqrt(size)

* The outcome has negative values: half of the ladder needs a shift first.
ladder mathach
gladder mathach
summarize mathach
generate mathach_c = mathach - r(min) + 1
summarize mathach_c
ladder mathach_c
gladder mathach_c

* A left tail becomes a right tail when the scale is turned around.
summarize mathach
generate mathachr = r(max) + 1 - mathach
summarize mathachr

* Outliers: look, then pull in the few most extreme values.
graph box ses
summarize ses, detail
generate ses1 = clip(ses, -2.9, 1.9)

* The main model, and residuals of both levels.
mixed mathach c.ses##c.meanses c.ses##i.sector i.female##c.meanses i.female##i.sector || id: female, cov(unstr)
estimates store baseline

predict l1resid, residuals
histogram l1resid, normal
qnorm l1resid

predict l2resid*, reffects
histogram l2resid1 if tagged == 1, normal
qnorm l2resid1
histogram l2resid2 if tagged == 1, normal
qnorm l2resid2

* Standard errors that lean less on the distributional assumptions: sandwich, then bootstrap of whole schools.
mixed mathach c.ses##c.meanses c.ses##i.sector i.female##c.meanses i.female##i.sector || id: female, cov(unstr) robust

set seed 12345
bootstrap, cluster(id): mixed mathach c.ses##c.meanses c.ses##i.sector i.female##c.meanses i.female##i.sector ///
    || id: female, cov(unstr)


* ------------------------------------------------------------------ 4. Linearity
lowess mathach ses1
lowess mathach ses1, bwidth(.1)
scatter mathach ses1, mcolor(yellow) || lowess mathach ses1, lcolor(red) || lfit mathach ses1, lcolor(blue)

* Several predictors at once, each adjusted for the others.
search mrunning
mrunning mathach ses female sector meanses size

* Centre a school-level variable at its mean over schools before taking powers of it.
summarize size if tagged == 1
capture noisily generate size = size - r(mean)
generate sizec = size - r(mean)
generate sizec2 = sizec^2

* Residuals against the linear prediction and against predictors.
quietly mixed mathach c.ses##c.meanses c.ses##i.sector i.female##c.meanses i.female##i.sector || id: female, cov(unstr)
predict xb, xb
scatter l1resid xb
lowess l1resid ses
lowess l2resid1 meanses if tagged == 1
lowess l2resid2 meanses if tagged == 1
lowess l2resid1 pracad if tagged == 1
lowess l2resid2 pracad if tagged == 1

* A cubic in school SES, for the intercept and for both slopes; then without the terms that add nothing.
mixed mathach c.ses##c.meanses##c.meanses##c.meanses c.ses##i.sector ///
    i.female##c.meanses##c.meanses##c.meanses i.female##i.sector || id: female, cov(unstr)
estat ic

mixed mathach c.ses##c.meanses##c.meanses##c.meanses c.ses##i.sector i.female || id: female, cov(unstr)
estat ic

* Predictions over a grid: minimum, one sd below the mean, mean, one sd above, maximum.
summarize ses
global sesmin = r(min)
global sesmax = r(max)
global sesmean = r(mean)
global plussd = r(mean) + r(sd)
global minussd = r(mean) - r(sd)

summarize meanses if tagged == 1
global meansesmin = r(min)
global meansesmax = r(max)
global meansesmean = r(mean)
global meansesplussd = r(mean) + r(sd)
global meansesminussd = r(mean) - r(sd)

margins, at(ses = ($sesmin $minussd $sesmean $plussd $sesmax) ///
    meanses = ($meansesmin $meansesminussd $meansesmean $meansesplussd $meansesmax))
marginsplot, x(meanses)
marginsplot, x(ses)


* ------------------------------------------------------------------ 5. Equal residual variances
quietly mixed mathach c.ses##c.meanses c.ses##i.sector i.female##c.meanses i.female##i.sector || id: female, cov(unstr)
scatter l1resid xb
graph twoway (scatter l1resid xb, by(female))
bysort female: summarize l1resid

* A residual variance of its own for girls and boys, against one variance.
mixed mathach c.ses##c.meanses c.ses##i.sector i.female##c.meanses i.female##i.sector || id: female, cov(unstr) ///
    residuals(independent, by(female))
estat ic
estimates store efemale
lrtest efemale baseline

estimates store egender
estat ic
quietly mixed mathach c.ses##c.meanses c.ses##i.sector i.female##c.meanses i.female##i.sector || id: female, cov(unstr)
estimates store baseline
estat ic
lrtest baseline egender

* The same for Catholic and public schools.
mixed mathach c.ses##c.meanses c.ses##i.sector i.female##c.meanses i.female##i.sector || id: female, cov(unstr) ///
    residuals(independent, by(sector))
estat ic
estimates store esector
lrtest baseline esector

estimates stats baseline egender esector
