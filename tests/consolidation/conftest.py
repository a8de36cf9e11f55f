"""The plan workbooks of the small group: made once, copied where a test changes them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.consolidation.small_group import make_units


@pytest.fixture(scope="session")
def units(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of the three plan workbooks; not to be changed."""
    folder = tmp_path_factory.mktemp("units")
    make_units(folder)
    return folder


@pytest.fixture
def own_units(units: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    folder = tmp_path / "group"
    shutil.copytree(units, folder)
    return folder
