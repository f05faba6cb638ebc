"""The report in a real browser: every point is there, nothing overflows, nothing is loaded.

report_browser_test.py ROOFSCAPE REPORT_FIXTURE [FOLDER_FOR_PICTURES]

Exit status 77 (skipped) where no Chromium is installed.
"""

import html
import html.parser
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

SIZES = {"desk": (1280, 800, "wide"), "phone": (390, 844, "narrow")}
POINTS = 10
HOSTILE = "<script>document.title='owned'</script>\"'><img src=x onerror=alert(1)>"
BYTES_PER_POINT = 60_000

# Runs inside the page after it has loaded and leaves what it saw in an attribute of the frame.
PROBE = """
<script>
  const seen = {};
  const shown = (element) => element.getClientRects().length > 0;
  const charts = [...document.querySelectorAll('svg.chart')].filter(shown);
  seen.width = innerWidth;
  seen.overflow = document.documentElement.scrollWidth - innerWidth;
  seen.charts = charts.map((c) => [c.classList[1], c.querySelectorAll('.point').length]);
  seen.fonts = charts.map((c) => {
    const text = c.querySelector('.axis text');
    return parseFloat(getComputedStyle(text).fontSize) * c.getScreenCTM().a;
  });
  const rows = [...document.querySelectorAll('#results > .scroll tr[data-run]')];
  seen.rows = rows.filter(shown).length;
  seen.minis = [...document.querySelectorAll('svg.mini')].filter(shown).length;
  charts[0].querySelector('.point').dispatchEvent(new Event('focus'));
  seen.tip = document.querySelector('.tip').textContent;
  document.querySelectorAll('.tabs input')[1].click();
  seen.tabbed = [...document.querySelectorAll('svg.chart')].filter(shown)
    .map((c) => c.querySelector('title').textContent);
  seen.title = document.title;
  seen.loaded = performance.getEntriesByType('resource').length;
  parent.document.documentElement.dataset.seen = JSON.stringify(seen);
</script>
"""

# Chromium makes no window narrower than 500 px; a frame may be.
FRAME = """<!DOCTYPE html><html><body style="margin:0"><iframe style="border:0;display:block"
width="{width}" height="{height}" srcdoc="{page}"></iframe></body></html>"""

failures = []


def check(condition, what):
    if not condition:
        failures.append(what)


class Balance(html.parser.HTMLParser):
    """Every element that opens closes, in order."""

    EMPTY = {"meta", "input", "br", "img", "link"}

    def __init__(self):
        super().__init__()
        self.open = []
        self.tags = []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            if name in ("src", "href", "srcset", "action", "data"):
                failures.append(f"<{tag} {name}={value!r}> may load something")
            if name.startswith("on"):
                failures.append(f"<{tag} {name}> is a handler in the markup")
        if tag not in self.EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            failures.append(f"</{tag}> closes nothing, at {self.getpos()}")


def run(*command):
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(map(str, command))}: exit status {done.returncode}\n{done.stderr}")
    return done.stdout


def browse(browser, folder, text, width, height, *what):
    page = folder / "frame.html"
    page.write_text(FRAME.format(width=width, height=height, page=html.escape(text)),
                    encoding="utf-8")
    command = [browser, "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
               "--no-first-run", "--enable-logging=stderr", "--virtual-time-budget=2000",
               f"--user-data-dir={folder / 'profile'}", f"--window-size={width},{height}", *what,
               page.as_uri()]
    done = subprocess.run(command, capture_output=True, text=True, timeout=90, check=False)
    console = [line for line in done.stderr.splitlines() if "CONSOLE" in line]
    return done.stdout, console


def check_text(text, name):
    parser = Balance()
    parser.feed(text)
    check(not parser.open, f"{name}: never closed: {parser.open}")
    check(parser.tags.count("script") == 1, f"{name}: {parser.tags.count('script')} scripts")
    check("img" not in parser.tags, f"{name}: an <img> came from outside text")
    check(not re.search(r"url\(|@import|fetch\(", text), f"{name}: something loads something")
    check(len(text) < 100_000 + POINTS * BYTES_PER_POINT, f"{name}: {len(text)} bytes")


def check_page(browser, folder, report, name, pictures):
    text = report.read_text(encoding="utf-8")
    check_text(text, name)
    probed = text.replace("</body>", PROBE + "</body>")
    for size, (width, height, kind) in SIZES.items():
        where = f"{name} on a {size}"
        dom, console = browse(browser, folder, probed, width, height, "--dump-dom")
        check(not console, f"{where}: console says {console}")
        found = re.search(r'data-seen="([^"]*)"', dom)
        if not found:
            failures.append(f"{where}: the probe did not run: {dom[-500:]}")
            continue
        seen = json.loads(html.unescape(found[1]))
        check(seen["width"] == width, f"{where}: the window is {seen['width']} wide")
        check(seen["overflow"] <= 0, f"{where}: {seen['overflow']} px wider than the window")
        check(seen["charts"] == [[kind, POINTS]] * 2, f"{where}: charts {seen['charts']}")
        check(min(seen["fonts"]) >= 9.5, f"{where}: axis numbers of {seen['fonts']} px")
        check(seen["rows"] == POINTS, f"{where}: {seen['rows']} rows")
        check(seen["minis"] == 5 * POINTS, f"{where}: {seen['minis']} small drawings")
        check("TTFT p50" in seen["tip"], f"{where}: tooltip {seen['tip']!r}")
        check(seen["tabbed"][0].startswith("Output tokens"), f"{where}: tabs {seen['tabbed']}")
        check(seen["title"] != "owned", f"{where}: a script from outside text ran")
        check(seen["loaded"] == 0, f"{where}: {seen['loaded']} resources loaded")
        if pictures:
            browse(browser, folder, text, width, height,
                   f"--screenshot={pictures / f'{name}-{size}.png'}")


def main():
    roofscape, fixture = sys.argv[1:3]
    pictures = pathlib.Path(sys.argv[3]).resolve() if len(sys.argv) > 3 else None
    browser = shutil.which("chromium") or shutil.which("chromium-browser")
    if browser is None:
        print("no Chromium: apt-get install chromium")
        return 77
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        for kind, text in {"calm": "", "hostile": HOSTILE}.items():
            database = folder / f"{kind}.db"
            run(fixture, database, *([text] if text else []))
            report = folder / f"{kind}.html"
            printed = run(roofscape, "report", "--db", database, "--label", f"site=lab{text}",
                          "-o", report)
            check(printed == f"{report}\n", f"report printed {printed!r}")
            check_page(browser, folder, report, kind, pictures)
    for failure in failures:
        print(f"FAILED: {failure}")
    print(f"{len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
