# SPDX-License-Identifier: GPL-2.0-or-later
"""Plots as SVG, by hand: two axes and what lies between them."""
from math import log10

HEAD = ('<svg xmlns="http://www.w3.org/2000/svg" width="{}" height="{}" '
        'font-family="sans-serif" font-size="13">\n')
COLOURS = {"stuffing": "#b03", "own": "#06c", "active": "#282"}
NAMES = {"stuffing": "list from elsewhere", "own": "list stolen here", "active": "accounts in use"}


def plot_attempts(points, path):
    """Attempts to the first alert over the rate of the attack, both logarithmic."""
    def place(rate, attempts):
        return 60 + (log10(rate) - 1) * 140, 260 - log10(attempts) * 80
    parts = [HEAD.format(620, 320), '<path d="M60 20V260H500" fill="none" stroke="#888"/>\n']
    for i, kind in enumerate(COLOURS):
        mine = [(r, n) for k, r, n in points if k == kind and n]
        line = " ".join("{:.0f},{:.0f}".format(*place(*p)) for p in mine)
        parts.append(f'<g stroke="none" fill="{COLOURS[kind]}"><polyline points="{line}" '
                     f'fill="none" stroke="{COLOURS[kind]}"/>')
        for point in mine:
            x, y = place(*point)
            parts.append(f'<circle cx="{x:.0f}" cy="{y:.0f}" r="4"/>'
                         f'<text x="{x + 8:.0f}" y="{y - 6:.0f}">{point[1]}</text>')
        parts.append(f'<text x="440" y="{40 + 18 * i}">{NAMES[kind]}</text></g>\n')
    parts += [f'<text x="{60 + i * 140}" y="285" text-anchor="middle">{10 ** (i + 1)}</text>'
              for i in range(4)]
    parts += [f'<text x="50" y="{264 - i * 80}" text-anchor="end">{10 ** i}</text>'
              for i in range(4)]
    parts.append('<text x="280" y="308" text-anchor="middle">attempts per hour</text>'
                 '<text x="16" y="150" transform="rotate(-90 16 150)" text-anchor="middle">'
                 'attempts until the first alert</text></svg>\n')
    with open(path, "w") as out:
        out.write("".join(parts))


def plot_quiet(bounds, path):
    """Upper bounds of false alerts per day and million accounts, one bar each, logarithmic."""
    parts = [HEAD.format(620, 60 + 30 * len(bounds))]
    for i, (who, value) in enumerate(bounds.items()):
        length, y = max((log10(value) + 3) * 60, 2), 20 + 30 * i
        parts.append(f'<text x="110" y="{y + 14}" text-anchor="end">{who}</text>'
                     f'<rect x="120" y="{y}" width="{length:.0f}" height="18" '
                     f'fill="{"#06c" if i == 0 else "#999"}"/>'
                     f'<text x="{126 + length:.0f}" y="{y + 14}">{value:,.2f}</text>\n')
    parts.append(f'<text x="120" y="{40 + 30 * len(bounds)}">false alerts per day and million '
                 'accounts, 95 % bound, logarithmic</text></svg>\n')
    with open(path, "w") as out:
        out.write("".join(parts))
