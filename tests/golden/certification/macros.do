* Macros: expansion, increments, lists, macro functions.
* Sources: [P] macro, macro lists; [U] 18.3
local i 5
assert `++i' == 6
assert `i++' == 6
assert `i' == 7
assert `--i' == 6
assert `i--' == 6
assert `i' == 5
local ++i
assert `i' == 6
local --i
assert `i' == 5
local x1 one
local x2 two
forvalues k = 1/2 {
  local got `got' `x`k''
}
assert "`got'" == "one two"
local name x1
assert "``name''" == "one"
global G hello
assert "$G" == "hello"
assert "${G}" == "hello"
local w G
assert "$`w'" == "hello"
assert "${`w'}" == "hello"
global G1 first
assert "${G`=1'}" == "first"
assert "`=2+3'" == "5"
assert "`=substr("abc",2,1)'" == "b"
assert "`: word 2 of a b c'" == "b"
local lst a b c d
assert "`: word count `lst''" == "4"
assert `: word count `lst'' == 4
assert "`: list sizeof lst'" == "4"
local l2 b d e
assert "`: list lst & l2'" == "b d"
assert "`: list lst - l2'" == "a c"
assert "`: list lst | l2'" == "a b c d e"
assert `: list l2 in lst' == 0
assert `: list posof "c" in lst' == 3
local dd b a b c a
assert "`: list uniq dd'" == "b a c"
assert "`: list dups dd'" == "b a"
assert "`: list sort dd'" == "a a b b c"
assert "`: subinstr local lst "b" "ZZ"'" == "a ZZ c d"
assert "`: subinstr local dd "b" "ZZ", all'" == "ZZ a ZZ c a"
local wd abc ab abc
local r : subinstr local wd "ab" "X", word
assert "`r'" == "abc X abc"
local r : subinstr local dd "b" "Z", all count(local cnt)
assert `cnt' == 2
assert "`: length local lst'" == "7"
local mv a `b' c
assert "`mv'" == "a  c"
local delayed \`lst'
assert "`delayed'" == "a b c d"
global gd \$G
assert "$gd" == "hello"
local raw "a`lst'b"
local m2 `macval(raw)'
assert "`m2'" == "aa b c db"
macro drop G
assert "$G" == ""
global Ab1 1
global Ab2 2
macro drop Ab*
assert "$Ab1$Ab2" == ""
local a "1 2 3"
tokenize `a'
assert `1' + `2' + `3' == 6
macro shift
assert "`1'" == "2" & "`3'" == ""
mac shift 2
assert "`1'" == ""
tempvar t1 t2
assert "`t1'" != "" & "`t1'" != "`t2'"
tempname m
matrix `m' = (1,2)
assert `m'[1,2] == 2
scalar sc = 3
assert scalar(sc) == 3
assert "`=scalar(sc)'" == "3"
tempfile f
assert "`f'" != ""
local n : copy local a
assert "`n'" == "1 2 3"

* macro functions on data
clear
set obs 3
generate double price = _n
label variable price "Price in dollars"
label define origin 0 "Domestic" 1 "Foreign"
generate byte foreign = _n > 1
label values foreign origin
generate str18 make = "x"
format price %8.2f
char price[units] USD
sort foreign
assert "`:variable label price'" == "Price in dollars"
assert "`:var l price'" == "Price in dollars"
assert "`:value label foreign'" == "origin" & "`:value label make'" == ""
assert "`:type make'" == "str18" & "`:type price'" == "double"
assert "`:format price'" == "%8.2f"
assert "`:label origin 1'" == "Foreign" & "`:label (foreign) 0'" == "Domestic"
assert "`:label origin 7'" == "7" & "`:label origin 7, strict'" == ""
assert "`:label origin maxlength'" == "8" & "`:label origin 1 3'" == "For"
assert "`:sortedby'" == "foreign"
assert "`:permname price'" == "price1"
assert "`:char price[units]'" == "USD" & "`:char price[]'" == "units"
assert "`:adosubdir "regress"'" == "r"
local x "The quick brown fox"
assert "`:piece 1 10 of "`x'"'" == "The quick" & "`:piece 2 10 of "`x'"'" == "brown fox"
assert "`:strlen local x'" == "19" & "`:ustrlen local x'" == "19" & "`:udstrlen local x'" == "19"
matrix A = (1,2\3,4)
matrix rownames A = a b
matrix colnames A = eq:c eq:d
assert "`:rownames A'" == "a b" & "`:colnames A'" == "c d"
assert "`:colfullnames A'" == "eq:c eq:d" & "`:coleq A'" == "eq eq"
assert "`:rowfullnames A'" == "a b" & "`:roweq A'" == "_ _"
assert `:rownumb A "b"' == 2 & `:colnumb A eq:d' == 2 & `:coleqnumb A eq' == 1 & `:rownumb A zz' == .
assert `:colsof A' == 2 & `:rowsof A' == 2
assert "`:display %9.2f 3'" == "     3.00" & "`:di 3+4'" == "7"
constraint 4 a = b
assert "`:constraint 4'" == "a = b" & "`:constraint dir'" == "4"
program ours, rclass properties(swml or)
end
assert "`:properties ours'" == "swml or" & "`:results ours'" == "rclass" & "`:results mixed'" == "eclass"
quietly regress price foreign
assert "`:colfullnames e(b)'" == "foreign _cons"
assert "`:e(functions)'" == "sample" & "`:e(matrices)'" != "" & "`:all matrices "A"'" == "A"
scalar sone = 1
scalar stwo = "t"
assert "`:all numeric scalars "so*"'" == "sone" & "`:all string scalars "s*"'" == "stwo"
assert "`:tsnorm ldl'" == "L2D" & "`:tsnorm l.ldl'" == "L3D" & "`:tsnorm l.ldl.gnp, varname'" == "L3D.gnp"
