"""Opens a workbook in a LibreOffice that listens on a pipe and presses its buttons: run by a Python that has uno.

Arguments: name of the pipe, then files. Prints, as JSON, for each file a list of [sheet, macro, call, open while
it ran, protected afterwards, sheet in view], one for each button in the order of the sheet.
"""

import json
import sys
import time
from pathlib import Path
from typing import Any

import uno
from com.sun.star.beans import PropertyValue  # type: ignore[import-not-found]
from com.sun.star.connection import NoConnectException  # type: ignore[import-not-found]

# The comforts over tables need ListObjects, which LibreOffice's VBA does not have; they would stop with a message.
NEED_TABLES = ("SopxlHideEmptyRows", "SopxlShowAllRows", "SopxlJumpToCurrentPeriod")
SECONDS_TO_START = 60


def connected(pipe: str) -> Any:
    local = uno.getComponentContext()
    create = local.ServiceManager.createInstanceWithContext
    resolver = create("com.sun.star.bridge.UnoUrlResolver", local)
    deadline = time.monotonic() + SECONDS_TO_START
    while True:
        try:
            context = resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
            break
        except NoConnectException:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
    return context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)


def setting(name: str, value: object) -> Any:
    made = PropertyValue()
    made.Name, made.Value = name, value
    return made


def scripts(sheet: Any) -> list[str]:
    """What the sheet's form buttons and shapes are bound to."""
    page = sheet.DrawPage
    found = []
    for form in (page.Forms.getByIndex(index) for index in range(page.Forms.Count)):
        for index in range(form.Count):
            found += [event.ScriptCode for event in form.getScriptEvents(index)]
    for shape in (page.getByIndex(index) for index in range(page.Count)):
        if shape.supportsService("com.sun.star.drawing.CustomShape"):
            found += [each.Value for each in shape.Events.getByName("OnClick") or () if each.Name == "Script"]
    return found


def presses(desktop: Any, path: str) -> list[list[object]]:
    # 4: com.sun.star.document.MacroExecMode.ALWAYS_EXECUTE_NO_WARN
    options = (setting("Hidden", True), setting("MacroExecutionMode", 4))
    document = desktop.loadComponentFromURL(Path(path).as_uri(), "_blank", 0, options)
    home, plan = (document.Sheets.getByName(title) for title in ("Home", "Sales plan"))
    seen = []
    for sheet in (document.Sheets.getByIndex(index) for index in range(document.Sheets.Count)):
        for script in scripts(sheet):
            macro = script.split("?")[0].rpartition(".")[2]
            home.getCellRangeByName("A1:A2").clearContents(1 | 2 | 4)
            if macro not in NEED_TABLES:
                document.getScriptProvider().getScript(script).invoke((), (), ())
            call, protected = (home.getCellRangeByName(address).String for address in ("A1", "A2"))
            active = document.CurrentController.ActiveSheet.Name
            seen.append([sheet.Name, macro, call, protected, plan.isProtected(), active])
    document.close(True)
    return seen


def main() -> None:
    desktop = connected(sys.argv[1])
    print(json.dumps([presses(desktop, path) for path in sys.argv[2:]]))
    desktop.terminate()


if __name__ == "__main__":
    main()
