"""Light pages: what a page does not use is not sent to its reader.

Icons are drawn in the page (`icons`), words of code without a colour of their own are plain text, scripts that a page
does not use go (`scripts`), all its style sheets become one with the rules that the site can need (`purge`), the fonts
of formulas hold the characters of the book (`fonts`), and files that no page names any more are taken out of the site.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING

from assayer.site import audit, fonts, icons, purge, scripts
from assayer.site.errors import SiteError
from assayer.site.formulas import relative

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from assayer.site.parts import Site

ORDER = 900
STATIC = Path(__file__).parents[1] / "static"
NOTICE = (
    "/* The rules that this site uses of: Bootstrap (MIT), pydata-sphinx-theme (BSD-3-Clause, the PyData project), "
    "sphinx-book-theme (BSD-3-Clause, Executable Books), Sphinx (BSD-2-Clause), sphinx-design, sphinx-copybutton and "
    "sphinx-togglebutton (MIT), MyST-NB (BSD-3-Clause), Pygments (BSD-2-Clause), MathJax (Apache-2.0). */\n"
)
FIRST = ("MathJax_Main-Regular", "MathJax_Math-Italic", "MathJax_Zero")
"""The fonts that nearly every formula needs: they stand in the style sheet itself, so that no formula waits for more
than that. (A page opened as a file may not ask for a font early, by ``preload``.)"""
THEIRS = ("locales", "vendor", "styles", "scripts", "images")
"""Folders of the static files that packages bring."""
_SHEET = re.compile(r'[ \t]*<link\b(?=[^>]*\brel="stylesheet")[^>]*>[ \t]*\n?')
_VIEWPORT = re.compile(r'[ \t]*<meta\s+name="viewport"[^>]*>[ \t]*\n?')
_UNUSED = re.compile(
    r'[ \t]*<link rel="preload" as="script"[^>]*>[ \t]*\n?|[ \t]*<meta name="docsearch:[^>]*>[ \t]*\n?'
    r"|<!--\s*this give us a css class.*?-->\s*|<noscript>\s*<style>.*?</style>\s*</noscript>\s*"
    r'|<div class="sidebar-primary-item">\s*<div id="ethical-ad-placement".*?</div>\s*</div>'
    r"|<!-- (?:So that users can|Pre-loaded scripts|Scripts loaded after|Loaded before other)[^>]*-->\s*",
    re.DOTALL,
)
_BOOTSTRAP = re.compile(r'\s+data-bs-(?!title)[\w-]+="[^"]*"')
_TOOLTIP = re.compile(r'(<[a-z]+\b[^>]*?)\s+data-bs-title="([^"]*)"([^>]*>)')
_REFERENCE = re.compile(r'\b(?:src|href)="([^"#?]+)[^"]*"')
_FETCHED = re.compile(r'<(?:script|link|img|source|image|use)\b[^>]*?\s(?:src|href)="([^"#?]+)')
_TEMPLATE = re.compile(r"<template.*?</template>", re.DOTALL)
_URL = re.compile(r"url\(\s*([\"']?)(.*?)\1\s*\)")
_IMPORT = re.compile(r"@import\s+(?:url\()?\s*[\"']?([^\"')\s]+)[\"']?\)?\s*(.*)", re.DOTALL)
_IMPORT_LINE = re.compile(r"@import[^;]*;")
_STYLES = re.compile(r"<style\b[^>]*>(.*?)</style>", re.DOTALL)
_STYLE = re.compile(r'\bstyle="([^"]*)"')
_CODE = re.compile(r"<pre>.*?</pre>", re.DOTALL)
UNCOLOURED = ("n", "p", "w", "nn")
"""Pygments' classes for words in the colour of the text around them: names, punctuation, space, modules."""
_PLAIN = re.compile(rf'<span class="(?:{"|".join(UNCOLOURED)})">([^<]*)</span>')


def setup(app: Sphinx) -> None:
    """Put the frame's style and script on every page."""
    app.add_css_file("frame.css")
    app.add_js_file("frame.js", loading_method="defer")


def finish(site: Site, pages: dict[str, str]) -> dict[str, str]:
    """Take out of every page what it does not use; raises `SiteError` for an icon that nobody drew."""
    done: dict[str, str] = {}
    problems: list[str] = []
    for path, html in pages.items():
        if "<head" not in html:
            done[path] = _leading(site, path, html, pages)
            continue
        html = scripts.outside(scripts.slim(_UNUSED.sub("", html)), path, site.folder)
        html = _CODE.sub(lambda code: _PLAIN.sub(r"\1", code[0]), html)
        html = _TOOLTIP.sub(_titled, _BOOTSTRAP.sub("", html))
        html = _styles_outside(_begun(html), path, site.folder)
        done[path], unknown = icons.drawn(html, path)
        problems += unknown
    if problems:
        raise SiteError(problems)
    return done


def _begun(html: str) -> str:
    """The page with its encoding, its width and its mode settled first, and once."""
    bare = re.sub(r'[ \t]*<meta charset="[^"]*"\s*/?>[ \t]*\n?', "", _VIEWPORT.sub("", html))
    first = (
        '<meta charset="utf-8" />\n<meta name="viewport" content="width=device-width, initial-scale=1" />\n'
        f"<script>{scripts.mode()}</script>\n"
    )
    return re.sub(r"<head[^>]*>\s*", lambda found: f"{found[0].rstrip()}\n{first}", bare, count=1)


def _leading(site: Site, path: str, html: str, pages: dict[str, str]) -> str:
    """A page that only leads to another, made whole: with a language, a title and a link to follow."""
    found = re.search(r"url=([^\"'>\s]+)", html)
    target = _file(path, found[1]) if found else ""
    title = re.search(r"<title>(.*?)</title>", pages.get(target, ""), re.DOTALL)
    if not found or not title:
        return html
    canonical = f'<link rel="canonical" href="{site.url}{target}" />\n' if site.url else ""
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8" />\n<title>{title[1]}</title>\n'
        f'<meta http-equiv="refresh" content="0; url={found[1]}" />\n{canonical}</head>\n'
        f'<body><p><a href="{found[1]}">{title[1]}</a></p></body>\n</html>\n'
    )


def _styles_outside(html: str, path: str, folder: Path) -> str:
    """The page with the style elements of its figures put into a style sheet; they hold inside their figure only."""
    found = list(dict.fromkeys(unescape(one) for one in _STYLES.findall(html)))
    if not found:
        return html
    text = "\n".join(found)
    name = f"_static/figures-{hashlib.sha256(text.encode()).hexdigest()[:10]}.css"
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(text, "utf-8")
    link = f'<link rel="stylesheet" href="{relative(path, name)}" />\n</head>'
    return _STYLES.sub("", html).replace("</head>", link, 1)


def _titled(found: re.Match[str]) -> str:
    named = ' title="' in found[1] + found[3]
    return f"{found[1]}{found[3]}" if named else f'{found[1]} title="{found[2]}"{found[3]}'


def seal(site: Site) -> list[str]:
    """Give every page one style sheet with the rules and the fonts that it needs, and remove what nobody names."""
    pages = {
        path: file.read_text("utf-8")
        for path, file in ((file.relative_to(site.folder).as_posix(), file) for file in site.folder.rglob("*.html"))
        if not path.startswith("_static/")
    }
    words, mentioned = vocabulary(site.folder, pages)
    bundles: dict[tuple[str, ...], str] = {}
    for path, html in pages.items():
        sheets = tuple(_sheets(path, html))
        if not sheets:
            continue
        if sheets not in bundles:
            bundles[sheets] = bundle(site.folder, sheets, words, mentioned)
        changed = _linked(html, path, bundles[sheets])
        if changed != html:
            (site.folder / path).write_text(changed, "utf-8")
            pages[path] = changed
    _remove_unused(site.folder, pages, mentioned)
    problems = audit.style_sheets(site.folder, set(bundles.values()))
    for path, html in pages.items():
        # The audit has read the pages whole; what can have gone since is a file that one of these names.
        for address in dict.fromkeys(_FETCHED.findall(_TEMPLATE.sub("", html))):
            if not re.match(r"[a-z][a-z0-9+.-]*:|//|#", address) and not (site.folder / _file(path, address)).is_file():
                problems.append(f"{path}: names the missing file {address!r}")
    return problems


def vocabulary(folder: Path, pages: dict[str, str]) -> tuple[set[str], str]:
    """The words that a selector may meet in the site, and the text in which scripts and style attributes speak."""
    words: set[str] = set()
    said: list[str] = []
    for html in pages.values():
        words |= purge.words_of(html)
        said += _STYLE.findall(html)
    loaded = {
        scripts.name_of(found["attributes"]) for html in pages.values() for found in scripts.SCRIPT.finditer(html)
    }
    ours = {file.name for file in STATIC.glob("*.js")}
    for file in sorted((folder / "_static").glob("*.js")):
        if file.name in loaded | ours:
            text = file.read_text("utf-8", errors="replace")
            words |= purge.words_of_script(text)
            said.append(text)
    # Pieces of pages that a script fetches.
    for file in sorted(folder.rglob("*.json")):
        text = file.read_text("utf-8", errors="replace")
        if "verify" not in file.parts and "class=" in text:
            words |= purge.words_of_script(text)
    return words, "\n".join(dict.fromkeys(said))


def bundle(folder: Path, sheets: tuple[str, ...], words: set[str], mentioned: str) -> str:
    """Write the one style sheet for pages that name `sheets`; returns its address, which holds its hash."""
    text = ""
    for sheet in sheets:
        name, _, media = sheet.partition("|")
        whole = _read(folder, name)
        text += f"@media {media}{{{whole}}}\n" if media and media != "all" else f"{whole}\n"
    kept = purge.written(purge.purge(purge.parse(text), words, mentioned))
    kept = kept.replace("@font-face{font-family:MJX", "@font-face{font-display:swap;font-family:MJX")
    kept = _URL.sub(lambda found: _with_fonts(folder, found, kept), kept)
    digest = hashlib.sha256(kept.encode()).hexdigest()[:10]
    address = f"_static/site-{digest}.css"
    (folder / address).write_text(NOTICE + kept, "utf-8")
    return address


def _read(folder: Path, name: str) -> str:
    """A style sheet with what it imports, its addresses seen from ``_static``."""
    text = (folder / name).read_text("utf-8")
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)

    def moved(found: re.Match[str]) -> str:
        if re.match(r"data:|#|[a-z]+:|//", found[2]):
            return found[0]
        return f'url("{relative("_static/site.css", _file(name, found[2]))}")'

    def imported(found: re.Match[str]) -> str:
        source, media = _IMPORT.match(found[0].rstrip(";")).groups()  # type: ignore[union-attr]
        inner = _read(folder, _file(name, source))
        return f"@media {media.strip()}{{{inner}}}" if media.strip() else inner

    parted = re.split(r"(@import[^;]*;)", text)
    return "".join(imported(m) if (m := _IMPORT_LINE.match(one)) else _URL.sub(moved, one) for one in parted)


def _file(name: str, address: str) -> str:
    return audit.target(name, address)[0]


def _with_fonts(folder: Path, found: re.Match[str], css: str) -> str:
    """The address of a font of formulas once it is cut down; every other address as it is."""
    if not re.fullmatch(r"mathjax/fonts/[\w-]+\.woff", found[2]):
        return found[0]
    source = folder / "_static" / found[2]
    whole = source.read_bytes()
    cut = fonts.subset(whole, fonts.characters(css), folder.parent / "stage" / "fonts")
    if source.stem in FIRST:
        return f"url(data:font/woff;base64,{base64.b64encode(cut).decode()})"
    name = f"{source.stem}-{hashlib.sha256(cut).hexdigest()[:8]}.woff"
    (source.parent / name).write_bytes(cut)
    return f"url(mathjax/fonts/{name})"


def _sheets(path: str, html: str) -> list[str]:
    """The style sheets of the page at `path`, from the site's root, each with its medium after a bar."""
    found = []
    for link in _SHEET.findall(html):
        href, media = re.search(r'\bhref="([^"?]*)', link), re.search(r'\bmedia="([^"]*)"', link)
        if href:
            found.append(f"{_file(path, href[1])}|{media[1] if media else ''}")
    return list(dict.fromkeys(found))


def _linked(html: str, path: str, address: str) -> str:
    """The page with the one style sheet in the place of all."""
    link = f'<link rel="stylesheet" href="{relative(path, address)}" />'
    head, end, rest = _SHEET.sub("", html).partition("</script>")  # mode.js: nothing is drawn before both
    return f"{head}{end}\n{link}\n{rest}" if end else html


def _remove_unused(folder: Path, pages: dict[str, str], mentioned: str) -> None:
    """Take out the files of packages that no page, no style sheet of the site and no script of a page names."""
    static = folder / "_static"
    named: set[str] = set()
    for path, html in pages.items():
        named.update(_file(path, one) for one in _REFERENCE.findall(html))
    for sheet in static.glob("site-*.css"):
        named.update(_file(f"_static/{sheet.name}", found[2]) for found in _URL.finditer(sheet.read_text("utf-8")))
    # No page links the style sheet of the printed book: `pdf` adds it.
    ours = {file.name for file in STATIC.iterdir()} - {file.name for file in STATIC.glob("*.css")} - {"mode.js"}
    ours.add("pdf.css")
    for file in sorted(static.rglob("*"), reverse=True):
        where = file.relative_to(static)
        if file.is_dir():
            if not any(file.iterdir()):
                file.rmdir()
            continue
        theirs = where.parts[0] in THEIRS or where.parent == Path() or where.parts[:2] == ("mathjax", "fonts")
        theirs = theirs or where.as_posix() == "mathjax/formulas.css"
        known = f"_static/{where.as_posix()}" in named or (where.parent == Path() and file.name in ours)
        said = where.parent == Path() and re.search(rf"[\"'/`]{re.escape(file.name)}\b", mentioned)
        if theirs and not known and not said:
            file.unlink()
