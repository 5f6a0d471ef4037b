"""The stored form of a notebook: the same run gives the same bytes on every machine."""

from __future__ import annotations

import hashlib
from typing import Any

import nbformat
from nbformat import NotebookNode

from assayer.notebooks.structure import CELL_METADATA, NOTEBOOK_METADATA

KERNELSPEC = {"display_name": "Python 3", "language": "python", "name": "python3"}
LANGUAGE_INFO = {
    "codemirror_mode": {"name": "ipython", "version": 3},
    "file_extension": ".py",
    "mimetype": "text/x-python",
    "name": "python",
    "nbconvert_exporter": "python",
    "pygments_lexer": "ipython3",
}
"""What editors need to know of the language, without the version of Python that ran last."""


def normalise(notebook: NotebookNode) -> NotebookNode:
    """Return `notebook` in its stored form (format 4.5), changing it in place.

    Dropped: times, editor state, the version of Python, metadata of outputs that is empty, ids of displays.
    Neighbouring pieces of one stream are joined. Cells keep their ids; one that has none, or another's, gets
    one that follows from its place and its source.
    """
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    kept = {key: value for key, value in notebook.metadata.items() if key in NOTEBOOK_METADATA}
    notebook.metadata = nbformat.from_dict({**kept, "kernelspec": KERNELSPEC, "language_info": LANGUAGE_INFO})
    used: set[str] = set()
    for index, cell in enumerate(notebook.cells):
        metadata = {key: value for key, value in cell.metadata.items() if key in CELL_METADATA}
        if not metadata.get("tags", True):
            del metadata["tags"]
        cell.metadata = nbformat.from_dict(metadata)
        id = cell.get("id") or ""
        cell["id"] = _new_id(index, cell.source, used) if not id or id in used else id
        used.add(cell["id"])
        if cell.cell_type == "code":
            cell.outputs = _outputs(cell.get("outputs") or [])
        elif not cell.get("attachments", True):
            del cell["attachments"]
    return notebook


def dumps(notebook: NotebookNode) -> str:
    """The text of a notebook in its stored form, which ends in a newline."""
    return nbformat.writes(notebook, version=nbformat.NO_CONVERT).rstrip("\n") + "\n"


def _new_id(index: int, source: str, used: set[str]) -> str:
    attempt = 0
    while True:
        id = hashlib.sha256(f"{index}/{attempt}/{source}".encode()).hexdigest()[:8]
        if id not in used:
            return id
        attempt += 1


def _outputs(outputs: list[Any]) -> list[NotebookNode]:
    joined: list[NotebookNode] = []
    for output in outputs:
        last = joined[-1] if joined else None
        if output.output_type == "stream" and last and last.output_type == "stream" and last.name == output.name:
            last.text += output.text
            continue
        output.pop("transient", None)
        joined.append(output)
    return joined
