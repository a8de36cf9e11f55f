"""The shared strings of a workbook: read once, when a cell first needs one, and never written."""

from __future__ import annotations

import re

from sopxl.file_engine.cells import grammar, inline_text
from sopxl.file_engine.markup import ATTRIBUTES, check_well_formed, mask, text_of

_ROOT = re.compile(rb"<(?:([\w.-]+):)?sst" + ATTRIBUTES + rb"/?>")


def read_shared_strings(content: bytes) -> list[str]:
    """All texts of the part in their order, rich text joined, phonetic guides left out. Raises MarkupError."""
    masked = mask(content) if check_well_formed(content) else content
    root = _ROOT.search(masked)
    if root is None:
        return []
    prefix = root[1] + b":" if root[1] else b""
    if masked is content and not prefix:
        return _read_plainly(content)
    item = re.compile(rb"<%bsi(?:\s[^>/]*)?(?:/>|>(.*?)</%bsi\s*>)" % (prefix, prefix), re.DOTALL)
    patterns = grammar(prefix)
    return [
        inline_text(content[slice(*match.span(1))] if match[1] is not None else b"", patterns)
        for match in item.finditer(masked)
    ]


def _read_plainly(content: bytes) -> list[str]:
    item = re.compile(
        rb"<si(?:\s[^>/]*)?(?:/>|>(?:<t(?: xml:space=\"preserve\")?>([^<]*)</t></si>|(.*?)</si\s*>))", re.DOTALL
    )
    patterns = grammar(b"")
    return [
        inline_text(runs, patterns) if runs else text_of(plain) if plain else ""
        for plain, runs in item.findall(content)
    ]
