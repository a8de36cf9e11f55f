"""What the style sheet of a workbook says about dates and number formats, and the one style a date may need added."""

from __future__ import annotations

import re
from functools import cached_property

from sopxl.file_engine.markup import Element, outline, set_attribute, splice

_BUILT_IN = {
    0: "General", 1: "0", 2: "0.00", 3: "#,##0", 4: "#,##0.00", 9: "0%", 10: "0.00%", 11: "0.00E+00",
    12: "# ?/?", 13: "# ??/??", 14: "m/d/yyyy", 15: "d-mmm-yy", 16: "d-mmm", 17: "mmm-yy", 18: "h:mm AM/PM",
    19: "h:mm:ss AM/PM", 20: "h:mm", 21: "h:mm:ss", 22: "m/d/yyyy h:mm", 37: "#,##0 ;(#,##0)",
    38: "#,##0 ;[Red](#,##0)", 39: "#,##0.00;(#,##0.00)", 40: "#,##0.00;[Red](#,##0.00)", 45: "mm:ss",
    46: "[h]:mm:ss", 47: "mmss.0", 48: "##0.0E+0", 49: "@",
}  # fmt: skip
_BUILT_IN_DATES = frozenset((*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)))
_NOT_PATTERN = re.compile(r'"[^"]*"|\\.|_.|\*.|\[(?![hms]+\])[^\]]*\]', re.IGNORECASE)
_DATE_LETTERS = re.compile(r"[dmyhs]", re.IGNORECASE)
_ELAPSED = re.compile(r"\[[hms]+\]", re.IGNORECASE)
_SHORT_DATE = 14


class Styles:
    """The cell formats of a workbook, read from its styles part (or from none)."""

    def __init__(self, content: bytes | None) -> None:
        """Read the part. Raises MarkupError."""
        self._content = content
        elements = outline(content) if content is not None else []
        self._formats = {
            int(each.attributes["numFmtId"]): each.attributes.get("formatCode", "")
            for each in elements
            if each.name == "numFmt" and each.depth == 2 and each.get("numFmtId")
        }
        self._list = next((each for each in elements if each.name == "cellXfs" and each.depth == 1), None)
        self._cell_formats = [each for each in elements if each.name == "xf" and each.parent is self._list]
        self._number_formats = [_number(each.get("numFmtId")) for each in self._cell_formats]
        self._added: list[bytes] = []
        self._dated: dict[int, int] = {}

    @cached_property
    def date_styles(self) -> frozenset[bytes]:
        """The `s` attributes whose cells show a date or a time of day; durations such as `[h]:mm` are numbers."""
        return frozenset(
            str(index).encode() for index, code in enumerate(self._number_formats) if self._is_date(code)
        ) | (frozenset((b"",)) if self._number_formats and self._is_date(self._number_formats[0]) else frozenset())

    def number_format(self, style: int) -> str:
        """The number format of a style, in Excel's notation; `General` where there is none."""
        if not 0 <= style < len(self._number_formats):
            return "General"
        code = self._number_formats[style]
        return self._formats.get(code) or _BUILT_IN.get(code, "General")

    def with_date(self, style: int) -> int:
        """The style that is the same but shows a short date; it is added to the style sheet once, when first needed."""
        if self._list is None or not self._cell_formats:
            return style
        if str(style).encode() in self.date_styles:
            return style
        if style not in self._dated:
            element = self._cell_formats[style if style < len(self._cell_formats) else 0]
            self._dated[style] = len(self._number_formats)
            self._number_formats.append(_SHORT_DATE)
            self.__dict__.pop("date_styles", None)
            self._added.append(self._as_date(element))
        return self._dated[style]

    def changed_part(self) -> bytes | None:
        """The new content of the part, or None where nothing was added."""
        if self._list is None or self._content is None or not self._added:
            return None
        tag = self._content[self._list.start : self._list.tag_end]
        counted = set_attribute(tag, b"count", str(len(self._number_formats)).encode())
        place = self._cell_formats[-1].end
        return splice(
            self._content,
            [(self._list.start, self._list.tag_end, counted), (place, place, b"".join(self._added))],
        )

    def _as_date(self, element: Element) -> bytes:
        assert self._content is not None  # noqa: S101 - an element was read from it
        tag = self._content[element.start : element.tag_end]
        tag = set_attribute(tag, b"numFmtId", str(_SHORT_DATE).encode())
        tag = set_attribute(tag, b"applyNumberFormat", b"1")
        return tag + self._content[element.tag_end : element.end]

    def _is_date(self, code: int) -> bool:
        if code in self._formats:
            return is_date_format(self._formats[code])
        return code in _BUILT_IN_DATES


def is_date_format(code: str) -> bool:
    """Whether a number format shows a moment (letters d, m, y, h, s outside quotes), not a duration or a number."""
    pattern = _NOT_PATTERN.sub("", code.split(";")[0])
    if _ELAPSED.search(pattern) or pattern.lower() == "general":
        return False
    return bool(_DATE_LETTERS.search(pattern.replace("General", "")))


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0
