"""The ribbon tab "sopxl", made from the list of buttons and put into a workbook package ([MS-CUSTOMUI2]).

Nothing to add here for a new button: see buttons.py.
"""

from pathlib import Path

from lxml import etree

from sopxl.workbook.macros.buttons import BUTTONS, GROUPS, Button
from sopxl.workbook.macros.parts import Parts

NAMESPACE = "http://schemas.microsoft.com/office/2009/07/customui"
RELATIONSHIP = "http://schemas.microsoft.com/office/2007/relationships/ui/extensibility"
OLD_RELATIONSHIP = "http://schemas.microsoft.com/office/2006/relationships/ui/extensibility"
PART = "customUI/customUI14.xml"
CALLBACK = "SopxlRibbon_Press"
TAB = "sopxlTab"


def ribbon_xml() -> bytes:
    """The XML of a ribbon with the tab "sopxl": its groups and buttons, each with its macro as tag."""
    root = etree.Element(f"{{{NAMESPACE}}}customUI", nsmap={None: NAMESPACE})  # type: ignore[dict-item]
    _put_tab(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def add_ribbon(path: Path) -> None:
    """Puts the tab "sopxl" into a written workbook, in place; all other parts stay byte for byte.

    Doing it twice changes nothing. Raises FileEngineError when the file is no workbook or is open elsewhere.
    """
    parts = Parts.of(path)
    put_ribbon(parts)
    parts.save(path)


def put_ribbon(parts: Parts) -> None:
    """Puts the tab into a package; a ribbon that the workbook already has keeps its own tabs beside it."""
    present = parts.related("", RELATIONSHIP) or parts.related("", OLD_RELATIONSHIP)
    if present is not None:
        root = parts.tree(present)
        _put_tab(root)
        parts.put_tree(present, root)
        return
    parts.put(PART, ribbon_xml())
    parts.relate("", RELATIONSHIP, PART)
    if parts.content_type(PART) != "application/xml":
        parts.declare(PART, "application/xml")


def _put_tab(root: etree._Element) -> None:
    """Excel 2007's ribbon and the later one differ in the namespace only, so the tab takes the root's."""
    namespace = etree.QName(root).namespace or NAMESPACE
    tabs = _child(_child(root, namespace, "ribbon"), namespace, "tabs")
    for old in tabs.findall(f"{{{namespace}}}tab[@id='{TAB}']"):
        tabs.remove(old)
    tab = etree.SubElement(tabs, f"{{{namespace}}}tab", {"id": TAB, "label": "sopxl"})
    for name in GROUPS:
        group = etree.SubElement(tab, f"{{{namespace}}}group", {"id": f"sopxlGroup{name}", "label": name})
        for button in BUTTONS:
            if button.group == name:
                etree.SubElement(group, f"{{{namespace}}}button", _attributes(button))


def _child(parent: etree._Element, namespace: str, name: str) -> etree._Element:
    found = parent.find(f"{{{namespace}}}{name}")
    return etree.SubElement(parent, f"{{{namespace}}}{name}") if found is None else found


def _attributes(button: Button) -> dict[str, str]:
    tip = f"{button.tip} ({button.keys})" if button.keys else button.tip
    return {
        "id": f"sopxlButton{button.macro}",
        "label": button.caption,
        "size": "large",
        "imageMso": button.image_mso,
        "screentip": button.caption,
        "supertip": tip,
        "onAction": CALLBACK,
        "tag": button.macro,
    }
