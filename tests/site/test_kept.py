"""What is kept of a page is used only as long as nothing about it has changed."""

from __future__ import annotations

import filecmp
import multiprocessing
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from assayer.site import build, kept

calls: list[str] = []


def louder(text: str, mark: str) -> str:
    calls.append(f"louder {mark}")
    return text.upper() + mark


def length(text: str) -> int:
    calls.append("length")
    return len(text)


@pytest.fixture(autouse=True)
def forgotten() -> None:
    calls.clear()


def opened(folder: Path, text: str, mark: str) -> tuple[str, int]:
    """What a build of one page writes and finds."""
    with kept.Store(folder / "kept") as store:
        page = kept.page(text, store).then(louder, mark)
        found = page.fact(length)
        store.write(page, folder / "html" / "a.html")
        store.forget_others()
    return (folder / "html" / "a.html").read_text("utf-8"), found


def test_nothing_is_done_twice_for_a_page_that_has_not_changed(tmp_path: Path) -> None:
    assert opened(tmp_path, "abc", "!") == ("ABC!", 4)
    assert sorted(calls) == ["length", "louder !"]
    calls.clear()
    assert opened(tmp_path, "abc", "!") == ("ABC!", 4) and calls == []


@pytest.mark.parametrize(("text", "mark", "answer"), [("abcd", "!", ("ABCD!", 5)), ("abc", "??", ("ABC??", 5))])
def test_another_text_or_another_thing_given_is_another_page(
    tmp_path: Path, text: str, mark: str, answer: tuple[str, int]
) -> None:
    opened(tmp_path, "abc", "!")
    calls.clear()
    assert opened(tmp_path, text, mark) == answer and len(calls) == 2
    # What only the earlier build needed is gone.
    assert len(list((tmp_path / "kept" / "pages").iterdir())) == 1
    calls.clear()
    opened(tmp_path, "abc", "!")
    assert len(calls) == 2


def test_a_text_is_made_once_for_all_that_ask(tmp_path: Path) -> None:
    with kept.Store(tmp_path) as store:
        page = kept.page("a", store).then(louder, "1")
        later = page.then(louder, "2")
        assert (page.fact(length), later.fact(length), later.text) == (2, 3, "A12")
    assert calls == ["louder 1", "length", "louder 2", "length"]


def test_a_damaged_store_is_begun_anew(tmp_path: Path) -> None:
    opened(tmp_path, "abc", "!")
    file = tmp_path / "kept" / "facts.sqlite"
    file.write_bytes(file.read_bytes()[:700] + b"x" * 4000)
    assert opened(tmp_path, "abc", "!") == ("ABC!", 4)
    assert "length" in calls[1:]


def test_what_was_found_stays_when_a_build_fails(tmp_path: Path) -> None:
    with pytest.raises(RuntimeError), kept.Store(tmp_path) as store:
        kept.page("abc", store).fact(length)
        raise RuntimeError
    calls.clear()
    with kept.Store(tmp_path) as store:
        assert kept.page("abc", store).fact(length) == 3 and calls == []


def test_only_plain_data_and_named_functions_make_a_key() -> None:
    page = kept.page("a")
    with pytest.raises(TypeError, match="has no name of its own"):
        page.then(lambda text: text)
    with pytest.raises(TypeError, match="louder: only plain data makes a key"):
        page.then(louder, {"a"})


def _pid(text: str) -> int:
    if text == "BAD!":
        raise ValueError("planted")
    return os.getpid()


@pytest.mark.skipif("fork" not in multiprocessing.get_all_start_methods(), reason="no process can be forked here")
def test_facts_are_found_ahead_in_other_processes_and_are_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "cpu_count", lambda: 2)
    with kept.Store(tmp_path) as store:
        made = [kept.page(text, store).then(louder, "!") for text in ("a", "bad", "c", "d", "e")]
        kept.ahead(dict.fromkeys(made, ()), _pid)
        good = [page for page in made if page is not made[1]]
        assert os.getpid() not in {page.fact(_pid) for page in good} and len({page.fact(_pid) for page in good}) == 2
        assert [page.text for page in good] == ["A!", "C!", "D!", "E!"] and calls == []
        with pytest.raises(ValueError, match="planted"):
            made[1].fact(_pid)
    with kept.Store(tmp_path) as store:
        assert kept.page("a", store).then(louder, "!").fact(_pid) != os.getpid()


# --- A whole book ---------------------------------------------------------------------------------------


def _prose(book: Path, _patch: pytest.MonkeyPatch) -> None:
    _replace(book / "chapters" / "intro.md", "\n", "\nAnother word with $\\xi^{17}$ and a `span`.\n")


def _claim(book: Path, _patch: pytest.MonkeyPatch) -> None:
    _replace(book / "chapters" / "numbers" / "sample.ipynb", "The optimum lies", "The best place lies")


def _title(book: Path, _patch: pytest.MonkeyPatch) -> None:
    _replace(book / "chapters" / "ledger.md", "# ", "# All of ")


def _page(book: Path, _patch: pytest.MonkeyPatch) -> None:
    (book / "chapters" / "more.md").write_text(
        "# More\n\n{claim}`sample.identity` and $y$.\n\n```{note}\n:class: dropdown\nx\n```\n", "utf-8"
    )
    _replace(book / "_toc.yml", "  - file: chapters/ledger\n", "  - file: chapters/ledger\n  - file: chapters/more\n")


def _address(_book: Path, patch: pytest.MonkeyPatch) -> None:
    patch.setenv("ASSAYER_SITE_URL", "https://example.org/book/")


def _replace(file: Path, old: str, new: str) -> None:
    text = file.read_text("utf-8")
    assert old in text, (file, old)
    file.write_text(text.replace(old, new, 1), "utf-8")


def _different(one: Path, other: Path) -> list[str]:
    """The files that two folders do not both hold with the same bytes."""
    found = []
    compared = filecmp.dircmp(one, other)
    stack = [compared]
    while stack:
        here = stack.pop()
        found += [f"{here.left}/{name}" for name in (*here.left_only, *here.right_only, *here.funny_files)]
        _, unequal, wrong = filecmp.cmpfiles(here.left, here.right, here.common_files, shallow=False)
        found += [f"{here.left}/{name}" for name in (*unequal, *wrong)]
        stack += here.subdirs.values()
    return found


def test_a_book_built_from_what_is_kept_is_the_book_built_anew(
    tmp_path: Path, write_book: Any, real_mathjax: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []
    sphinx, resolved = build._sphinx, build.formulas.resolved

    def noted(html: str, path: str, labels: Any) -> Any:
        seen.append(path)
        return resolved(html, path, labels)

    monkeypatch.setattr(build.formulas, "resolved", noted)
    book = write_book(tmp_path / "book")
    build.build(book)
    for name, changes in {"text": (_prose,), "record": (_claim, _title, _page), "address": (_address,)}.items():
        for change in changes:
            change(book, monkeypatch)
        seen.clear()
        shutil.copytree(build.build(book), tmp_path / name)
        if name == "text":
            assert "chapters/intro.html" in seen
            assert {"chapters/numbers/sample.html", "chapters/ledger.html"}.isdisjoint(seen)
        # The same pages of Sphinx, and nothing kept of what was done to them.
        shutil.rmtree(book / "_build" / "stage" / "kept")
        monkeypatch.setattr(build, "_sphinx", lambda *_: None)
        build.build(book)
        monkeypatch.setattr(build, "_sphinx", sphinx)
        assert _different(tmp_path / name, book / "_build" / "html") == []
    html = (book / "_build" / "html" / "chapters" / "intro.html").read_text("utf-8")
    assert "https://example.org/book/chapters/intro.html" in html and "integrity=" in html
