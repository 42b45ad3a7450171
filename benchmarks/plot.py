"""The plot of ``docs/performance.md``: requests a second as bars, written as SVG by hand."""

from html import escape
from typing import Any

WIDTH, LABEL, RIGHT = 860, 330, 90
BAR, GAP, TOP = 22, 10, 56
OURS, BASE, PEER = "#1f6f8b", "#9aa5b1", "#c98b3c"


def bars(documents: list[dict[str, Any]]) -> str:
    """Medians with their least and most as a line, of every variant of these results once."""
    found: dict[str, dict[str, float]] = {}
    for document in documents:
        for name, summary in document["variants"].items():
            found.setdefault(name, summary["requests_per_second"])
    ranked = sorted(found.items(), key=lambda item: -item[1]["median"])
    most = max(rate["max"] for _, rate in ranked)
    scale = (WIDTH - LABEL - RIGHT) / most
    height = TOP + len(ranked) * (BAR + GAP) + 10
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
        ' font-family="system-ui, sans-serif" font-size="14" role="img"'
        ' aria-label="Requests a second, one worker on one core">',
        f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
        '<text x="10" y="24" font-size="16" font-weight="600">'
        "Requests a second, one worker on one core</text>",
        '<text x="10" y="43" fill="#52606d" font-size="12">'
        "median of alternated runs; the line is from the least to the most</text>",
    ]
    for position, (name, rate) in enumerate(ranked):
        lines += _bar(name, rate, TOP + position * (BAR + GAP), scale)
    return "\n".join([*lines, "</svg>", ""])


def _bar(name: str, rate: dict[str, float], top: int, scale: float) -> list[str]:
    middle = top + BAR / 2
    width, least, most = (rate[key] * scale for key in ("median", "min", "max"))
    return [
        f'<text x="{LABEL - 10}" y="{middle + 5:.1f}" text-anchor="end">{escape(name)}</text>',
        f'<rect x="{LABEL}" y="{top}" width="{width:.1f}" height="{BAR}" fill="{_colour(name)}"/>',
        f'<line x1="{LABEL + least:.1f}" x2="{LABEL + most:.1f}" y1="{middle:.1f}"'
        f' y2="{middle:.1f}" stroke="#1f2933" stroke-width="1.5"/>',
        f'<text x="{LABEL + max(width, most) + 8:.1f}" y="{middle + 5:.1f}">'
        f"{rate['median']:,.0f}</text>",
    ]


def _colour(name: str) -> str:
    if name.startswith("bare"):
        return BASE
    ours = ("verify", "GET /session", "PUT /session", "POST /login", "keepalive")
    return OURS if name.startswith(ours) else PEER
