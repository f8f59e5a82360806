* Comments, continued lines, delimiters and quotes, in the style of a certification script.
* Sources: [P] comments, #delimit; [U] 16.1.3, 18.3.5
local a 1 // trailing
local b 2 /* inside */ 
local c = 3 /* a /* nested */ still comment */ + 4
assert `c' == 7
local d "http://x.org" // yes
assert "`d'" == "http://x.org"
local e "a /* not */ b"
assert "`e'" == "a /* not */ b"
local f = 1 + ///
   2 + /// comment here
   3
assert `f' == 6
local g = 1 + /*
 */ 4
assert `g' == 5
#delimit ;
local h =
  1
  + 2 ;
assert `h' == 3;
* a comment
  over lines;
local s "a; b"; assert "`s'" == "a; b";
local t "x" /* c
c */ ;
assert "`t'" == "x";
#delimit cr
* star comment with /* inside
local u 5
assert "`u'" == "5"
*/ ends nothing
/* block
 * with star
*/
assert 1 /* x */ == /* y */ 1
if 1 { // comment after brace
  local v 1
} // after close
assert `v' == 1
if 1 { /* c */
  local v 2
}
else { // c
  local v 3
}
assert `v' == 2
local w `"say "hi" there"'
assert `"`w'"' == `"say "hi" there"'
local w2 `"a `"b `"c"' d"' e"'
assert `"`w2'"' == `"a `"b `"c"' d"' e"'
local br "{ and }"
assert "`br'" == "{ and }"
foreach x in "a{" "}b" {
  local last `x'
}
assert "`last'" == "}b"
// slash comment
assert 6/2 == 3
assert 6 //2
local z 1 //* odd
assert "`z'" == "1"
local m a ///
b ///
   c
assert "`: word count `m''" == "3"
local q ""
assert "`q'" == ""
local q = ""
assert "`q'" == ""
local n : di %5.2f 3.14159
assert "`n'" == " 3.14"
local n: di %5.2f 3.14159
assert "`n'" == " 3.14"
local tab "a	b"
assert strlen("`tab'") == 3
