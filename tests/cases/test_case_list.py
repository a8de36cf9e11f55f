"""All of the known cases go through the product."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases.case_tables import FOLDER

SHARED = Path(__file__).parents[3] / "shared" / "cases"


def through() -> set[str]:
    """Cases that have a folder here, and with it a test module that reads it."""
    texts = [path.read_text(encoding="utf-8") for path in FOLDER.glob("test_*.py") if path.name != Path(__file__).name]
    return {folder.name for folder in FOLDER.iterdir() if any(f'"{folder.name}"' in text for text in texts)}


@pytest.mark.skipif(not SHARED.exists(), reason="the collection of cases is not beside the repository")
def test_every_case_goes_through_the_product() -> None:
    assert {folder.name for folder in SHARED.iterdir() if folder.is_dir()} - through() == set()


@pytest.mark.parametrize("folder", sorted(path for path in FOLDER.iterdir() if (path / "input.json").exists()),
                         ids=lambda path: str(path.name))
def test_every_case_folder_names_its_source_and_is_tested(folder: Path) -> None:
    assert "Source" in (folder / "README.md").read_text(encoding="utf-8")
    assert (folder / "expected.json").exists()
    assert folder.name in through()
