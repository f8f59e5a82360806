* syntax, gettoken, tokenize, numlist, marksample.
* Sources: [P] syntax, gettoken, tokenize, numlist, mark
clear
set obs 10
gen x = _n
gen y = x^2
gen str4 s = "a"
gen g = mod(_n,2)
gen w = 1
program t1
 syntax varlist(max=2 numeric) [if/] [in/] [using/] [aw fw] [, a(integer 5) b(real 2.5) c(string asis) d(numlist max=3 >0 integer) e(varname) F noG h(name) i(namelist) j(varlist numeric) K(passthru) l(string) M(numlist sort) n(newvarname) *]
 foreach each in varlist if in using weight exp a b c d e f g h i j k l m n options {
   c_local `each' `"``each''"'
 }
end
t1 x y if x > 3 in 2/8 using foo.dta [aw=w], a(7) b(1e3) c("q r") d(1 2 3) e(x) f nog h(nm) i(a b) j(x y) k(z) l("text") m(3 1 2) n(new1) other oth(5)
assert "`varlist'" == "x y"
assert "`if'" == "x > 3"
assert "`in'" == "2/8"
assert "`using'" == "foo.dta"
assert "`weight'" == "aweight" & "`exp'" == "=w" | "`exp'" == "= w"
assert `a' == 7 & `b' == 1000
assert `"`c'"' == `""q r""'
assert "`d'" == "1 2 3"
assert "`f'" == "f" & "`g'" == "nog"
assert "`k'" == "k(z)"
assert "`l'" == "text"
assert "`n'" == "new1"
assert "`options'" == "other oth(5)"
t1 x
assert `a' == 5 & `b' == 2.5 & "`g'" == "" & "`f'" == ""
foreach bad in "x y s 109" "s 109" "x,a(1.5) 198" "x,a(x) 198" "x,d(0) 125" "x,e(nos) 111" "x,h(1b) 198" "x,n(x) 110" ///
    "x,j(s) 109" "x,b() 198" "x[pw=w] 101" "nosuch 111" "x,d(1.5) 126" "x,m(a) 121" {
    local code : word `: word count `bad'' of `bad'
    local typed : subinstr local bad " `code'" ""
    capture t1 `typed'
    assert _rc == `code'
}
capture t1 x, d(1 2 3 4)
assert _rc == 123
capture t1
assert _rc == 100
program t2
 syntax anything(name=lst id="thing list") [=/exp] [, CLEAR REPlace]
 c_local lst `"`lst'"'
 c_local exp `"`exp'"'
 c_local cl "`clear'`replace'"
end
t2 a b (c d) = 3+4, clear rep
assert "`lst'" == "a b (c d)"
assert "`exp'" == "3+4"
assert "`cl'" == "clearreplace"
capture t2
assert _rc == 100
capture t2 a, foo
assert _rc == 198
capture t2 a, re
assert _rc == 198
program t3
 syntax [varlist(default=none)] , Req(string) [Level(cilevel) ]
 c_local vl "`varlist'"
 c_local lev "`level'"
end
capture t3
assert _rc == 198
t3 , r(1)
assert "`vl'" == "" & "`lev'" == "95"
capture t3, r(1) level(5)
assert _rc == 198
program t4
 syntax newvarlist =/exp [if] [, Type(string)]
 c_local tl "`typlist'"
 c_local vl "`varlist'"
 c_local ex "`exp'"
end
t4 double(a1 a2) str5 q = 5
assert "`vl'" == "a1 a2 q" & "`tl'" == "double double str5" & "`ex'" == "5"
t4 z1-z3 = 1
assert "`vl'" == "z1 z2 z3" & "`tl'" == "float float float"
program t5
 syntax namelist(min=1 max=2) [, *]
 c_local nl "`namelist'"
 c_local o "`options'"
end
t5 aa bb, x y(2)
assert "`nl'" == "aa bb" & "`o'" == "x y(2)"
capture t5 a b c
assert _rc == 198
program t6
  syntax varlist(fv ts) 
  c_local vl "`varlist'"
end
t6 i.g##c.x
assert "`vl'" == "i.g##c.x"
capture t6 i.nos
assert _rc == 111
program t7
  syntax [, a b c]
  c_local abc "`a'`b'`c'"
end
t7, b a
assert "`abc'" == "ab"
program t8
 syntax [anything(everything)] 
 c_local all `"`anything'"'
end
t8 x if y > 3 using "q" [aw=3]
assert `"`all'"' == `"x if y > 3 using "q" [aw=3]"'
program t9
 version 14
 syntax varlist [if] [in] [, by(varlist) noREPORT Detail SAving(string asis) ]
 marksample touse, novarlist
 markout `touse' `by', strok
 count if `touse'
 c_local rep "`report'"
 c_local sav `"`saving'"'
end
t9 x y if x>2, by(s) noreport sav(f, replace)
assert "`rep'" == "noreport" & `"`sav'"' == "f, replace"
local str "a,b c"
gettoken t str : str, parse(",")
assert "`t'" == "a" & "`str'" == ",b c"
gettoken t str : str, parse(",")
assert "`t'" == ","
local q `""quoted one" two"'
gettoken t : q
assert "`t'" == "quoted one"
gettoken t : q, quotes
assert `"`t'"' == `""quoted one""'
gettoken t r : q, qed(isq)
assert `isq' == 1
gettoken (global) GG (local) rest : q
assert "$GG" == "quoted one"
local p "(a b) c"
gettoken t p : p, match(par)
assert "`t'" == "a b" & "`par'" == "("
tokenize "a,b c", parse(", ")
assert "`1'" == "a" & "`2'" == "," & "`3'" == "b" & "`4'" == "c"
tokenize `"one "two three""'
assert "`2'" == "two three"
numlist "1/3 5(2)9 10 12 : 16"
assert "`r(numlist)'" == "1 2 3 5 7 9 10 12 14 16"
numlist "3 1 2", sort
assert "`r(numlist)'" == "1 2 3"
capture numlist "1 a"
assert _rc == 121
capture numlist "1 2 3", max(2)
assert _rc == 123
capture numlist "1", min(2)
assert _rc == 122
capture numlist "1.5", integer
assert _rc == 126
capture numlist "5", range(<3)
assert _rc == 125

program t10
    syntax newvarlist(generate) [, Value(real 0)]
    foreach v of local varlist {
        capture replace `v' = `value'
    }
end
t10 u1 double u2 str5 u3, value(2.5)
assert u1 == 2.5 & u2 == 2.5 & u3 == "" & "`:type u2'" == "double"
capture t10 u1
assert _rc == 110
