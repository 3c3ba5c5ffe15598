# SPDX-License-Identifier: Apache-2.0
"""
report - the table of the records: medians, ratios to Postfix and to the limit, goals.
"""
import json

import plot
from benchlib import median
from works import WORKS

COLUMNS = [("rate", "rate"), ("cpu", "CPU ms"), ("ctxsw", "switches"), ("flush", "flushes"), ("memory", "memory"),
           ("p50", "p50 ms"), ("p99", "p99 ms")]
MORE_IS_BETTER = {"rate", "served"}
LEGEND = """\
Each measure is followed by its ratio to Postfix and to the limit, medians of the ratios within a round.  rate: a second;
CPU, switches, flushes: for each unit; CPU: of the mail system's processes; switches and flushes: of the whole machine,
load client and sink included; memory: peak PSS, MB unless the row says otherwise; latency: of the client's session or
command, of the whole delivery with 1,000 recipients, of a new client's greeting with idle sessions.
limit: a dialogue straight from load client to sink plus the bare file operations, see limits.py."""


def read_records(file):
    if not file.exists():
        return []
    with open(file, encoding="ascii") as f:
        return [json.loads(line) for line in f]


def short(value):
    if value is None:
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def one_line(work, name, record):
    """What is printed as soon as one measurement is done."""
    words = [f"{key} {short(record[key])}" for key, _ in COLUMNS if record.get(key) is not None]
    return f"  {work.name:18} {name:10} " + ", ".join(words) + (f" [{record['note']}]" if record.get("note") else "")


class Results:
    """The records by work and mail system."""

    def __init__(self, records):
        self.rows = {}
        for r in records:
            self.rows.setdefault((r["work"], r["mta"]), {})[r["round"]] = r
        self.mtas = sorted({r["mta"] for r in records}, key=lambda m: (m == "limit", m != "sallyport", m != "postfix", m))

    def values(self, work, mta, key):
        return [r[key] for r in self.rows.get((work, mta), {}).values() if r.get(key) is not None]

    def value(self, work, mta, key):
        return median(self.values(work, mta, key))

    def ratio(self, work, mta, other, key):
        """The median over the rounds of mta's value by other's."""
        mine, theirs = self.rows.get((work, mta), {}), self.rows.get((work, other), {})
        pairs = [(mine[n].get(key), theirs[n].get(key)) for n in mine if n in theirs]
        return median([a / b for a, b in pairs if a is not None and b])

    def advantage(self, work, mta, other, key):
        """How many times better, whichever direction is better."""
        ratio = self.ratio(work, mta, other, key)
        return ratio if ratio is None or key in MORE_IS_BETTER else 1 / ratio if ratio else None

    def notes(self, work, mta):
        return "; ".join(sorted({r["note"] for r in self.rows.get((work, mta), {}).values() if r.get("note")}))


def judge(results, work, goal):
    """(met, short or FAILED, words) of one goal of one work."""
    if goal.kind == "times":
        value, words = results.advantage(work.name, "sallyport", "postfix", goal.measure), "x"
    elif goal.kind == "ahead":
        value, words = results.advantage(work.name, "sallyport", goal.peer, goal.measure), "x " + goal.peer
    else:
        value, words = results.value(work.name, "sallyport", goal.measure), ""
    if value is None:
        return "-", f"{goal.measure}: not measured"
    sign = -1 if goal.kind == "most" else 1
    state = "met" if sign * value >= sign * goal.goal else "short" if sign * value >= sign * goal.failed else "FAILED"
    bound = "at most " if goal.kind == "most" else ""
    return state, f"{goal.measure} {short(value)}{words} of {bound}{goal.goal:g} {state}"


def goal_words(results, work):
    return "; ".join(judge(results, work, goal)[1] for goal in work.goals)


def cells(results, work, mta):
    out = []
    for key, _ in COLUMNS:
        out.append(short(results.value(work.name, mta, key)))
        for other in ("postfix", "limit"):
            out.append("" if mta == other else short(results.ratio(work.name, mta, other, key)).replace("-", ""))
    return out


def spread(results, work, mta):
    values = results.values(work.name, mta, "rate")
    return f"{short(min(values))}-{short(max(values))}" if values else "-"


def lines_of(results):
    head = ["work", "system"]
    for key, title in COLUMNS:
        head += [title, "/Pfx", "/lim"] + (["min-max"] if key == "rate" else [])
    rows = [head + ["goal and notes"]]
    for work in WORKS:
        for mta in [m for m in results.mtas if (work.name, m) in results.rows]:
            row = cells(results, work, mta)
            row.insert(3, spread(results, work, mta))
            words = goal_words(results, work) if mta == "sallyport" else ""
            title = f"{work.title} [{work.unit}{', ' + work.memory if work.memory not in ('MB', '') else ''}]"
            rows.append([title, mta] + row + ["; ".join(w for w in (words, results.notes(work.name, mta)) if w)])
    widths = [max(len(row[i]) for row in rows) for i in range(len(head))]
    out, last = [], None
    for row in rows:
        if last not in (None, row[0]):
            out.append("")
        shown, last = ("" if row[0] == last else row[0]), row[0]
        out.append("  ".join([shown.ljust(widths[0]), row[1].ljust(widths[1])] +
                             [c.rjust(widths[i]) for i, c in enumerate(row[2:-1], 2)] + [row[-1]]).rstrip())
    return out


def summary(results):
    states = [judge(results, work, goal)[0] for work in WORKS if (work.name, "sallyport") in results.rows for goal in work.goals]
    rounds = max((len(r) for r in results.rows.values()), default=0)
    return (f"{rounds} rounds; {len(states)} goals: {states.count('met')} met, {states.count('short')} short, "
            f"{states.count('FAILED')} failed, {states.count('-')} not measured")


def show(folder):
    """Prints the table and writes table.txt and plot.svg."""
    results = Results(read_records(folder / "records.jsonl"))
    if not results.rows:
        print(f"nothing has been measured in {folder}")
        return 1
    versions = folder / "versions.txt"
    text = "\n".join([(versions.read_text().strip() if versions.exists() else ""), ""] + lines_of(results) +
                     ["", LEGEND, "", summary(results)]) + "\n"
    (folder / "table.txt").write_text(text)
    (folder / "plot.svg").write_text(plot.advantages(results))
    print(text)
    return 0
