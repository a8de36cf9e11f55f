"""The parts of a workbook package that buttons need: relationships, content types, new parts.

Built on the file engine's guarded package; parts that are not put stay as they are, still compressed.
"""

import io
import posixpath
import zipfile
from dataclasses import dataclass
from pathlib import Path

from lxml import etree

from sopxl.file_engine.markup import MarkupError, check_well_formed, to_utf8
from sopxl.file_engine.package import Package
from sopxl.file_engine.relationships import explained
from sopxl.file_engine.saving import read_file, replace_file

RELATIONSHIPS = "http://schemas.openxmlformats.org/package/2006/relationships"
CONTENT_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
CONTENT_TYPES_PART = "[Content_Types].xml"
EARLIEST = (1980, 1, 1, 0, 0, 0)


@dataclass(frozen=True)
class Relationship:
    """What one part is to another; `target` is the name of the other part in the package."""

    identifier: str
    kind: str
    target: str


class Parts:
    """A workbook package being changed: parts are read, put and related, then all is written at once."""

    def __init__(self, package: Package) -> None:
        """Starts from a package as it is."""
        self._package = package
        self._put: dict[str, bytes] = {}

    @classmethod
    def of(cls, path: Path) -> "Parts":
        """The parts of a workbook file. Raises FileEngineError where it is none, or not a safe one."""
        return cls(Package(read_file(path)[0], path.name))

    def __contains__(self, part: str) -> bool:
        """Whether there is such a part, put ones included."""
        return part in self._put or part in self._package

    @property
    def file_name(self) -> str:
        """The name of the file that the parts came from."""
        return self._package.file_name

    def names(self) -> list[str]:
        """The names of all parts, put ones last."""
        return [*self._package.parts, *(part for part in self._put if part not in self._package)]

    def read(self, part: str) -> bytes:
        """The bytes of a part as they stand now. Raises FileEngineError when it is missing or damaged."""
        return self._put[part] if part in self._put else self._package.read(part)

    def put(self, part: str, content: bytes) -> None:
        """Replaces a part or adds it; content that is there already is no change."""
        if part not in self or self.read(part) != content:
            self._put[part] = content

    def tree(self, part: str) -> etree._Element:
        """The root of an XML part. Raises FileEngineError for one that is no XML or holds a DTD."""
        content = self.read(part)
        try:
            check_well_formed(to_utf8(content)[0])
        except MarkupError as problem:
            raise explained(self._package, part, problem) from problem
        parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
        try:
            return etree.fromstring(content, parser)
        except etree.XMLSyntaxError as problem:
            raise self._package.damaged("xml", f"its part {part} is no XML") from problem

    def put_tree(self, part: str, root: etree._Element) -> None:
        """Puts an XML part, written the way Excel writes one."""
        self.put(part, etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True))

    def relationships(self, part: str) -> list[Relationship]:
        """The relationships inside the package that start at a part; "" is the package itself."""
        rels = _relationships_part(part)
        if rels not in self:
            return []
        return [
            Relationship(each.get("Id", ""), each.get("Type", ""), _resolved(part, each.get("Target", "")))
            for each in self.tree(rels).iter(f"{{{RELATIONSHIPS}}}Relationship")
            if each.get("TargetMode") != "External"
        ]

    def related(self, part: str, kind_ending: str) -> str | None:
        """The first part related to `part` by a kind that ends in these words; None when there is none."""
        for each in self.relationships(part):
            if each.kind.endswith(kind_ending):
                return each.target
        return None

    def relate(self, part: str, kind: str, target: str) -> str:
        """Relates `target` to `part` and returns the new relationship's id."""
        rels = _relationships_part(part)
        if rels in self:
            root = self.tree(rels)
        else:
            root = etree.Element(f"{{{RELATIONSHIPS}}}Relationships", nsmap={None: RELATIONSHIPS})  # type: ignore[dict-item]
        taken = {each.get("Id") for each in root}
        identifier = next(f"rIdSopxl{number}" for number in range(1, 1000) if f"rIdSopxl{number}" not in taken)
        path = posixpath.relpath(target, posixpath.dirname(part) or ".") if part else target
        etree.SubElement(root, f"{{{RELATIONSHIPS}}}Relationship", {"Id": identifier, "Type": kind, "Target": path})
        self.put_tree(rels, root)
        return identifier

    def content_type(self, part: str) -> str:
        """The content type declared for a part or else for its extension; empty when there is neither."""
        extension = part.rpartition(".")[2].lower()
        found = ""
        for each in self.tree(CONTENT_TYPES_PART):
            if each.get("PartName") == f"/{part}":
                return each.get("ContentType", "")
            if each.get("Extension", "").lower() == extension:
                found = each.get("ContentType", "")
        return found

    def declare(self, part: str, content_type: str) -> None:
        """Declares the content type of a part by name, in place of what was declared for that name before."""
        root = self.tree(CONTENT_TYPES_PART)
        for each in root.iter(f"{{{CONTENT_TYPES}}}Override"):
            if each.get("PartName") == f"/{part}":
                each.set("ContentType", content_type)
                break
        else:
            etree.SubElement(
                root, f"{{{CONTENT_TYPES}}}Override", {"PartName": f"/{part}", "ContentType": content_type}
            )
        self.put_tree(CONTENT_TYPES_PART, root)

    def unused(self, pattern: str) -> str:
        """The first part name of a pattern with {} for the number, which the package does not have."""
        return next(name for number in range(1, 100_000) if (name := pattern.format(number)) not in self)

    def to_bytes(self) -> bytes:
        """The changed package; the same changes to the same package give the same bytes."""
        changed = {part: content for part, content in self._put.items() if part in self._package}
        stream = io.BytesIO()
        self._package.write(stream, changed)
        with zipfile.ZipFile(stream, "a", zipfile.ZIP_DEFLATED) as archive:
            for part, content in self._put.items():
                if part not in changed:
                    archive.writestr(_entry(part), content)
        return stream.getvalue()

    def save(self, target: Path) -> None:
        """Writes the package to a file, whole or not at all. Raises FileEngineError when that cannot be."""
        content = self.to_bytes()

        def write(stream: io.BufferedIOBase) -> None:
            stream.write(content)

        replace_file(target, write, None)  # type: ignore[arg-type]


def _relationships_part(part: str) -> str:
    folder, name = posixpath.split(part)
    return posixpath.join(folder, "_rels", f"{name}.rels")


def _resolved(part: str, target: str) -> str:
    if target.startswith("/"):
        return target.lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(part), target))


def _entry(part: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(part, EARLIEST)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 0
    return entry
