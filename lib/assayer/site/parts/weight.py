"""Light pages: what a page does not use is not sent to its reader.

Icons are drawn in the page (`icons`), words of code without a colour of their own are plain text, scripts that a page
does not use go (`scripts`), all its style sheets become one with the rules that the site can need (`purge`), the fonts
of formulas hold the characters of the book (`fonts`), and files that no page names any more are taken out of the site.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable
from functools import lru_cache
from html import unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assayer.site import audit, fonts, icons, purge, scripts
from assayer.site.errors import SiteError
from assayer.site.formulas import relative
from assayer.site.kept import ahead, union
from assayer.site.kept import page as kept_page

if TYPE_CHECKING:
    from sphinx.application import Sphinx

    from assayer.site.kept import Memory, Page, Store
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
_NAMING = re.compile(r"--|font|animation|url\(")
"""What a style attribute must hold to name a property of ours, a font, key frames or a file."""
_NEXT = "/* next sheet */"
_REFRESH = re.compile(r"url=([^\"'>\s]+)")
_CODE = re.compile(r"<pre>.*?</pre>", re.DOTALL)
UNCOLOURED = ("n", "p", "w", "nn")
"""Pygments' classes for words in the colour of the text around them: names, punctuation, space, modules."""
_PLAIN = re.compile(rf'<span class="(?:{"|".join(UNCOLOURED)})">([^<]*)</span>')


def setup(app: Sphinx) -> None:
    """Put the frame's style and script on every page."""
    app.add_css_file("frame.css")
    app.add_js_file("frame.js", loading_method="defer")


def finish(site: Site, pages: dict[str, Page]) -> dict[str, Page]:
    """Take out of every page what it does not use; raises `SiteError` for an icon that nobody drew."""
    done: dict[str, Page] = {}
    problems: list[str] = []
    ahead({page: (path,) for path, page in pages.items()}, _leads_to)
    for path, page in pages.items():
        target = page.fact(_leads_to, path)
        if target is not None:
            title = pages[target].fact(_title) if target in pages else None
            done[path] = page if title is None else page.then(_leading, title, site.url + target if site.url else "")
            continue
        page = page.then(_slim)
        for name, text in page.fact(_outside).items():
            (site.folder / name).parent.mkdir(parents=True, exist_ok=True)
            (site.folder / name).write_text(text, "utf-8")
        problems += page.fact(icons.unknown, path)
        done[path] = page.then(_drawn, path)
    if problems:
        raise SiteError(problems)
    return done


def _slim(html: str) -> str:
    """The page without the scripts, attributes and colours that it does not use."""
    html = scripts.slim(_UNUSED.sub("", html))
    html = _CODE.sub(lambda code: _PLAIN.sub(r"\1", code[0]), html)
    return _TOOLTIP.sub(_titled, _BOOTSTRAP.sub("", html))


def _outside(html: str) -> dict[str, str]:
    """The files of the programs and the styles that stand in a page, by their addresses."""
    return {**scripts.programs(html), **_styles(html)}


def _drawn(html: str, path: str) -> str:
    """The page with its icons drawn, and with links to the files of `_outside`."""
    return icons.drawn(_styles_outside(_begun(scripts.outside(html, path)), path))


def _leads_to(html: str, path: str) -> str | None:
    """The page that a page only leads to, empty where it does not say; None for a page of its own."""
    if "<head" in html:
        return None
    found = _REFRESH.search(html)
    return _file(path, found[1]) if found else ""


def _title(html: str) -> str | None:
    found = re.search(r"<title>(.*?)</title>", html, re.DOTALL)
    return found[1] if found else None


def _begun(html: str) -> str:
    """The page with its encoding, its width and its mode settled first, and once."""
    bare = re.sub(r'[ \t]*<meta charset="[^"]*"\s*/?>[ \t]*\n?', "", _VIEWPORT.sub("", html))
    first = (
        '<meta charset="utf-8" />\n<meta name="viewport" content="width=device-width, initial-scale=1" />\n'
        f"<script>{scripts.mode()}</script>\n"
    )
    return re.sub(r"<head[^>]*>\s*", lambda found: f"{found[0].rstrip()}\n{first}", bare, count=1)


def _leading(html: str, title: str, whole: str) -> str:
    """A page that only leads to another, made whole: with a language, a title and a link to follow.

    `title` is the other page's, `whole` its address with the site's, empty where that is not known.
    """
    address = _REFRESH.search(html)[1]  # type: ignore[index]
    canonical = f'<link rel="canonical" href="{whole}" />\n' if whole else ""
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8" />\n<title>{title}</title>\n'
        f'<meta http-equiv="refresh" content="0; url={address}" />\n{canonical}</head>\n'
        f'<body><p><a href="{address}">{title}</a></p></body>\n</html>\n'
    )


def _styles(html: str) -> dict[str, str]:
    """The style sheet of the style elements of a page's figures, by its address; they hold inside their figure only."""
    found = list(dict.fromkeys(unescape(one) for one in _STYLES.findall(html)))
    text = "\n".join(found)
    return {f"_static/figures-{hashlib.sha256(text.encode()).hexdigest()[:10]}.css": text} if found else {}


def _styles_outside(html: str, path: str) -> str:
    """The page with the style elements of its figures put into a style sheet; see `_styles`."""
    links = "".join(f'<link rel="stylesheet" href="{relative(path, name)}" />\n' for name in _styles(html))
    return _STYLES.sub("", html).replace("</head>", f"{links}</head>", 1)


def _titled(found: re.Match[str]) -> str:
    named = ' title="' in found[1] + found[3]
    return f"{found[1]}{found[3]}" if named else f'{found[1]} title="{found[2]}"{found[3]}'


def seal(site: Site, pages: dict[str, Page]) -> tuple[dict[str, Page], list[str]]:
    """Give every page one style sheet with the rules and the fonts that it needs, and remove what nobody names."""
    words, mentioned = vocabulary(site.folder, pages.values())
    bundles: dict[tuple[str, ...], str] = {}
    done: dict[str, Page] = {}
    for path, page in pages.items():
        sheets = tuple(page.fact(_sheets, path))
        if sheets and sheets not in bundles:
            bundles[sheets] = bundle(site.folder, sheets, words, mentioned, page.store)
        done[path] = page.then(_linked, path, bundles[sheets]) if sheets else page
    named = {path: page.fact(_named, path) for path, page in done.items()}
    _remove_unused(site.folder, union(one["links"] for one in named.values()), mentioned)
    problems = audit.style_sheets(site.folder, set(bundles.values()))
    # The audit has read the pages whole; what can have gone since is a file that one of these names.
    problems += [
        f"{path}: names the missing file {address!r}"
        for path, one in named.items()
        for address, file in one["files"].items()
        if file not in done and not (site.folder / file).is_file()
    ]
    return done, problems


def _named(html: str, path: str) -> dict[str, Any]:
    """What a page names: the addresses of links and files from the site's root, and what it fetches, as written."""
    fetched = dict.fromkeys(_FETCHED.findall(_TEMPLATE.sub("", html)))
    return {
        "links": sorted({_file(path, one) for one in _REFERENCE.findall(html)}),
        "files": {one: _file(path, one) for one in fetched if not re.match(r"[a-z][a-z0-9+.-]*:|//|#", one)},
    }


def _spoken(html: str) -> dict[str, list[str]]:
    """The words of a page's tags, its style attributes that can name something, and the scripts that it loads."""
    return {
        "words": sorted(purge.words_of(html)),
        "styles": [one for one in dict.fromkeys(_STYLE.findall(html)) if _NAMING.search(one)],
        "scripts": sorted({scripts.name_of(found["attributes"]) for found in scripts.SCRIPT.finditer(html)}),
    }


def vocabulary(folder: Path, pages: Iterable[Page]) -> tuple[set[str], str]:
    """The words that a selector may meet in the site, and the text in which scripts and style attributes speak."""
    pages = list(pages)
    ahead(dict.fromkeys(pages, ()), _spoken)
    spoken = [page.fact(_spoken) for page in pages]
    words = union(one["words"] for one in spoken)
    loaded = union(one["scripts"] for one in spoken)
    said = [style for one in spoken for style in one["styles"]]
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


def bundle(
    folder: Path, sheets: tuple[str, ...], words: set[str], mentioned: str, store: Store | Memory | None = None
) -> str:
    """Write the one style sheet for pages that name `sheets`; returns its address, which holds its hash."""
    pieces = []
    for sheet in sheets:
        name, _, media = sheet.partition("|")
        whole = _read(folder, name)
        pieces.append(f"@media {media}{{{whole}}}\n" if media and media != "all" else f"{whole}\n")
    text = _NEXT.join(pieces)
    # Of all the words of the site only those that stand in the style sheets matter to them.
    kept = kept_page(text, store).fact(_purged, _heard(words, text), mentioned)
    kept = kept.replace("@font-face{font-family:MJX", "@font-face{font-display:swap;font-family:MJX")
    kept = _URL.sub(lambda found: _with_fonts(folder, found, kept), kept)
    digest = hashlib.sha256(kept.encode()).hexdigest()[:10]
    address = f"_static/site-{digest}.css"
    (folder / address).write_text(NOTICE + kept, "utf-8")
    return address


def _heard(words: set[str], css: str) -> list[str]:
    """The words that stand in a style sheet, where the case of elements and attributes is free."""
    there = purge.words_of_script(css)
    return sorted(words & (there | {one.lower() for one in there}))


def _purged(css: str, words: list[str], mentioned: str) -> str:
    rules = [rule for sheet in css.split(_NEXT) for rule in _parsed(sheet)]
    return purge.written(purge.purge(rules, set(words), mentioned))


@lru_cache(maxsize=64)
def _parsed(css: str) -> tuple[purge.Rule, ...]:
    """The rules of one style sheet: most sheets are in the bundles of several kinds of pages."""
    return tuple(purge.parse(css))


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


def _sheets(html: str, path: str) -> list[str]:
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


def _remove_unused(folder: Path, linked: Iterable[str], mentioned: str) -> None:
    """Take out the files of packages that no page, no style sheet of the site and no script of a page names."""
    static = folder / "_static"
    named = set(linked)
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
