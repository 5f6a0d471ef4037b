"""The fonts of typeset formulas, cut down to the characters that the book uses.

Needs fontTools (MIT, plain Python); where it is missing the fonts are served whole.
"""

from __future__ import annotations

import hashlib
import io
import re
from collections.abc import Iterable
from pathlib import Path

_CONTENT = re.compile(r"content:\s*(?:\"((?:[^\"\\]|\\.)*)\"|'((?:[^'\\]|\\.)*)')")
_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)


def characters(css: str) -> set[str]:
    """The characters that the rules of a style sheet write into a page by ``content``."""
    found: set[str] = set()
    for double, single in _CONTENT.findall(css):
        found.update(_ESCAPE.sub(lambda one: chr(int(one[1], 16)) if one[1] else one[2], double or single))
    return found


def subset(font: bytes, wanted: Iterable[str], kept: Path) -> bytes:
    """The WOFF `font` with the glyphs of `wanted` alone, or the whole of it where fontTools is missing.

    What was cut before lies in the folder `kept` under the hash of what it was cut from.
    """
    try:
        import fontTools
        from fontTools import subset as tools
    except ImportError:
        return font
    text = "".join(sorted(set(wanted)))
    key = hashlib.sha256(font + text.encode() + fontTools.version.encode() + Path(__file__).read_bytes()).hexdigest()[
        :24
    ]
    known = kept / f"{key}.woff"
    if known.is_file():
        return known.read_bytes()
    loaded = tools.load_font(io.BytesIO(font), tools.Options())
    if not {ord(one) for one in text} & set(loaded.getBestCmap() or ()):
        return font  # made of nothing but its measures, or not used
    options = tools.Options()
    options.flavor = "woff"
    options.recalc_timestamp = False  # the same characters give the same bytes
    options.notdef_outline = True
    options.layout_features = ["*"]
    options.name_IDs = ["*"]  # the copyright and the licence stay in the font
    options.drop_tables += ["FFTM"]  # the editor's own times
    cutter = tools.Subsetter(options)
    cutter.populate(text=text)
    cutter.subset(loaded)
    out = io.BytesIO()
    tools.save_font(loaded, out, options)
    kept.mkdir(parents=True, exist_ok=True)
    known.write_bytes(out.getvalue())
    return out.getvalue()
