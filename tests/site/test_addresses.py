"""Where the site and its source are said to be: nobody's word, the environment's, the settings', GitHub's."""

from __future__ import annotations

from pathlib import Path

import pytest

from assayer.site.addresses import repository_url, site_url
from assayer.site.errors import SiteError


def book(root: Path, text: str = "") -> Path:
    (root / "_config.yml").write_text(f"title: A book\n{text}", "utf-8")
    return root


def test_nobody_has_said(tmp_path: Path) -> None:
    assert site_url(book(tmp_path), {}) == repository_url(tmp_path, {}) == ""


@pytest.mark.parametrize(
    ("repository", "url"),
    [
        ("Ada/Engine", "https://ada.github.io/Engine/"),
        ("ada/ada.github.io", "https://ada.github.io/"),
    ],
)
def test_github_says(tmp_path: Path, repository: str, url: str) -> None:
    said = {"GITHUB_REPOSITORY": repository}
    assert site_url(book(tmp_path), said) == url
    assert repository_url(tmp_path, said) == f"https://github.com/{repository}"


def test_settings_come_before_github_and_the_environment_before_both(tmp_path: Path) -> None:
    book(tmp_path, "html:\n  baseurl: https://example.org/book/\nrepository:\n  url: https://example.org/source\n")
    said = {"GITHUB_REPOSITORY": "ada/engine"}
    assert site_url(tmp_path, said) == "https://example.org/book/"
    assert repository_url(tmp_path, said) == "https://example.org/source"
    assert site_url(tmp_path, {**said, "ASSAYER_SITE_URL": "http://127.0.0.1:8000"}) == "http://127.0.0.1:8000/"


def test_a_bad_address_is_named_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="ASSAYER_SITE_URL is 'book', which is no address"):
        site_url(book(tmp_path), {"ASSAYER_SITE_URL": "book"})
