# SPDX-License-Identifier: Apache-2.0
"""
plot - the results as SVG: how many times better than Postfix, and how cost grows.
"""
import math
from xml.sax.saxutils import escape

from works import WORKS

COLOURS = {"sallyport": "#0b6e4f", "postfix": "#555555", "exim": "#c26a00", "opensmtpd": "#3b6fb6", "limit": "#999999"}
PANELS = [("rate", "rate"), ("cpu", "CPU a unit"), ("memory", "memory"), ("p50", "latency p50")]
LEFT, TOP, PANEL, GAP, ROW = 270, 70, 250, 22, 24
LEAST, MOST = 1 / 64, 64
STYLE = "text{font:12px sans-serif}.small{font-size:10px;fill:#555}.grid{stroke:#ddd}.one{stroke:#555}"


class Svg:
    """A picture that grows by lines of text."""

    def __init__(self, width, height):
        self.parts = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
                      f'viewBox="0 0 {width} {height}">', f"<style>{STYLE}</style>",
                      f'<rect width="{width}" height="{height}" fill="#fff"/>']

    def line(self, x1, y1, x2, y2, **more):
        self.parts.append(f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"{attributes(more)}/>')

    def text(self, x, y, words, **more):
        self.parts.append(f'<text x="{x:.1f}" y="{y:.1f}"{attributes(more)}>{escape(words)}</text>')

    def dot(self, x, y, r, title="", **more):
        self.parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r}"{attributes(more)}><title>{escape(title)}</title></circle>')

    def path(self, points, **more):
        self.parts.append('<polyline points="' + " ".join(f"{x:.1f},{y:.1f}" for x, y in points) + f'"{attributes(more)}/>')

    def done(self):
        return "\n".join(self.parts + ["</svg>"]) + "\n"


def attributes(more):
    return "".join(f' {key.rstrip("_").replace("_", "-")}="{value}"' for key, value in more.items())


def across(value, left, width=PANEL, least=LEAST, most=MOST):
    """The place of a value on a logarithmic scale."""
    value = min(max(value, least), most)
    return left + width * math.log(value / least) / math.log(most / least)


def frame(svg, rows):
    bottom = TOP + ROW * len(rows)
    for i, (_, title) in enumerate(PANELS):
        left = LEFT + i * (PANEL + GAP)
        svg.text(left, TOP - 24, f"{title}: times better than Postfix")
        for tick in (1 / 64, 1 / 16, 1 / 4, 1, 4, 16, 64):
            x = across(tick, left)
            svg.line(x, TOP, x, bottom, class_="one" if tick == 1 else "grid")
            svg.text(x, TOP - 6, f"{tick:g}" if tick >= 1 else f"1/{1 / tick:g}", class_="small", text_anchor="middle")
    for n, work in enumerate(rows):
        svg.text(LEFT - 10, TOP + ROW * n + 16, work.title, text_anchor="end")
        svg.line(10, TOP + ROW * n, LEFT + len(PANELS) * (PANEL + GAP) - GAP, TOP + ROW * n, class_="grid")


def legend(svg):
    x = 20
    for name, colour in COLOURS.items():
        if name != "postfix":
            svg.dot(x, 20, 5, fill=colour)
            svg.text(x + 10, 24, name)
            x += 100
    for words, colour in (("goal", "#0a0"), ("failed below", "#d00")):
        svg.line(x, 12, x, 28, stroke=colour, stroke_width=2)
        svg.text(x + 8, 24, words)
        x += 80


def advantages(results):
    """For each work and measure: a point a system on a scale where Postfix is 1."""
    rows = [w for w in WORKS if any((w.name, m) in results.rows for m in results.mtas)]
    svg = Svg(LEFT + len(PANELS) * (PANEL + GAP), TOP + ROW * len(rows) + 20)
    legend(svg)
    frame(svg, rows)
    for n, work in enumerate(rows):
        middle = TOP + ROW * n + ROW / 2
        for i, (key, _) in enumerate(PANELS):
            left = LEFT + i * (PANEL + GAP)
            for goal in [g for g in work.goals if g.kind == "times" and g.measure == key]:
                for value, colour in ((goal.goal, "#0a0"), (goal.failed, "#d00")):
                    x = across(value, left)
                    svg.line(x, middle - 9, x, middle + 9, stroke=colour, stroke_width=2)
            for mta in reversed(results.mtas):
                value = None if mta == "postfix" else results.advantage(work.name, mta, "postfix", key)
                if value:
                    svg.dot(across(value, left), middle, 5 if mta == "sallyport" else 4, f"{mta}: {value:.2f} times",
                            fill=COLOURS.get(mta, "#000"))
    return svg.done()


def growth(series, title, x_title, y_title, width=460, height=300):
    """Lines of (name, [(x, y)]) over a logarithmic x, y from 0; the parts of one picture, to be put beside others."""
    svg = Svg(width, height)
    xs = [x for _, points in series for x, _ in points]
    top = max((y for _, points in series for _, y in points), default=1) * 1.15 or 1
    left, bottom, wide, high = 60, height - 50, width - 90, height - 100
    svg.text(left, 24, title)
    svg.text(left + wide / 2, height - 12, x_title, class_="small", text_anchor="middle")
    svg.text(left, 44, y_title, class_="small")
    for part in range(5):
        y = bottom - high * part / 4
        svg.line(left, y, left + wide, y, class_="grid")
        svg.text(left - 6, y + 4, f"{top * part / 4:.3g}", class_="small", text_anchor="end")
    for x in sorted(set(xs)):
        svg.text(across(x, left, wide, min(xs), max(max(xs), min(xs) * 1.01)), bottom + 16, f"{x:,}", class_="small", text_anchor="middle")
    for number, (name, points) in enumerate(series):
        colour = COLOURS.get(name, "#000")
        places = [(across(x, left, wide, min(xs), max(max(xs), min(xs) * 1.01)), bottom - high * y / top) for x, y in points]
        svg.path(places, fill="none", stroke=colour, stroke_width=2)
        for (x, y), (_, value) in zip(places, points):
            svg.dot(x, y, 3.5, f"{name}: {value:.4g}", fill=colour)
        svg.text(left + wide - 4, bottom - 8 - 14 * number, name, fill=colour, text_anchor="end")
    return svg.done()
