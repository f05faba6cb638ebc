"""The tables, as Markdown."""

import statistics

import grid as grids
import host

# Around what a script writes into a page: its name, and who writes it.
BEGIN = "<!-- {0}: written by bench/peers/{1} -->"
END = "<!-- {0}: end -->"


def row(cells):
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def head(names):
    return [row(names), row(["---"] * len(names))]


def ms(value, sign=True):
    if value is None:
        return "-"
    return f"{value * 1e3:{'+' if sign else ''}.2f}"


def percent(told, true):
    return "-" if told is None or not true else f"{100 * (told / true - 1):+.1f} %"


def median(values):
    values = [v for v in values if v is not None]
    return statistics.median(values) if values else None


def about(value, form):
    return "-" if value is None else form.format(value)


def of(runs, peer, key=None):
    return [run for run in runs if run.outcome.peer == peer
            and (key is None or (run.outcome.load.rate or run.outcome.load.streams) == key)]


def cell_ttft(runs):
    """The median over the rounds, with a star where the server was late in all of them."""
    value = median([run.outcome.error("ttft", "p99") for run in runs])
    if value is None:
        return "no result" if runs else "-"
    return ms(value) + ("*" if all(run.outcome.server_late for run in runs) else "")


def delivered(runs):
    """Of the asked rate, by the server's stamps of arrival."""
    value = median([run.outcome.truth.rate / run.outcome.load.rate for run in runs
                    if run.outcome.truth])
    return about(value, "{:.1%}")


def right_of(verdicts, peer):
    tried = [v for v in verdicts if v.peer == peer and v.wrong is not None]
    return f"{sum(v.wrong != '' for v in tried)} of {len(tried)}" if tried else "-"


def summary(options, grid, verdicts, peers):
    names = ["client", *(f"TTFT p99 error at {s:,} streams, ms" for s in options.streams),
             "ITL p50 error, worst", "CPU a token, us",
             *(f"delivered of {r:g}/s" for r in options.rates), "knee, tokens/s",
             "parser faults"]
    lines = head(names)
    for peer in peers:
        runs = of(grid.closed, peer)
        knee = grids.knee(grid, peer)
        lines.append(row([
            peer, *(cell_ttft(of(runs, peer, s)) for s in options.streams), worst_itl(runs),
            about(median([run.cpu_us for run in runs]), "{:.1f}"),
            *(delivered(of(grid.opened, peer, r)) for r in options.rates),
            about(knee, "{:,.0f}"), right_of(verdicts, peer)]))
    return lines


def worst_itl(runs):
    """Of the runs that count; where none does, of all, with a star."""
    counted = [run for run in runs if not run.outcome.server_late]
    relative = [error / run.outcome.truth.itl["p50"] for run in counted or runs
                if (error := run.outcome.error("itl", "p50")) is not None]
    if not relative:
        return "-"
    return f"{100 * max(relative, key=abs):+.1f} %" + ("" if counted else "*")


def detail(runs):
    lines = head(["load", "client", "true tokens/s", "true TTFT p50 / p99, ms",
                  "told less true: p50", "p99", "mean", "true ITL p50 / p99, ms",
                  "told ITL p50 / p99", "E2E mean error", "told requests, failed",
                  "told of true tokens", "CPU a token, us", "server late p99, us", "counts"])
    for run in runs:
        lines.append(row(detail_cells(run)))
    return lines


def detail_cells(run):
    outcome = run.outcome
    load, true, told = outcome.load, outcome.truth, outcome.record
    what = f"{load.rate:g}/s" if load.rate else f"{load.streams:,} x {run.gap_ms:g} ms"
    if true is None or told is None:
        return [what, outcome.peer, *["-"] * 12, f"no: {outcome.message}".replace("|", "/")]
    itl = [percent(told.itl.get(f), true.itl.get(f)) for f in ("p50", "p99")]
    return [what, outcome.peer, f"{true.tokens_per_s:,.0f}",
            f"{ms(true.ttft['p50'], False)} / {ms(true.ttft['p99'], False)}",
            *(ms(outcome.error("ttft", f)) for f in ("p50", "p99", "mean")),
            f"{ms(true.itl.get('p50'), False)} / {ms(true.itl.get('p99'), False)}",
            " / ".join(itl), percent(told.e2e.get("mean"), true.e2e["mean"]),
            f"{told.requests}, {told.failed}", f"{told.output_tokens} of {true.output_tokens}",
            about(run.cpu_us, "{:.1f}"), f"{true.late_p99_s * 1e6:.0f}",
            "no: the server was late" if outcome.server_late else "yes"]


def fault_table(verdicts, peers):
    lines = head(["the server sends", *peers])
    said = {None: "not tried", "": "right"}
    for fault in dict.fromkeys(v.fault for v in verdicts):
        found = {v.peer: v.wrong for v in verdicts if v.fault == fault}
        lines.append(row([fault, *(said.get(found.get(p), found.get(p)) for p in peers)]))
    return [line.replace("\n", " ") for line in lines]


def roofline_table(lines):
    shown = head(["client", "connections", "requests/s", "CPU a request, us"])
    for line in lines:
        shown.append(row([line.client, line.streams, about(line.requests_per_s, "{:,.0f}"),
                          about(line.cpu_us, "{:.1f}")]))
    return shown


def versions(options, peers):
    shown = [host.version(options.roofscape)]
    shown += [f"{peer} {host.pinned_version(peer)}" for peer in peers if peer != "roofscape"]
    return ", ".join(shown)


def document(options, machine, grid, verdicts, roofline, peers):
    """Everything between the two marks."""
    parts = [[f"{versions(options, peers)}. {machine}. Server on processor {options.server_cpu}, "
              f"client on {options.client_cpu}; {options.rounds} "
              f"{'round' if options.rounds == 1 else 'rounds'}."]]
    if grid.closed:
        parts += [summary(options, grid, verdicts, peers),
                  ["`*`: the server was late, so the figure says little. Each run:"],
                  detail(grid.closed + grid.opened)]
    if verdicts:
        parts.append(fault_table(verdicts, peers))
    if roofline:
        parts.append(roofline_table(roofline))
    return "\n\n".join("\n".join(part) for part in parts) + "\n"


def write_into(path, text, mark="peers", script="run"):
    """Replaces what stands between the marks of the page."""
    begin, end = BEGIN.format(mark, script), END.format(mark)
    with open(path, encoding="utf-8") as file:
        page = file.read()
    if page.count(begin) != 1 or page.count(end) != 1:
        return f"{path}: it needs one line '{begin}' and one '{end}'"
    before, rest = page.split(begin)
    after = rest.split(end)[1]
    with open(path, "w", encoding="utf-8") as file:
        file.write(f"{before}{begin}\n\n{text}\n{end}{after}")
    return ""
