# SPDX-License-Identifier: Apache-2.0
"""The results as JSON and as Markdown; the table is made from the JSON alone, so an old file can be printed again."""
import json

DASH = "–"


def rate(n):
    return f"{n:,.0f}" if n >= 100 else f"{n:,.1f}"


def micros(n):
    if not n:
        return DASH
    return f"{n / 1000:.2f} ms" if n >= 1000 else f"{n:.0f} µs"


def cpu(spent):
    return ", ".join(f"{name} {us:.1f}" for name, us in spent.items() if us >= 0.05) or DASH


def figure_rows(figure):
    for name, s in figure["sides"].items():
        ratio = next((r for k, r in figure["ratios"].items() if k.endswith(f"_vs_{name}")), None)
        shown = f"**{ratio['median']:.3g}** ± {100 * ratio['spread'] / 2:.0f} %" if ratio else DASH
        title = figure["title"] if name == next(iter(figure["sides"])) else ""
        yield (f"| {title} | {name} | {rate(s['rate'])} | {100 * s['spread']:.0f} % | {shown} | {micros(s['p50_us'])} | "
               f"{micros(s['p99_us'])} | {cpu(s['cpu_us'])} |")


def machine_lines(r):
    m, q = r["machine"], r["quiet"]
    yield f"- {m['cpu']}, {m['cores']} cores, {m['memory_gib']} GiB; {m['system']}, Linux {m['kernel']}; governor: {m['governor']}"
    yield f"- disk: {m['disk']}"
    yield "- " + "; ".join(f"{k}: {v}" for k, v in m["versions"].items() if v)
    state = " (with changes that are not committed)" if r["commit"]["changed"] else ""
    yield f"- commit {r['commit']['commit']}{state}; {r['began']}, {r['seconds']:.0f} s; {r['rounds']} rounds of {r['round_seconds']:g} s"
    if r["cores_apart"]:
        yield f"- servers on core {r['cores']['server']}, who asks on core {r['cores']['client']}"
    else:
        yield "- **servers and who asks share one core**"
    verdict = "quiet" if q["is_quiet"] else "**not quiet**: " + "; ".join(q["reasons"])
    yield (f"- before: load {' '.join(m['load_before'])}, machine {verdict}; during: {r['during']['busy_cores']:.2f} cores busy, "
           f"{100 * r['during']['steal_share']:.2f} % stolen")


def markdown(r):
    lines = [f"# Figures of {r['began'][:10]}", "", *machine_lines(r), "",
             "Rates are medians of the rounds, spread is between the slowest and the fastest. A ratio is ours over theirs in the "
             "same round, the median of those, ± half their spread. CPU is µs of each process for a request.", "",
             "| what | who | a second | spread | ours / theirs | p50 | p99 | CPU µs a request |", "|---|---|--:|--:|--:|--:|--:|---|"]
    for figure in r["figures"]:
        lines += figure_rows(figure)
    if r["values"]:
        lines += ["", "| what | | |", "|---|--:|---|"]
        lines += [f"| {v['key']} | {v['value']} | {v['unit']} |" for v in r["values"]]
    remarks = [f"- {f['key']}: {x}" for f in r["figures"] for x in ([f["note"]] if f["note"] else []) + f["remarks"]]
    if remarks:
        lines += ["", "Remarks:", "", *remarks]
    if r["skipped"]:
        lines += ["", "Skipped:", "", *(f"- {s['what']}: {s['why']}" for s in r["skipped"])]
    for note in r["notes"]:
        lines += ["", f"{note['title']}:", "", "```", *note["lines"], "```"]
    return "\n".join(lines) + "\n"


def write(results, path):
    """path.json and path.md."""
    with open(path + ".json", "w", encoding="utf-8") as f:
        json.dump(results, f, indent=1, ensure_ascii=False)
        f.write("\n")
    with open(path + ".md", "w", encoding="utf-8") as f:
        f.write(markdown(results))
