"""The real book as a reader sees it, in a browser: formulas with the network cut, no error, no page too wide."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = [pytest.mark.browser, pytest.mark.timeout(900)]


def test_every_page_opens_without_an_error_and_asks_nobody_else(real_book: Any, read: Any) -> None:
    assert len(real_book.pages) >= 10 and len(real_book.chapters) >= 4
    for address in real_book.pages:
        assert read(address).title()
