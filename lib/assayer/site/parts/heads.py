"""The head of every page for those who list it, and for the reader of a chapter: what it takes, and how to cite it.

Search engines, link previews and reference managers read ``<meta>`` tags; addresses appear where the site's own is
known (see `assayer.site.addresses`) and nowhere else. The minutes at a chapter's head follow `outline.PACE`.
"""

from __future__ import annotations

import re
from html import escape
from pathlib import PurePosixPath

from assayer.claims.records import Book, Chapter
from assayer.site import citation, outline
from assayer.site.citation import Citation
from assayer.site.formulas import relative
from assayer.site.kept import Page
from assayer.site.parts import Site

ORDER = 62
CARD = "_static/card.png"
CARD_SIZE = (1200, 630)
CARD_ALT = "The Assayer: the mathematics of deep learning, each derivation checked by machine."
LENGTH = 200
NOWHERE = "404.html"
"""What answers a wrong address: no search engine should offer it."""
UNLISTED = frozenset([NOWHERE, "genindex.html", "search.html"])
"""Pages that lead to others only: the map of the site leaves them out."""
ASKS = "before-you-read"
_ASKS = re.compile(r"<p>(?=<em>Before you read\.</em>)")
_CANONICAL = re.compile(r'<link rel="canonical"[^>]*>\s*')
_REFRESH = re.compile(r'<meta http-equiv="Refresh" content="0; url=([^"]+)"')


def finish(site: Site, written: dict[str, Page]) -> dict[str, Page]:
    """Give every page its tags, every chapter its head and its box "Cite this chapter"; write the map of the site."""
    book = site.book
    cited = citation.read(site.root)
    chapters = {_page(chapter): chapter for chapter in book.chapters}
    seen = {path: outline.of(page) for path, page in written.items()}
    titles = {path: one.title for path, one in seen.items()}
    made = {}
    for path, page in written.items():
        if not page.fact(_has_head):
            made[path] = page.then(_front, site.url, cited.abstract if cited else "")
            continue
        chapter = chapters.get(path)
        about = description(seen[path], cited)
        tags = _tags(site, path, titles[path], about, chapter is not None)
        first, last = "", ""
        if chapter is not None:
            first = reading(seen[path]) + needs(book, chapter, path, titles, page.fact(_asks))
            if cited:
                address = f"{site.url}{path}" if site.url else ""
                tags += cited.tags(titles[path], address)
                last = cite(cited, titles[path], chapter.name, address)
        made[path] = page.then(_headed, tags, first, last)
    if site.url:
        _map(site, [path for path, title in titles.items() if title and path not in UNLISTED])
    return made


def _has_head(html: str) -> bool:
    return "</head>" in html


def _asks(html: str) -> bool:
    return _ASKS.search(html) is not None or ASKS in html


def _headed(html: str, tags: str, first: str, last: str) -> str:
    """The page with `tags` in its head; a chapter, for which they are not empty, with `first` and `last` around it."""
    if first:
        html = _after_title(_ASKS.sub(f'<p id="{ASKS}">', html, count=1), first)
    html = html.replace("</article>", f"{last}</article>", 1)
    return _CANONICAL.sub("", html).replace("</head>", f"{tags}</head>", 1)


def _page(chapter: Chapter) -> str:
    return str(PurePosixPath(chapter.path).with_suffix(".html"))


# --- For those who list pages ----------------------------------------------------------------------


def description(seen: outline.Outline, cited: Citation | None) -> str:
    """A chapter's result, or a page's first paragraph, cut at a word; else what the book is."""
    said = seen.paragraph("Result.") or next((one for one in seen.paragraphs if len(one) > 40), "")
    said = said or (cited.abstract if cited else "")
    if len(said) <= LENGTH:
        return said
    whole = said[: LENGTH + 1].rfind(". ")
    return said[: whole + 1] if whole > LENGTH // 3 else said[: said.rfind(" ", 0, LENGTH - 1)] + " …"


def _tags(site: Site, path: str, title: str, about: str, article: bool) -> str:
    named = [("description", about)] if about else []
    graph = [("og:type", "article" if article else "website"), ("og:site_name", "The Assayer")]
    graph += [("og:title", title or "The Assayer"), ("og:description", about)]
    link = ""
    if path == NOWHERE:
        named.append(("robots", "noindex"))
    if site.url and path not in UNLISTED:
        address = site.url + path
        link = f'<link rel="canonical" href="{escape(address)}">\n'
        graph += [("og:url", address), ("og:image", site.url + CARD), ("og:image:alt", CARD_ALT)]
        graph += [("og:image:width", str(CARD_SIZE[0])), ("og:image:height", str(CARD_SIZE[1]))]
    named.append(("twitter:card", "summary_large_image" if site.url else "summary"))
    tags = [f'<meta name="{name}" content="{escape(value)}">\n' for name, value in named]
    tags += [f'<meta property="{name}" content="{escape(value)}">\n' for name, value in graph if value]
    return "".join(tags) + link


def _front(html: str, url: str, abstract: str) -> str:
    """The page that leads to the first one, which Jupyter Book writes as a bare tag."""
    found = _REFRESH.search(html)
    if found is None:
        return html
    target = found[1]
    link = f'<link rel="canonical" href="{escape(url + target)}">' if url else ""
    about = escape(abstract[:LENGTH] or "The Assayer")
    return (
        f'<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>The Assayer</title>\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta name="description" content="{about}">\n<link rel="icon" href="_static/favicon.svg">\n{link}\n'
        f'<meta http-equiv="Refresh" content="0; url={target}"></head>\n'
        f'<body><main><h1>The Assayer</h1><p><a href="{target}">Begin here.</a></p></main></body></html>\n'
    )


def _map(site: Site, listed: list[str]) -> None:
    rows = "".join(f"<url><loc>{escape(site.url + path)}</loc></url>\n" for path in listed)
    head = '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n'
    (site.folder / "sitemap.xml").write_text(f"{head}{rows}</urlset>\n", "utf-8")
    (site.folder / "robots.txt").write_text(f"User-agent: *\nAllow: /\nSitemap: {site.url}sitemap.xml\n", "utf-8")


# --- For the reader of a chapter -------------------------------------------------------------------


def _after_title(html: str, added: str) -> str:
    begin = html.find("<article")
    end = html.find("</h1>", begin)
    if begin < 0 or end < 0:
        return html
    end += len("</h1>")
    return f'{html[:end]}<div class="ay-takes">{added}</div>{html[end:]}'


def reading(seen: outline.Outline) -> str:
    """How long a page takes to read, with the counts and the rule behind the number one click away."""
    minutes = max(5, 5 * round(seen.seconds / 300))
    pace = outline.PACE
    counts = (
        f"{seen.words:,} words at {60 / pace['words']:.0f} a minute, "
        f"{seen.displayed} formulas on their own line at {pace['displayed']:g} s, "
        f"{seen.inline:,} in the text at {pace['inline']:g} s, "
        f"{seen.code_lines:,} lines of code at {pace['code_lines']:g} s and "
        f"{seen.figures} figures at {pace['figures']:g} s"
    )
    return (
        f'<details class="ay-minutes"><summary>About {_long(minutes)} to read</summary>'
        f"<p>Computed from what the page holds, not measured: {counts}. Folded code is not counted, nor is the time "
        "for thinking it over.</p></details>"
    )


def _long(minutes: int) -> str:
    hours, rest = divmod(minutes, 60)
    parts = [f"{hours} hour{'s' if hours > 1 else ''}"] if hours else []
    return " ".join(parts + ([f"{rest} minutes"] if rest else []))


def needs(book: Book, chapter: Chapter, path: str, titles: dict[str, str], asks: bool) -> str:
    """What a chapter rests on: the chapters whose claims its claims cite, and its own words on what a reader needs."""
    cites: dict[str, list[str]] = {}
    for _, record in chapter.of_kind("claim"):
        for id in record["rests_on"]:
            home = _page(book.claim(id).chapter)
            if home != path and id not in cites.setdefault(home, []):
                cites[home].append(id)
    items = []
    for home, ids in cites.items():
        address = relative(path, home)
        listed = ", ".join(f'<a href="{escape(address)}#{escape(id)}"><code>{escape(id)}</code></a>' for id in ids)
        items.append(f'<a href="{escape(address)}">{escape(titles.get(home) or home)}</a> ({listed})')
    said = f"Builds on {'; '.join(items)}." if items else "Builds on no other chapter."
    link = f' <a href="#{ASKS}">What it asks of a reader</a>.' if asks else ""
    return f'<p class="ay-needs">{said}{link}</p>'


def cite(cited: Citation, title: str, stem: str, address: str) -> str:
    """The folded box at a chapter's foot: a sentence and a BibTeX entry, each to be copied."""

    def row(label: str, key: str, text: str, tag: str) -> str:
        return (
            f'<div class="ay-cite-row"><span class="ay-label">{label}</span>'
            f'<button type="button" class="ay-copy" data-copy="{key}" hidden>Copy<span class="ay-alt"> as {label}'
            f'</span></button></div><{tag} id="{key}">{escape(text)}</{tag}>'
        )

    words = row("Words", "cite-words", cited.words(title, address), "p")
    bibtex = row("BibTeX", "cite-bibtex", cited.bibtex(title, stem, address), "pre")
    return (
        f'<details class="ay-cite" id="cite"><summary>Cite this chapter</summary>{words}{bibtex}'
        f"<p>To cite one claim, add its id. The whole book: <code>{citation.FILE}</code> in its source.</p></details>"
    )
