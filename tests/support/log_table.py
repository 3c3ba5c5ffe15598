# SPDX-License-Identifier: Apache-2.0
"""
log_table - man/log.def as regular expressions, and the calls in the source that write to the log.

    table = rows(source)
    line = parse("Nov 29 01:48:05 host postfix/smtpd[12]: connect from c.example[192.0.2.1]")
    row = match(table, line)                None: no row says this line

In a pattern {name} stands for a field, {one|two} for one of these texts, {? text ?} may be absent.
"""

import ast
import collections
import re
import subprocess

Row = collections.namedtuple("Row", "programs severity pattern meaning remedy expression")
Line = collections.namedtuple("Line", "program pid severity text")
Call = collections.namedtuple("Call", "place program severity formats")

SEVERITIES = ("info", "warning", "error", "fatal", "panic")
COMMANDS = ("postcat", "postconf", "postdrop", "postlog", "postmap", "postqueue", "postsuper", "sallyport", "sendmail")
FIELDS = {
    "queue-id": "(?:NOQUEUE|[0-9A-Za-z]{6,})", "number": r"\d+", "size": r"\d+", "nrcpt": r"\d+", "uid": r"-?\d+",
    "code": r"\d{3}", "dsn": r"[245]\.\d{1,3}\.\d{1,3}", "delay": r"[\d.]+", "delays": r"[\d.]+(?:/[\d.]+){3}",
    "signal": r"\d+",
    "sender": ".*?", "message-id": ".*?", "helo": ".*?", "recipient": ".*?", "original": ".*?",
    "client": r"\S+\[[^\]\s]+\](?::\d+)?", "counts": r"(?: \w+=\d+(?:/\d+)?)*",
}
TOKEN = re.compile(r"\{\?|\?\}|\{[^{}?]+\}")
PREFIX = re.compile(r"(?:\S+ +\d+ [\d:]{8} (?:\S+ )?)?(?:[^\s\[\]:]+/)?([^\s/\[\]]+)\[(\d+)\]: "
                    r"(?:(warning|error|fatal|panic): )?(.*)")


# ---- the table ----

def tokens(pattern):
    """What a pattern is made of: ("text", t), ("field", name), ("open", ""), ("close", "")."""
    at = 0
    for m in TOKEN.finditer(pattern):
        if m.start() > at:
            yield "text", pattern[at:m.start()]
        yield {"{?": ("open", ""), "?}": ("close", "")}.get(m[0], ("field", m[0][1:-1]))
        at = m.end()
    if at < len(pattern):
        yield "text", pattern[at:]


def compile_pattern(pattern, field, absent=""):
    """The regular expression of a pattern: field(name) is that of a field; what may be absent may also be like absent."""
    out = ""
    for kind, text in tokens(pattern):
        out += {"text": re.escape(text), "open": "(?:", "close": f"{absent})?"}.get(kind) or field(text)
    return re.compile(out, re.S)


def field_expression(name):
    if "|" in name:
        return "(?:" + "|".join(re.escape(word) for word in name.split("|")) + ")"
    return FIELDS.get(name, ".+?")


def read_strings(text):
    """The strings of C at the beginning of text, joined where they stand together, and the words between commas."""
    out = []
    for part in re.finditer(r'((?:"(?:\\.|[^"\\])*"\s*)+)|([a-z]+)', text):
        out.append("".join(ast.literal_eval(s) for s in re.findall(r'"(?:\\.|[^"\\])*"', part[1])) if part[1] else part[2])
    return out


def rows(source):
    text = re.sub(r"/\*.*?\*/", "", (source / "man/log.def").read_text(), flags=re.S)
    out = []
    for part in text.split("\nLOG(")[1:]:
        programs, severity, pattern, meaning, remedy = read_strings(part)
        out.append(Row(programs.split(), severity, pattern, meaning, remedy, compile_pattern(pattern, field_expression)))
    return by_weight(out)


# ---- lines of a log ----

def parse(text):
    """A line of the log in its parts; None for what is none."""
    m = PREFIX.fullmatch(text)
    return Line(m[1], int(m[2]), m[3] or "info", m[4]) if m else None


def by_weight(table):
    """Those rows first that say most by themselves: where several say a line, the first of these is meant."""
    return sorted(table, key=lambda row: -sum(len(text) for kind, text in tokens(row.pattern) if kind == "text"))


def match(table, line):
    """The first row that says this line; rows of other programs do not count."""
    for row in table:
        if row.severity == line.severity and (line.program in row.programs or "all" in row.programs) and \
                row.expression.fullmatch(line.text):
            return row
    return None


# ---- calls in the source ----

LOGGERS = {"log_info": ("info", 0), "log_warn": ("warning", 0), "log_error": ("error", 0), "log_fatal": ("fatal", 1)}
# Functions that hand their format to one of those: the severity, the argument, and what the log gets of it.
HANDERS = {
    "judge_misconfigured": ("warning", 1, "%s", "lib/access/"), "message_storage": ("warning", 2, "%%s: %s: %%s", "cleanup/"),
    "qfile_trouble": ("warning", 3, "%%s: %s: %%s", "lib/mail/"), "sendmail_fail": ("fatal", 2, "%s", "commands/sendmail/"),
    "fail": ("fatal", 2, "%s", "commands/postdrop/main.c"),
}
STRING = re.compile(r'"(?:\\.|[^"\\\n])*"')


def arguments(text, at):
    """The arguments of a call whose parenthesis opens before at, and where it ends."""
    depth, begin, out = 1, at, []
    while depth:
        c = text[at]
        if c in "\"'":
            at = re.compile(r"""(["'])(?:\\.|(?!\1).)*\1""", re.S).match(text, at).end()
            continue
        depth += (c in "([{") - (c in ")]}")
        if depth == 0 or (depth == 1 and c == ","):
            out.append(text[begin:at])
            begin = at + 1
        at += 1
    return out, at


def formats_of(argument):
    """The texts that an argument can be: strings that stand together are one, ?: gives two."""
    out = []
    for group in re.finditer(r'(?:"(?:\\.|[^"\\\n])*"\s*)+', argument):
        out.append("".join(ast.literal_eval(s) for s in STRING.findall(group[0])))
    return out or ["%s"]


def program_of(path):
    parts = path.split("/")
    if parts[0] == "lib":
        return "all"
    return parts[1].removesuffix(".c") if parts[0] in ("agents", "services", "commands") else parts[0]


def source_files(source):
    done = subprocess.run(["tests/lint/files", "*.c"], cwd=source, capture_output=True, text=True, check=True)
    return [f for f in done.stdout.split() if not f.startswith("tests/")]


def calls(source):
    """Every call that writes to the log."""
    known = {**{name: (*what, "%s", "") for name, what in LOGGERS.items()}, **HANDERS}
    names = re.compile(r"(?<![\w.>])(" + "|".join(known) + r")\(")
    for path in source_files(source):
        if path == "lib/base/log.c":
            continue
        text = (source / path).read_text()
        text = re.sub(r"/\*.*?\*/", lambda m: re.sub(r"[^\n]", " ", m[0]), text, flags=re.S)
        for m in names.finditer(text):
            severity, number, frame, place = known[m[1]]
            given, end = arguments(text, m.end())
            if not path.startswith(place) or text[end:end + 1] == "\n":  # a definition
                continue
            formats = [frame % f for f in formats_of(given[number])]
            yield Call(f"{path}:{text[:m.start()].count(chr(10)) + 1}", program_of(path), severity, formats)


CONVERSION = re.compile(r"%[-+ 0#]*[\d.*]*(?:hh|h|ll|l|z|j)?[a-zA-Z]")
HOLE = "\x01"


def holes(form):
    """A format with what is filled in later as \\x01."""
    return CONVERSION.sub(HOLE, form).replace("%%", "%")


def says(row, form):
    """Does this row describe a line of this format?"""
    hole = f"{HOLE}+"

    def field(name):
        words = [holes(w) for w in name.split("|")] if "|" in name else []
        return "(?:" + "|".join([hole, *map(re.escape, words)]) + ")"
    expression = compile_pattern(row.pattern, field, f"|{hole}").pattern
    return re.fullmatch(expression, holes(form)) is not None
