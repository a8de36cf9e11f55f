"""One cell: what its XML says, and the XML for a value. To support a new kind of value, extend `encode`."""

from __future__ import annotations

import datetime as dt
import decimal
import math
import re
from functools import lru_cache
from typing import Any, NamedTuple

from sopxl.file_engine.markup import ATTRIBUTES, LONGEST_TEXT, escape_text, plain_text, text_of

CellValue = float | str | bool | dt.datetime | None
_EPOCH_1900 = dt.datetime(1899, 12, 30)
_EPOCH_1904 = dt.datetime(1904, 1, 1)
_DAYS_1904 = 1462
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]")
_LAST_SERIAL = 2_958_466
_DAY = 86_400_000
_ERRORS = frozenset(
    (
        "#NULL!",
        "#DIV/0!",
        "#VALUE!",
        "#REF!",
        "#NAME?",
        "#NUM!",
        "#N/A",
        "#SPILL!",
        "#CALC!",
        "#GETTING_DATA",
        "#FIELD!",
    )
)


class CellError(str):
    """The error that a cell shows, such as `#REF!`; told from text by its class."""

    __slots__ = ()


class Content(NamedTuple):
    """What stands inside a cell: the `t` attribute and the XML between its tags."""

    kind: bytes
    inner: bytes


class Grammar(NamedTuple):
    """The patterns that find rows, cells and their insides under one namespace prefix."""

    prefix: bytes
    row: re.Pattern[bytes]
    cell: re.Pattern[bytes]
    plain_cell: re.Pattern[bytes]
    plain_formula: re.Pattern[bytes]
    formula: re.Pattern[bytes]
    value: re.Pattern[bytes]
    text: re.Pattern[bytes]
    phonetic: re.Pattern[bytes]


@lru_cache(maxsize=8)
def grammar(prefix: bytes) -> Grammar:
    """The patterns for a prefix with its colon (`b"x:"`), or for none (`b""`)."""
    p = re.escape(prefix)

    def element(name: bytes) -> re.Pattern[bytes]:
        inside = rb"(?:/>|>(.*?)</" + p + name + rb"\s*>)"
        return re.compile(rb"<" + p + name + rb"(" + ATTRIBUTES.replace(rb"[^>", rb"[^>/") + rb")" + inside, re.DOTALL)

    plain = (
        rb'<%(p)sc r="([A-Z]{1,3})[0-9]+"(?: s="([0-9]+)")?(?: t="([A-Za-z]+)")?\s?'
        rb"(?:/>|>(?:<%(p)sf%(a)s(?<!/)>[^<]*</%(p)sf>|<%(p)sf%(a)s/>)?(?:<%(p)sv>([^<]*)</%(p)sv>|<%(p)sv/>"
        rb'|<%(p)sis><%(p)st(?: xml:space="preserve")?>([^<]*)</%(p)st></%(p)sis>)?</%(p)sc>)'
    ) % {b"p": p, b"a": ATTRIBUTES.replace(rb"[^>", rb"[^>/")}
    plain_formula = rb'<%(p)sc r="([A-Z]{1,3})[0-9]+"[^<>]*><%(p)sf>([^<]*)</%(p)sf>' % {b"p": p}
    row = re.compile(rb"<" + p + rb'row(?=[\s/>])(?: r="([0-9]+)")?' + ATTRIBUTES + rb"/?>")
    return Grammar(
        prefix,
        row,
        element(b"c"),
        re.compile(plain),
        re.compile(plain_formula),
        *(element(name) for name in (b"f", b"v", b"t", b"rPh")),
    )


def to_datetime(serial: float, date_1904: bool) -> dt.datetime | float:
    """The moment a number stands for, to the millisecond; the number itself where no calendar has it."""
    if not 0 <= serial < _LAST_SERIAL:
        return serial
    milliseconds = round(serial * _DAY)
    if date_1904:
        return _EPOCH_1904 + dt.timedelta(milliseconds=milliseconds)
    if _DAY <= milliseconds < 60 * _DAY:  # Excel counts 29 February 1900, which never was
        milliseconds += _DAY
    return _EPOCH_1900 + dt.timedelta(milliseconds=milliseconds)


def to_serial(moment: dt.date | dt.time | dt.timedelta, date_1904: bool) -> float:
    """The number that stands for a moment or a duration. Raises ValueError before the calendar starts."""
    if isinstance(moment, dt.timedelta):
        return moment / dt.timedelta(days=1)
    if isinstance(moment, dt.time):
        moment = dt.datetime.combine(_EPOCH_1900, moment)
    if not isinstance(moment, dt.datetime):
        moment = dt.datetime(moment.year, moment.month, moment.day)
    serial = (moment.replace(tzinfo=None) - _EPOCH_1900) / dt.timedelta(days=1)
    if serial >= 1:
        serial -= _DAYS_1904 if date_1904 else serial < 61
    if serial < 0 or (not date_1904 and moment.year == 1899 and moment.day == 31):
        raise ValueError(f"the date {moment:%Y-%m-%d} lies before Excel's calendar")
    return int(serial) if serial == int(serial) else serial


def encode(value: Any, prefix: bytes, date_1904: bool) -> Content:
    """The XML of a value. Text stays text, also where it begins with `=`; NaN and None are an empty cell.

    Raises ValueError, with words for a planner, where no cell can hold the value.
    """
    if type(value) is float and value - value == 0:
        return Content(b"", b"<%bv>%b</%bv>" % (prefix, repr(value).removesuffix(".0").encode(), prefix))
    if isinstance(value, CellError):
        return _value(b"e", escape_text(value), prefix)
    if isinstance(value, str):
        return _encode_text(value, prefix)
    if value is None:
        return Content(b"", b"")
    if isinstance(value, bool):
        return _value(b"b", "1" if value else "0", prefix)
    if isinstance(value, (float, int, decimal.Decimal)):
        return _encode_number(value, prefix)
    if isinstance(value, (dt.date, dt.time, dt.timedelta)):
        return _value(b"", repr(to_serial(value, date_1904)), prefix) if value == value else Content(b"", b"")
    if hasattr(value, "item"):  # a numpy scalar
        plain = value.astype("datetime64[us]") if type(value).__name__ == "datetime64" else value
        return encode(plain.item(), prefix, date_1904)
    if type(value).__name__ == "NAType":
        return Content(b"", b"")
    raise ValueError(f"a value of type {type(value).__name__} cannot be put into a cell")


def encode_result(value: Any, prefix: bytes, date_1904: bool) -> Content:
    """As `encode`, for the result of a formula: text is held in the cell, not as inline text."""
    if isinstance(value, str) and not isinstance(value, CellError):
        return _value(b"str", _checked(value), prefix)
    return encode(value, prefix, date_1904)


def encode_formula(formula: str, prefix: bytes) -> bytes:
    """The XML of a formula, given with or without its leading `=`. Raises ValueError where it is too long."""
    text = formula.removeprefix("=")
    if len(text) > 8192:
        raise ValueError("a formula longer than 8,192 characters cannot be put into a cell")
    return b"<%bf>%b</%bf>" % (prefix, _utf8(_escaped_formula(text)), prefix)


def decode_error(text: str) -> CellError:
    """The error of a cell of type `e`; what is no known error is shown as it stands."""
    return CellError(text if text in _ERRORS or text.startswith("#") else f"#{text}")


def inline_text(inner: bytes, patterns: Grammar) -> str:
    """The text of an inline string or shared string: all its runs, without phonetic guides."""
    if b"rPh" in inner:
        inner = patterns.phonetic.sub(b"", inner)
    return "".join(text_of(match[2] or b"") for match in patterns.text.finditer(inner))


def formula_text(stretch: bytes) -> str:
    """The text of an `f` element."""
    return plain_text(stretch)


def _encode_text(value: str, prefix: bytes) -> Content:
    if not value:
        return Content(b"", b"")
    text = _checked(value)
    keep = (
        b' xml:space="preserve"' if value != value.strip() or "\n" in value or "\t" in value or "  " in value else b""
    )
    return Content(b"inlineStr", b"<%bis><%bt%b>%b</%bt></%bis>" % (prefix, prefix, keep, _utf8(text), prefix, prefix))


def _encode_number(value: float | int | decimal.Decimal, prefix: bytes) -> Content:
    if isinstance(value, int) and abs(value) < 10**15:
        return _value(b"", str(value), prefix)
    number = float(value)
    if math.isnan(number):
        return Content(b"", b"")
    if math.isinf(number):
        raise ValueError("an infinite number cannot be put into a cell")
    return _value(b"", repr(number).removesuffix(".0"), prefix)


def _value(kind: bytes, text: str, prefix: bytes) -> Content:
    return Content(kind, b"<%bv>%b</%bv>" % (prefix, _utf8(text), prefix))


def _checked(value: str) -> str:
    if len(value) > LONGEST_TEXT // 2 and len(value.encode("utf-16-le", "surrogatepass")) > 2 * LONGEST_TEXT:
        raise ValueError(f"a text of more than {LONGEST_TEXT:,} characters cannot be put into a cell")
    return escape_text(value)


def _escaped_formula(text: str) -> str:
    if _CONTROL.search(text):
        raise ValueError("a formula with control characters cannot be put into a cell")
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace("\r", "&#13;")


def _utf8(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ValueError("a text with half of a character (lone surrogate) cannot be put into a cell") from error
