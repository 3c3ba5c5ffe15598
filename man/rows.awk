# SPDX-License-Identifier: Apache-2.0
#
# rows - the second half of man/generate: a page of mdoc with the rows that the compiler expanded.
#
#	awk -v program=smtpd -f rows.awk ROWS PAGE
#
# A row is @ "kind" @ "text" "more text" @ ... @.

# The next string of the row, whose pieces the compiler would join; the rest stays in text.
function string(	out, c) {
	while (match(text, /^[ \n]*"/)) {
		text = substr(text, RLENGTH + 1)
		while ((c = substr(text, 1, 1)) != "\"" && c != "") {
			if (c == "\\") { text = substr(text, 2); c = substr(text, 1, 1) }
			out = out c
			text = substr(text, 2)
		}
		text = substr(text, 2)
	}
	sub(/^[ \n]*@/, "", text)
	return out
}
function escaped(s) {
	gsub(/\\/, "\\e", s)
	return (index(".\047", substr(s, 1, 1)) && s != "") || s ~ /^[[:punct:]]$/ ? "\\&" s : s
}
# A word that fills more than half a line may end the line behind its punctuation.
function breakable(s,	n, i, word, out) {
	n = split(s, word, / /)
	for (i = 1; i <= n; i++) {
		if (length(word[i]) > 40) gsub(/[,:;@\/|}_]/, "&\\:", word[i])
		out = out (i > 1 ? " " : "") word[i]
	}
	return out
}
# Macro arguments: no word may be taken for a macro, so each is quoted.
function quoted(s) {
	gsub(/"/, "\"\"", s)
	return "\"" (s ~ /^[].,:;()[?!|]$/ ? "\\&" : "") breakable(escaped(s)) "\""
}
function sentences(doc,	line, n, i) {
	gsub(/\.  */, ".\n", doc)
	n = split(doc, line, "\n")
	for (i = 1; i <= n; i++) if (line[i] != "") print escaped(line[i])
}
function said(value) {
	return value ~ /^ *$/ ? "empty" : "Li " quoted(value)
}

# ---- parameters ----

function read_param(	n) {
	n = ++nparams
	type[n] = string(); pname[n] = string(); dflt[n] = string(); least[n] = string(); most[n] = string()
	status[n] = string(); note[n] = string(); who[n] = string(); doc[n] = string()
	known[pname[n]] = n
}
# "all sallyport postqueue": all daemons, sallyport and postqueue.
function readers(list,	n, i, name, out) {
	n = split(list, name, " ")
	for (i = 1; i <= n; i++)
		out = out (i == 1 ? "" : i == n ? " and " : ", ") (name[i] == "all" ? "all daemons" : name[i])
	return out
}
# What bounds say beyond what the type says.
function bounds(n,	lo, hi) {
	lo = least[n] + 0
	hi = most[n] ~ /^[0-9]+$/ && most[n] + 0 < 2147483647 ? most[n] + 0 : -1
	if (type[n] !~ /^(INT|SIZE|TIME)$/)
		return ""
	if (hi >= 0)
		return (lo < 0 ? "At most " hi : "From " lo " to " hi) "."
	return lo > 0 ? "At least " lo "." : ""
}
function item(n, all,	text_) {
	print ".It Va " pname[n] " Pq " types[type[n]] ", default: " \
	    (dflt[n] == "" && pname[n] in place ? "computed" : said(dflt[n]))
	sentences(doc[n])
	if ((text_ = bounds(n)) != "") print text_
	if (status[n] != "") print ".Em " status[n] " :\n" escaped(note[n]) "."
	if (all && pname[n] in own) print "Postfix has no such parameter."
	if (all && who[n] != "") print "Read by " readers(who[n]) "."
}
function fits(pattern, name,	n) {
	n = length(pattern)
	if (substr(pattern, n) != "*") return pattern == name
	return substr(name, 1, n - 1) == substr(pattern, 1, n - 1)
}
# Which group is it in: that of the longest pattern.
function find_groups(	i, g, k, n, words, best, used) {
	for (g = 1; g <= ngroups; g++) {
		n = split(patterns[g], words, " ")
		for (k = 1; k <= n; k++)
			for (i = 1; i <= nparams; i++)
				if (fits(words[k], pname[i])) {
					used[words[k]] = 1
					if (length(words[k]) > best[i]) { best[i] = length(words[k]); group[i] = g }
				}
		for (k = 1; k <= n; k++)
			if (!(words[k] in used)) complain("man/groups.def: " words[k] " fits no parameter")
	}
	for (i = 1; i <= nparams; i++)
		if (!(i in group)) complain("man/groups.def: " pname[i] " is in no group")
}
function complain(what) {
	print what >"/dev/stderr"
	bad = 1
}
function in_groups(	g, i) {
	find_groups()
	for (g = 1; g <= ngroups; g++) {
		print ".Ss " title[g] "\n.Bl -tag -width Ds"
		for (i = 1; i <= nparams; i++) if (group[i] == g) item(i, 1)
		print ".El"
	}
}
function of_program(	i) {
	print ".Bl -tag -width Ds"
	for (i = 1; i <= nparams; i++)
		if ((" " who[i] " ") ~ (" (" program (command ? "" : "|all") ") ")) item(i, 0)
	print ".El"
}

# ---- the other tables, as they come ----

function family(	name, value, texts, meaning, state) {
	string(); name = string(); value = string(); string(); string(); state = string(); texts = string(); string()
	meaning = string()
	print ".It Ar transport Ns Va " name " Pq default: " said(value)
	sentences(meaning)
	if (state != "") print ".Em " state " :\n" escaped(texts) "."
}
function legacy(	name, successor, advice) {
	name = string(); successor = string(); advice = string()
	print ".It Va " name (successor != "" ? " Pq now Va " successor : "")
	print toupper(substr(advice, 1, 1)) escaped(substr(advice, 2)) "."
}
function difference(	name, theirs, why) {
	name = string(); theirs = string(); why = string()
	print ".It Va " name
	print "Postfix has\n." said(theirs) " ,\nwe have\n." said(dflt[known[name]]) " ."
	sentences(why)
}
function log_row(	programs, severity, pattern, meaning, remedy) {
	programs = string(); severity = string(); pattern = string(); meaning = string(); remedy = string()
	if (programs != section) {
		if (section != "") print ".El"
		print ".Ss " (programs == "all" ? "all programs" : programs)
		print ".Bl -tag -width Ds"
		section = programs
	}
	print ".It Li " quoted((severity == "info" ? "" : severity ": ") pattern)
	sentences(meaning)
	if (remedy != "") { print ".Em What to do :"; sentences(remedy) }
}
function each(kind,	i) {
	for (i = 1; i <= nrows; i++) {
		text = rows[i]
		sub(/^[ \n]*@/, "", text)
		if (string() != kind) continue
		if (kind == "family") family()
		else if (kind == "difference") difference()
		else if (kind == "log") log_row()
		else legacy()
	}
}
function listed(kind) {
	print ".Bl -tag -width Ds"
	each(kind)
	print ".El"
}

function read_rows(	i, kind) {
	types["BOOL"] = "yes or no"; types["INT"] = "number"; types["SIZE"] = "bytes"; types["TIME"] = "time"
	types["STR"] = "text"; types["RAW"] = "text, expanded at use"
	nrows = split(table, rows, /@[ \n]*\n/)
	for (i = 1; i <= nrows; i++) {
		text = rows[i]
		sub(/^[ \n]*@/, "", text)
		kind = string()
		if (kind == "param") read_param()
		else if (kind == "own") own[string()] = 1
		else if (kind == "place") place[string()] = 1
		else if (kind == "group") { title[++ngroups] = string(); patterns[ngroups] = string() }
	}
}

FNR == NR { table = table $0 "\n"; next }
FNR == 1 { read_rows(); command = FILENAME ~ /\.1$/ }
/^\.\\" PARAMETERS$/ { of_program(); next }
/^\.\\" ALL PARAMETERS$/ { in_groups(); next }
/^\.\\" TRANSPORT PARAMETERS$/ { listed("family"); next }
/^\.\\" LEGACY NAMES$/ { listed("legacy"); next }
/^\.\\" LEGACY RESTRICTIONS$/ { listed("restriction"); next }
/^\.\\" DIFFERENCES$/ { listed("difference"); next }
/^\.\\" LOG LINES$/ { section = ""; each("log"); print ".El"; next }
{ print }
END { exit bad }
