"""Draw the card that a link to the book shows elsewhere: `python tools/card.py` writes `static/card.png` of the site.

Needs Playwright and a Chromium, as the tests of the site do. The picture is kept in the source: a build needs neither.
"""

from __future__ import annotations

import sys
from pathlib import Path

from assayer.site import chromium
from assayer.site.parts.heads import CARD_SIZE

TARGET = Path(__file__).parents[1] / "lib" / "assayer" / "site" / "static" / "card.png"
PAGE = """<!DOCTYPE html><meta charset="utf-8"><style>
* { margin: 0; box-sizing: border-box; }
body { width: 1200px; height: 630px; padding: 52px 80px; background: #fffefb; color: #1d1b18;
  font-family: "URW Palladio L", Palatino, Georgia, serif; border-left: 18px solid #0b6637; }
h1 { font-size: 104px; font-weight: 600; line-height: 1; }
p { margin-top: 22px; font-size: 42px; line-height: 1.25; color: #57534c; }
ol { position: absolute; left: 98px; right: 80px; bottom: 66px; padding: 30px 36px; list-style: none;
  background: #f6f3ec; border: 2px solid #d8d2c5; font-size: 40px; line-height: 1.6; }
li { display: flex; justify-content: space-between; }
i { font-family: "STIX Two Math", "Latin Modern Math", Georgia, serif; }
b { font: 600 30px system-ui, "DejaVu Sans", sans-serif; line-height: 64px; }
</style><h1>The Assayer</h1>
<p>The mathematics of deep learning,<br>each derivation checked by machine.</p>
<ol><li><i>N = ab + c</i><b>assume</b></li>
<li><i>a + b + c</i></li>
<li><i>= N + 1 − (a − 1)(b − 1)</i><b style="color:#0b6637">■ proved</b></li></ol>"""


def draw(target: Path = TARGET) -> None:
    """Write the card to `target`; raises RuntimeError where there is no browser."""
    found = chromium.command()
    if found is None:
        raise RuntimeError(chromium.NO_BROWSER)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as player:
        browser = player.chromium.launch(executable_path=found, args=list(chromium.ARGUMENTS))
        page = browser.new_page(viewport={"width": CARD_SIZE[0], "height": CARD_SIZE[1]})
        page.set_content(PAGE)
        page.screenshot(path=str(target))
        browser.close()


if __name__ == "__main__":
    try:
        draw()
    except RuntimeError as error:
        sys.exit(f"the card was not drawn: {error}")
    print(f"{TARGET} ({TARGET.stat().st_size} bytes)")
