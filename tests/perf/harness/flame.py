# SPDX-License-Identifier: Apache-2.0
"""
Flame graphs: samples of perf, folded to stacks, drawn as SVG. The width of a frame is its share of the samples; hover
shows the name and the share.
"""
import collections
import html
import re

WIDTH, ROW, FONT = 1200, 16, 11
COLOURS = (("kernel", "#d9a066"), ("tls", "#7aa6c2"), ("libc", "#b0b0b0"), ("ours", "#e0704a"))


def colour_of(frame):
    name = frame.rpartition(" ")[2]
    for key, colour in COLOURS:
        if key in name:
            return colour
    return COLOURS[-1][1]


def kind_of(place):
    if "kernel" in place or place.startswith("["):
        return "kernel"
    if "libssl" in place or "libcrypto" in place:
        return "tls"
    return "ours" if "keyhold" in place else "libc"


def fold(script):
    """Counter of stacks, outermost first, of what `perf script` prints."""
    stacks, frames = collections.Counter(), []
    for line in script.splitlines() + [""]:
        if not line.strip():
            if frames:
                stacks[tuple(reversed(frames))] += 1
            frames = []
        elif line[0].isspace():
            found = re.match(r"\s+[0-9a-f]+ (.*) \((.*)\)$", line)
            if found:
                name = re.sub(r"\+0x[0-9a-f]+$", "", found.group(1))
                frames.append(f"{name} {kind_of(found.group(2))}")
    return stacks


def tree(stacks):
    root = {"n": 0, "of": {}}
    for stack, n in stacks.items():
        node = root
        node["n"] += n
        for frame in stack:
            node = node["of"].setdefault(frame, {"n": 0, "of": {}})
            node["n"] += n
    return root


def boxes(node, x, depth, out, scale):
    for frame, child in sorted(node["of"].items()):
        width = child["n"] * scale
        if width >= 0.3:
            out.append((x, depth, width, frame, child["n"]))
            boxes(child, x, depth + 1, out, scale)
        x += width


def svg(script, title):
    root, out = tree(fold(script)), []
    if root["n"] == 0:
        raise ValueError("perf took no samples")
    boxes(root, 0.0, 0, out, WIDTH / root["n"])
    height = (max(b[1] for b in out) + 3) * ROW
    lines = [f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{height}" font-family="monospace" '
             f'font-size="{FONT}">', f'<text x="4" y="{ROW - 4}">{html.escape(title)}, {root["n"]} samples</text>']
    for x, depth, width, frame, n in out:
        name = frame.rpartition(" ")[0]
        y = height - (depth + 1) * ROW
        shown = name[:int(width / 7)] if width > 20 else ""
        lines.append(f'<g><title>{html.escape(name)} {100 * n / root["n"]:.2f} %</title><rect x="{x:.1f}" y="{y}" '
                     f'width="{width:.1f}" height="{ROW - 1}" fill="{colour_of(frame)}"/>'
                     f'<text x="{x + 2:.1f}" y="{y + ROW - 5}">{html.escape(shown)}</text></g>')
    return "\n".join(lines + ["</svg>", ""])


def own(script, top=30):
    """[(share, function)] of the innermost frames, for a table."""
    counts, total = collections.Counter(), 0
    for stack, n in fold(script).items():
        counts[stack[-1]] += n
        total += n
    return [(n / total, frame) for frame, n in counts.most_common(top)]
