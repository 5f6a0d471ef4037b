"""Pages that are worked on again only when something about them has changed.

A `Page` is the text of one page together with everything that was done to make it, as a key: what Sphinx wrote, then
each function that changed the text and what it was given. Nothing is computed until somebody asks, and what a function
finds in a text (`Page.fact`) and the finished text (`Store.write`) are kept from build to build under those keys. So a
page of which nothing has changed costs its hash, and its text is not read at all.

Two rules make that sound. A function sees the text and what it was given, both of which are in the key, and nothing
else; where it must have more (`using`), what it was given says which. And the keys hold no code: the store is emptied
when the code of the site changes, which is the business of `build`.
"""

from __future__ import annotations

import hashlib
import json
import multiprocessing
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

Json = Any
SEVERAL = 2
"""So many new pages are worth a process of their own."""


class Store:
    """Facts and finished pages of earlier builds, in a folder of their own; one build at a time.

    ``with Store(folder) as store`` keeps what was found even when a build fails; `forget_others` is for a build that
    has passed.
    """

    def __init__(self, folder: Path) -> None:
        self.pages = folder / "pages"
        self.pages.mkdir(parents=True, exist_ok=True)
        self._file = folder / "facts.sqlite"
        self._asked: set[str] = set()
        self._facts: dict[str, str] = {}
        self._new: dict[str, str] = {}
        try:
            self._read()
        except sqlite3.DatabaseError:  # cut off or damaged: it holds nothing that cannot be found again
            self._file.unlink(missing_ok=True)
            self._read()

    def _read(self) -> None:
        with _connected(self._file) as facts:
            facts.execute("CREATE TABLE IF NOT EXISTS facts (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID")
            self._facts = dict(facts.execute("SELECT key, value FROM facts"))

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        with _connected(self._file) as facts:
            facts.executemany("INSERT OR REPLACE INTO facts VALUES (?, ?)", self._new.items())
        self._new = {}

    def fact(self, key: str, find: Callable[[], Json]) -> Json:
        """What is kept under `key`, or what `find` gives, which is kept."""
        self._asked.add(key)
        kept = self._facts.get(key)
        if kept is None:
            kept = self._facts[key] = self._new[key] = json.dumps(find(), ensure_ascii=False)
        return json.loads(kept)

    def knows(self, key: str) -> bool:
        """Whether a fact is kept."""
        return key in self._facts

    def known(self) -> Mapping[str, str]:
        """Every fact, as JSON."""
        return self._facts

    def learn(self, key: str, value: str) -> None:
        """Keep a fact that another process has found, as JSON."""
        self._facts[key] = self._new[key] = value
        self._asked.add(key)

    def keep(self, page: Page) -> Page:
        """The same page with its text kept too: for a step that takes long, when later ones change more often."""
        self._asked.add(page.key)
        return Page(page.key, lambda: self._kept(page).read_text("utf-8"), self)

    def write(self, page: Page, target: Path) -> None:
        """Write the text of `page` to `target`, from what is kept where it is."""
        self._asked.add(page.key)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self._kept(page), target)

    def _kept(self, page: Page) -> Path:
        file = self.pages / page.key
        if not file.is_file():
            new = file.with_suffix(".new")
            new.write_text(page.text, "utf-8")
            os.replace(new, file)
        return file

    def forget_others(self) -> None:
        """Drop what was not asked for since this store was opened."""
        gone = [(key,) for key in self._facts if key not in self._asked]
        with _connected(self._file) as facts:
            facts.executemany("DELETE FROM facts WHERE key = ?", gone)
        for (key,) in gone:
            del self._facts[key]
            self._new.pop(key, None)
        for file in self.pages.iterdir():
            if file.name not in self._asked:
                file.unlink()


class _connected:
    """A connection to the facts, committed and closed at its end."""

    def __init__(self, file: Path) -> None:
        self.file = file

    def __enter__(self) -> sqlite3.Connection:
        self.connection = sqlite3.connect(self.file)
        return self.connection

    def __exit__(self, kind: object, *_: object) -> None:
        if kind is None:
            self.connection.commit()
        self.connection.close()


class Memory:
    """A store for one process only, which keeps facts and no pages."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    def fact(self, key: str, find: Callable[[], Json]) -> Json:
        """What is kept under `key`, or what `find` gives, which is kept."""
        if key not in self.kept:
            self.kept[key] = json.dumps(find(), ensure_ascii=False)
        return json.loads(self.kept[key])

    def knows(self, key: str) -> bool:
        """Whether a fact is kept."""
        return key in self.kept

    def known(self) -> Mapping[str, str]:
        """Every fact, as JSON."""
        return self.kept

    def learn(self, key: str, value: str) -> None:
        """Keep a fact that another process has found, as JSON."""
        self.kept[key] = value


class Page:
    """A page's text, computed when asked for, and the key of how it was made."""

    def __init__(self, key: str, make: Callable[[], str], store: Store | Memory) -> None:
        self.key = key
        self.store = store
        self._make = make
        self._text: str | None = None

    @property
    def text(self) -> str:
        """The text of the page."""
        if self._text is None:
            self._text = self._make()
        return self._text

    def then(self, function: Callable[..., str], *given: Json, using: tuple[object, ...] = ()) -> Page:
        """The page changed by ``function(text, *given, *using)``; `given` is plain data and part of the key."""

        def make() -> str:
            made = function(self.text, *given, *using)
            self._text = None  # the next page stands for this one from here on; it can be made again
            return made

        return Page(_digest(self.key, "then", _name(function), *given), make, self.store)

    def fact(self, function: Callable[..., Json], *given: Json, of: Callable[[str], str] | None = None) -> Json:
        """What ``function(text, *given)`` finds, as plain data (no tuples, sets or keys that are not text).

        With `of` it is what the function finds in ``of(text)``: two pages that differ in nothing else share it.
        """
        key = self._asked(function, given, of)
        if of is not None:
            return self.store.fact(key, lambda: page(of(self.text), self.store).fact(function, *given))
        return self.store.fact(key, lambda: function(self.text, *given))

    def _asked(self, function: Callable[..., Json], given: tuple[Json, ...], of: Callable[[str], str] | None) -> str:
        """The key of a fact."""
        return _digest(self.key, "fact", _name(function), *([] if of is None else [_name(of)]), *given)


def ahead(
    asked: Mapping[Page, tuple[Json, ...]], function: Callable[..., Json], of: Callable[[str], str] | None = None
) -> None:
    """Find ``page.fact(function, *given, of=of)`` for all pages `asked`, with what each is given, on all cores.

    Only time is saved: where a process cannot be forked, or one fails, the facts are found when they are asked for.
    """
    new = [(one, given) for one, given in asked.items() if not one.store.knows(one._asked(function, given, of))]
    count = min(os.cpu_count() or 1, len(new) // SEVERAL)
    if count < 2 or "fork" not in multiprocessing.get_all_start_methods():
        return
    context = multiprocessing.get_context("fork")  # what a page is made from has no other way into a process
    running = []
    for number in range(count):
        here, there = context.Pipe(duplex=False)
        share = new[number::count]
        process = context.Process(target=_find, args=(share, function, of, there), daemon=True)
        process.start()
        there.close()
        running.append((process, here, share))
    for process, here, share in running:
        try:
            facts, texts = here.recv()
        except EOFError:
            facts, texts = {}, []
        here.close()
        process.join()
        for (one, _), text in zip(share, texts, strict=False):
            one._text = text
        for key, value in facts.items():
            share[0][0].store.learn(key, value)


def _find(
    share: list[tuple[Page, tuple[Json, ...]]],
    function: Callable[..., Json],
    of: Callable[[str], str] | None,
    there: Connection,
) -> None:
    """In a process of its own: send the facts that were not known, and the texts that were made for them."""
    store = share[0][0].store
    before = set(store.known())
    for one, given in share:
        with suppress(Exception):  # it is raised again where the fact is asked for
            one.fact(function, *given, of=of)
    facts = {key: value for key, value in store.known().items() if key not in before}
    there.send((facts, [one._text for one, _ in share]))


def page(text: str, store: Store | Memory | None = None) -> Page:
    """A page as it first comes."""
    return Page(_digest("page", text), lambda: text, store or Memory())


def read(file: Path, change: Callable[[str], str], store: Store) -> Page:
    """The page in `file`, which `change` tidies; the file is read for its hash alone where nothing else is needed."""
    content = hashlib.sha256(file.read_bytes()).hexdigest()
    return Page(_digest("file", content, _name(change)), lambda: change(file.read_text("utf-8")), store)


def pages(texts: Mapping[str, str]) -> dict[str, Page]:
    """A page for each text, by its address."""
    store = Memory()
    return {path: page(text, store) for path, text in texts.items()}


def texts(pages: Mapping[str, Page]) -> dict[str, str]:
    """The text of each page, by its address."""
    return {path: one.text for path, one in pages.items()}


def _name(function: Callable[..., object]) -> str:
    name = f"{function.__module__}.{function.__qualname__}"
    if "<" in name:
        raise TypeError(f"{name} has no name of its own by which what it gives could be kept")
    return name


def _digest(*parts: Json) -> str:
    try:
        said = json.dumps(parts, sort_keys=True, ensure_ascii=False)
    except TypeError as error:
        raise TypeError(f"{parts[2] if len(parts) > 2 else parts[0]}: only plain data makes a key: {error}") from None
    return hashlib.sha256(said.encode("utf-8", "surrogatepass")).hexdigest()


def union(facts: Iterable[Iterable[str]]) -> set[str]:
    """Every text of every fact."""
    return {one for fact in facts for one in fact}
