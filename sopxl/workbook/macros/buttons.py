"""The buttons of sopxl, declared once: sheet buttons, ribbon tab and shortcuts all come from this list.

To add one, add a line to BUTTONS and a public Sub of the same name to sources/Sopxl.bas.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Button:
    """One button.

    `macro` is the public Sub in sources/Sopxl.bas; `caption` and `tip` are what the planner reads;
    `python_function` is the function of sopxl.buttons it runs, empty for a comfort written in VBA;
    `image_mso` is the name of a picture built into Office; `group` is its group on the ribbon tab;
    `keys` is the keyboard shortcut as a planner would say it, empty for none.
    """

    macro: str
    caption: str
    tip: str
    python_function: str
    image_mso: str
    group: str
    keys: str = ""


GROUPS = ("Plan", "Check", "Group", "View")

BUTTONS = (
    Button(
        "SopxlDemand",
        "Plan demand",
        "Forecasts sales and writes the sales plan.",
        "demand",
        "ChartInsert",
        "Plan",
    ),
    Button(
        "SopxlProcurement",
        "Plan procurement",
        "Works out what to buy, from whom and when, and writes the procurement plan.",
        "procurement",
        "ImportExcel",
        "Plan",
    ),
    Button(
        "SopxlProduction",
        "Plan production",
        "Works out what to make on which resource and writes the production and capacity plans.",
        "production",
        "ControlProperties",
        "Plan",
    ),
    Button(
        "SopxlDistribution",
        "Plan distribution",
        "Works out what to move between locations and writes the distribution and inventory plans.",
        "distribution",
        "ExportExcel",
        "Plan",
    ),
    Button(
        "SopxlFinance",
        "Plan finance",
        "Values all plans in money and writes the financial plan.",
        "finance",
        "AccountingFormat",
        "Plan",
    ),
    Button(
        "SopxlRunAll",
        "Run all steps",
        "Runs the whole cycle: demand, procurement, production, distribution, finance.",
        "run_all",
        "MacroPlay",
        "Plan",
    ),
    Button(
        "SopxlConsolidate",
        "Consolidate",
        "In a group workbook: reads the units' plans and writes the group plan. Changes no unit's file.",
        "consolidate",
        "Consolidate",
        "Group",
    ),
    Button(
        "SopxlCheck",
        "Check tables",
        "Checks all input tables and lists each fault with its sheet, cell and remedy. Plans nothing.",
        "check",
        "DataValidation",
        "Check",
        "Ctrl+Shift+K",
    ),
    Button(
        "SopxlHideEmptyRows",
        "Hide empty rows",
        "Hides the rows of this sheet's plan in which every period is blank or nought.",
        "",
        "Filter",
        "View",
        "Ctrl+Shift+H",
    ),
    Button(
        "SopxlShowAllRows",
        "Show all rows",
        "Shows the hidden rows of this sheet's tables again and clears their filters.",
        "",
        "SortClear",
        "View",
        "Ctrl+Shift+M",
    ),
    Button(
        "SopxlJumpToCurrentPeriod",
        "Current period",
        "Scrolls this sheet's plan to the period of today.",
        "",
        "CalendarInsert",
        "View",
        "Ctrl+Shift+J",
    ),
    Button(
        "SopxlGoHome",
        "Go to Home",
        "Goes to the Home sheet.",
        "",
        "OpenStartPage",
        "View",
    ),
)


def button(macro: str) -> Button:
    """The button of that macro name; KeyError with the known names when there is none."""
    for candidate in BUTTONS:
        if candidate.macro == macro:
            return candidate
    raise KeyError(f"{macro}: no such button; there are {', '.join(each.macro for each in BUTTONS)}")
