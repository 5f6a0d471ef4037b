"""The notebook side of the site: which of an output's forms a page shows.

An output that carries a record of ours is drawn from the record; scripts and HTML that a notebook holds are never
shown, whatever else the output has.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes

from assayer.claims.records import MIME, RecordError, validate

if TYPE_CHECKING:
    from myst_nb.core.render import MimeData, NbElementRenderer

SVG = "image/svg+xml"


class record_node(nodes.General, nodes.Element):
    """A record that waits for the whole book to be read; attributes ``record``, ``svg``, ``serial``, ``place``."""


class AssayerMime:
    """The renderer that myst-nb finds under the entry point group ``myst_nb.mime_renderers``."""

    mime_priority_overrides: ClassVar[Sequence[tuple[str, str, int | None]]] = (
        ("*", MIME, 1),
        ("*", "text/html", None),
        ("*", "text/markdown", None),  # Markdown may hold HTML
        ("*", "application/javascript", None),
        ("*", "application/vnd.jupyter.widget-view+json", None),
    )

    @staticmethod
    def handle_mime(renderer: NbElementRenderer, data: MimeData, inline: bool) -> list[nodes.Element] | None:
        """Turn a record into a `record_node`; leave every other form to myst-nb."""
        if inline or data.cell_index is None:
            return None
        bundle = _bundle(renderer, data)
        if data.mime_type == MIME:
            try:
                record = validate(data.content)
            except RecordError as error:
                renderer.logger.warning(f"cell {data.cell_index}: {error}", subtype="record", line=data.line)
                return []
            serial = f"{data.cell_index}-{data.output_index}"
            place = f"cell {data.cell_index}"
            figure = bundle.get(SVG)
            return [record_node("", record=record, svg=_joined(figure), serial=serial, place=place)]
        if MIME in bundle and data.mime_type != "text/plain":
            return []  # drawn from the record: nothing else of this output is kept or copied beside the page
        return None


def _bundle(renderer: NbElementRenderer, data: MimeData) -> dict[str, object]:
    outputs = renderer.renderer.nb_client.code_cell_outputs(data.cell_index)[1]
    if data.output_index is None or data.output_index >= len(outputs):
        return {}
    return outputs[data.output_index].get("data") or {}


def _joined(text: object) -> str | None:
    return "".join(text) if isinstance(text, list) else None if text is None else str(text)
