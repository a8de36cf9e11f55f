"""How the parts of a package point to each other, and what type the package declares each to be."""

from __future__ import annotations

import posixpath
from typing import NamedTuple
from urllib.parse import unquote

from sopxl.file_engine.markup import Element, MarkupError, from_utf8, outline, splice, to_utf8
from sopxl.file_engine.package import Package

CONTENT_TYPES = "[Content_Types].xml"


class Relationship(NamedTuple):
    """One pointer: its id, the last word of its type (`worksheet`, `table`), and the part it leads to."""

    id: str
    kind: str
    target: str
    external: bool
    element: Element


def relationships_part(part: str) -> str:
    """The name of the part that holds the relationships of a part; of the package itself for an empty name."""
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def read_relationships(package: Package, part: str) -> list[Relationship]:
    """The relationships of a part, in the order of the file; none where it has no such part.

    Raises DamagedFileError or UnsafeFileError.
    """
    name = relationships_part(part)
    if name not in package:
        return []
    content, _ = read_markup(package, name)
    return [_relationship(part, each) for each in parse(package, name, content) if each.name == "Relationship"]


def followed(package: Package, relationship: Relationship) -> str:
    """The part a relationship leads to. Raises DamagedFileError or UnsafeFileError where that is none."""
    target = relationship.target
    if relationship.external or target.startswith("../") or target == "..":
        raise package.unsafe("path_outside", f"its {relationship.kind} {relationship.target!r} lies outside the file")
    for candidate in (target, unquote(target)):
        if candidate in package:
            return candidate
    raise package.damaged("part_missing", f"the part {target} is missing")


def read_markup(package: Package, part: str) -> tuple[bytes, str]:
    """A part as UTF-8, and the encoding it came in. Raises DamagedFileError or UnsafeFileError."""
    raw = package.read(part)
    try:
        return to_utf8(raw)
    except MarkupError as error:
        raise explained(package, part, error) from error


def parse(package: Package, part: str, content: bytes) -> list[Element]:
    """The elements of a small part. Raises DamagedFileError or UnsafeFileError."""
    try:
        return outline(content)
    except MarkupError as error:
        raise explained(package, part, error) from error


def explained(package: Package, part: str, error: MarkupError) -> Exception:
    """The error a planner sees for a fault in the XML of a part."""
    if error.reason == "document_type":
        return package.unsafe(error.reason, f"its part {part} {error}")
    return package.damaged(error.reason, f"its part {part} {error}")


def content_type(package: Package, elements: list[Element], part: str) -> str | None:
    """What the package declares a part to be."""
    default = None
    for each in elements:
        if each.name == "Override" and (each.get("PartName") or "").lstrip("/").lower() == part.lower():
            return each.get("ContentType")
        if each.name == "Default" and part.lower().endswith(f".{(each.get('Extension') or '?').lower()}"):
            default = each.get("ContentType")
    return default


def without_part(package: Package, part: str, source: str) -> dict[str, bytes | None]:
    """The changes that take a part out of the package: the part, its relationship from `source`, its type."""
    changes: dict[str, bytes | None] = {part: None}
    relationships = [each for each in read_relationships(package, source) if each.target.lower() == part.lower()]
    name = relationships_part(source)
    changes[name] = _without(package, name, [each.element for each in relationships])
    content, _ = read_markup(package, CONTENT_TYPES)
    types = parse(package, CONTENT_TYPES, content)
    overrides = [
        each
        for each in types
        if each.name == "Override" and (each.get("PartName") or "").lstrip("/").lower() == part.lower()
    ]
    if overrides:
        changes[CONTENT_TYPES] = _without(package, CONTENT_TYPES, overrides)
    return changes


def _without(package: Package, part: str, elements: list[Element]) -> bytes:
    content, encoding = read_markup(package, part)
    return from_utf8(splice(content, [(each.start, each.end, b"") for each in elements]), encoding)


def _relationship(source: str, element: Element) -> Relationship:
    target = (element.get("Target") or "").replace("\\", "/")
    external = (element.get("TargetMode") or "").lower() == "external"
    if not external:
        folder = "" if target.startswith("/") else posixpath.dirname(source)
        target = posixpath.normpath(posixpath.join(folder, target.lstrip("/")))
    kind = (element.get("Type") or "").rstrip("/").rpartition("/")[2]
    return Relationship(element.get("Id") or "", kind, target, external, element)
