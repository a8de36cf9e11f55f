"""Settings: what may be entered, and what is said of what may not."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from sopxl.schema import PlanError
from sopxl.settings import Settings, read_settings, setting_name, settings_frame


def test_settings_come_back_from_their_table_as_they_went_in() -> None:
    settings = replace(Settings(), company="Föhn & Co", bucket="week", first_period="2027-W03", horizon=26,
                       whole_workers=True, late_cost=4.5)
    assert read_settings(settings_frame(settings)) == settings


def test_an_empty_value_means_the_default() -> None:
    frame = settings_frame(Settings())
    frame["value"] = ""
    assert read_settings(frame) == Settings()


@pytest.mark.parametrize("declared", fields(Settings), ids=lambda declared: declared.name)
def test_every_setting_is_described(declared: object) -> None:
    row = settings_frame(Settings()).set_index("setting").loc[setting_name(declared)]  # type: ignore[arg-type]
    assert row["meaning"].endswith((".", ":"))


@pytest.mark.parametrize(
    ("setting", "value", "said"),
    [
        ("Bucket", "day", "Choose week, month or quarter"),
        ("Horizon", "0", "at least 1"),
        ("Horizon", "many", "must be a number"),
        ("First period", "December", "is not a month like 2026-12"),
        ("Whole workers", "perhaps", "yes or no"),
        ("Holding cost", "-1", "at least 0"),
        ("Holding cost", "nan", "at least 0"),
    ],
)
def test_a_setting_that_cannot_be_is_told_with_its_row(setting: str, value: str, said: str) -> None:
    frame = settings_frame(Settings())
    row = frame.index[frame["setting"] == setting][0]
    frame.loc[row, "value"] = value
    with pytest.raises(PlanError) as caught:
        read_settings(frame)
    finding = caught.value.findings[0]
    assert said in f"{finding.message} {finding.remedy}"
    assert (finding.table, finding.column, finding.row) == ("settings", "value", row)


def test_all_faults_are_told_at_once_and_unknown_settings_too() -> None:
    frame = settings_frame(Settings())
    frame.loc[frame["setting"] == "Horizon", "value"] = "x"
    frame.loc[frame["setting"] == "Bucket", "value"] = "y"
    frame.loc[len(frame)] = ["Colour", "blue", "", ""]
    with pytest.raises(PlanError) as caught:
        read_settings(frame)
    assert len(caught.value.findings) == 3
