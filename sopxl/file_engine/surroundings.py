"""What a sheet says around its cells that a write forces to change: its dimension, and the areas of its rules.

Validation lists and conditional formats that cover the last row of a table go on over the rows that it gains.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from sopxl.file_engine.addresses import Rectangle, parse_rectangle
from sopxl.file_engine.markup import Element, MarkupError, set_attribute

Edit = tuple[int, int, bytes]
"""Start, end and new bytes, as `markup.splice` takes them."""


class Growth(NamedTuple):
    """The body of a table before it grew, and its new last row."""

    body: Rectangle
    bottom: int


def area_of(element: Element) -> Rectangle:
    """The area that an element's `ref` names. Raises MarkupError."""
    try:
        return parse_rectangle(element.get("ref") or "")
    except ValueError as error:
        raise MarkupError("bad_address", f"has a {element.name} at {element.get('ref')!r}") from error


def surrounding_edits(
    skeleton: bytes, frame: Sequence[Element], written: Rectangle | None, growths: Sequence[Growth]
) -> list[Edit]:
    """The edits of the part around its cells; offsets are those of the skeleton. Raises MarkupError."""
    edits = list(_area_edits(skeleton, frame, growths)) if growths else []
    dimension = next((each for each in frame if each.name == "dimension" and each.depth == 1), None)
    if dimension is not None and written is not None:
        new = area_of(dimension).around(written)
        if new != area_of(dimension):
            tag = set_attribute(skeleton[dimension.start : dimension.tag_end], b"ref", new.address.encode())
            edits.append((dimension.start, dimension.tag_end, tag))
    return edits


def _area_edits(skeleton: bytes, frame: Sequence[Element], growths: Sequence[Growth]) -> Iterator[Edit]:
    for each in frame:
        if each.name in ("conditionalFormatting", "dataValidation") and each.get("sqref"):
            old = each.attributes["sqref"]
            new = _grown(old, growths)
            if new != old:
                tag = set_attribute(skeleton[each.start : each.tag_end], b"sqref", new.encode())
                yield each.start, each.tag_end, tag
        elif each.name == "sqref" and each.text.strip():
            new = _grown(each.text, growths)
            if new != each.text:
                yield each.tag_end, skeleton.rindex(b"</", 0, each.end), new.encode()


def _grown(areas: str, growths: Sequence[Growth]) -> str:
    return " ".join(_grown_area(address, growths) for address in areas.split())


def _grown_area(address: str, growths: Sequence[Growth]) -> str:
    try:
        area = parse_rectangle(address)
    except ValueError:
        return address
    for body, bottom in growths:
        inside = body.left <= area.left and area.right <= body.right and area.top <= body.bottom <= area.bottom
        if inside and body.top - 1 <= area.top and area.bottom < bottom:
            area = area._replace(bottom=bottom)
            address = area.address
    return address
