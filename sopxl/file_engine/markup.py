"""XML as bytes: where each element stands, text in and out, and edits that leave all other bytes alone.

Nothing here builds a document that is written back. Offsets count bytes of the UTF-8 form of a part.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from xml.parsers import expat

MAIN_NAMESPACES = (
    "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
    "http://purl.oclc.org/ooxml/spreadsheetml/main",
)
LONGEST_TEXT = 32_767

ATTRIBUTES = rb"""(?:\s[^>"']*(?:(?:"[^"]*"|'[^']*')[^>"']*)*)?"""
"""Pattern of everything between the name of a tag and its end, whatever stands in quotes."""

_ATTRIBUTE = re.compile(rb"""([^\s=/>"']+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_START_TAG = re.compile(rb"<[^\s/>]+" + ATTRIBUTES + rb"/?>")
_HIDDEN = re.compile(rb"<!--.*?-->|<\?.*?\?>|<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_NEEDS_ESCAPE = re.compile("[\x00-\x08\x0b-\x1f\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")
_REFERENCE = re.compile(r"&(#[0-9]+|#[xX][0-9A-Fa-f]+|[A-Za-z]+);")
_ENTITIES = {"amp": "&", "lt": "<", "gt": ">", "quot": '"', "apos": "'"}


class MarkupError(ValueError):
    """The XML is not well-formed, or declares what no part of a workbook declares."""

    def __init__(self, reason: str, what: str) -> None:
        """Keep a code, and words that go on after `its part … `."""
        super().__init__(what)
        self.reason = reason


@dataclass
class Element:
    """One element: its name without prefix, namespace, attributes (`namespace name` where prefixed) and place."""

    name: str
    namespace: str
    attributes: dict[str, str]
    depth: int
    start: int
    tag_end: int
    end: int = 0
    text: str = ""
    parent: Element | None = field(default=None, repr=False)

    def get(self, name: str) -> str | None:
        """The value of an attribute of no namespace."""
        return self.attributes.get(name)

    def relationship(self) -> str | None:
        """The value of its `r:id`, under either of the two namespaces."""
        for key, value in self.attributes.items():
            namespace, _, name = key.rpartition(" ")
            if name == "id" and namespace.endswith("/relationships"):
                return value
        return None


def to_utf8(raw: bytes) -> tuple[bytes, str]:
    """A part as UTF-8 without byte order mark, and what `from_utf8` needs to turn it back.

    Raises MarkupError where the encoding is neither UTF-8 nor UTF-16.
    """
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if raw.startswith(mark):
            return _decoded(raw[2:], encoding).encode(), encoding
    if raw.startswith(codecs.BOM_UTF8):
        return raw[3:], "utf-8-sig"
    if raw[:4] in (b"<\x00?\x00", b"\x00<\x00?"):
        encoding = "utf-16-le" if raw[:1] == b"<" else "utf-16-be"
        return _decoded(raw, encoding).encode(), f"{encoding} unmarked"
    declared = re.match(rb"""<\?xml[^>]*?encoding\s*=\s*["']([^"']+)["']""", raw)
    if declared and declared[1].lower() not in (b"utf-8", b"utf8", b"us-ascii", b"ascii"):
        raise MarkupError("encoding", f"is written in {declared[1].decode('latin-1')}, not in UTF-8")
    return raw, "utf-8"


def from_utf8(content: bytes, encoding: str) -> bytes:
    """The part in the encoding it came in."""
    if encoding == "utf-8":
        return content
    if encoding == "utf-8-sig":
        return codecs.BOM_UTF8 + content
    name, _, unmarked = encoding.partition(" ")
    mark = b"" if unmarked else (codecs.BOM_UTF16_LE if name == "utf-16-le" else codecs.BOM_UTF16_BE)
    return mark + content.decode().encode(name)


def check_well_formed(content: bytes) -> bool:
    """Read once through a part and tell whether it holds comments, instructions or CDATA.

    Raises MarkupError where it is not well-formed or declares a document type.
    """
    parser = _guarded_parser()
    hidden: list[bool] = []

    def found(*_: object) -> None:
        hidden.append(True)

    parser.CommentHandler = parser.ProcessingInstructionHandler = parser.StartCdataSectionHandler = found
    _parse(parser, content)
    return bool(hidden)


def outline(content: bytes) -> list[Element]:
    """All elements of a small part in the order of their start tags. Raises MarkupError."""
    parser = _guarded_parser()
    elements: list[Element] = []
    opened: list[Element] = []

    def start(name: str, attributes: dict[str, str]) -> None:
        namespace, _, local = name.rpartition(" ")
        place = parser.CurrentByteIndex
        tag = _START_TAG.match(content, place)
        tag_end = tag.end() if tag else place
        parent = opened[-1] if opened else None
        element = Element(local, namespace, attributes, len(opened), place, tag_end, parent=parent)
        elements.append(element)
        opened.append(element)

    def end(_name: str) -> None:
        element = opened.pop()
        empty = content[element.tag_end - 2 : element.tag_end] == b"/>"
        element.end = element.tag_end if empty else content.index(b">", parser.CurrentByteIndex) + 1

    def text(data: str) -> None:
        opened[-1].text += data

    parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
    _parse(parser, content)
    return elements


def splice(content: bytes, edits: Iterable[tuple[int, int, bytes]]) -> bytes:
    """Replace stretches (start, end, new bytes) that do not overlap; all other bytes stay."""
    pieces: list[bytes] = []
    done = 0
    for start, end, new in sorted(edits, key=lambda edit: edit[:2]):
        pieces += (content[done:start], new)
        done = end
    return b"".join((*pieces, content[done:]))


def read_attributes(text: bytes) -> dict[bytes, bytes]:
    """Attributes of a tag by their names with prefix; the values as they stand."""
    return {name: double or single for name, double, single in _ATTRIBUTE.findall(text)}


def set_attribute(tag: bytes, name: bytes, value: bytes) -> bytes:
    """A start tag with one attribute changed, or added at its end."""
    for match in _ATTRIBUTE.finditer(tag):
        if match[1] == name:
            return tag[: match.start()] + name + b'="' + value + b'"' + tag[match.end() :]
    close = len(tag) - (2 if tag.endswith(b"/>") else 1)
    return tag[:close].rstrip() + b" " + name + b'="' + value + b'"' + tag[close:]


def mask(content: bytes) -> bytes:
    """The content with comments, instructions and CDATA blanked out, every byte else at its place."""
    declaration = 2 if content.startswith(b"<?xml ") else 0
    if b"<!" not in content and content.find(b"<?", declaration) < 0:
        return content
    return _HIDDEN.sub(lambda match: b" " * len(match[0]), content)


def text_of(stretch: bytes) -> str:
    """The text that a stretch without elements stands for: references, CDATA and Excel's `_x000D_` resolved."""
    return unescape_text(plain_text(stretch))


def plain_text(stretch: bytes) -> str:
    """As `text_of`, but with `_x000D_` left as it stands."""
    if b"<" not in stretch and b"&" not in stretch and b"\r" not in stretch:
        return stretch.decode()
    pieces: list[str] = []
    done = 0
    for match in _HIDDEN.finditer(stretch):
        pieces.append(_resolved(stretch[done : match.start()]))
        if match[1] is not None:
            pieces.append(_with_newlines(match[1].decode()))
        done = match.end()
    return "".join((*pieces, _resolved(stretch[done:])))


def unescape_text(text: str) -> str:
    """Turn `_x000D_` and its like into the characters they stand for."""
    return _ESCAPED.sub(lambda match: chr(int(match[1], 16)), text) if "_x" in text else text


def escape_text(text: str) -> str:
    """Text as it stands between tags: control characters as `_x000B_`, markup as references."""
    if _NEEDS_ESCAPE.search(text):
        text = _NEEDS_ESCAPE.sub(lambda match: f"_x{ord(match[0]):04X}_", text)
    return escape_markup(text)


def escape_markup(text: str) -> str:
    """The text with the three characters that mean something between tags as references."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def quote_attribute(text: str) -> str:
    """The text as it stands between the double quotes of an attribute."""
    escaped = escape_markup(text).replace('"', "&quot;")
    return escaped.replace("\n", "&#10;").replace("\r", "&#13;").replace("\t", "&#9;")


def _guarded_parser() -> expat.XMLParserType:
    parser = expat.ParserCreate("utf-8", namespace_separator=" ")

    def refuse(*_: object) -> None:
        raise MarkupError("document_type", "declares a document type, which can hide entity tricks")

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.buffer_text = True
    return parser


def _parse(parser: expat.XMLParserType, content: bytes) -> None:
    try:
        parser.Parse(content, True)
    except expat.ExpatError as error:
        raise MarkupError("not_well_formed", f"is not well-formed XML ({error})") from error


def _decoded(raw: bytes, encoding: str) -> str:
    try:
        return raw.decode(encoding)
    except UnicodeDecodeError as error:
        raise MarkupError("encoding", f"is not valid {encoding.upper()}") from error


def _resolved(stretch: bytes) -> str:
    return _REFERENCE.sub(_character, _with_newlines(stretch.decode()))


def _with_newlines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _character(match: re.Match[str]) -> str:
    name = match[1]
    if name[0] != "#":
        return _ENTITIES.get(name, match[0])
    return chr(int(name[2:], 16) if name[1] in "xX" else int(name[1:]))
