"""What several tests need: where the pack is, and no reader's copy of the article in the way."""

import os
from pathlib import Path

import pytest

# Stored outputs are those of a reader without a copy; nbval's kernels inherit this.
os.environ["WHO_SAYS_SO_WITHOUT_COPY"] = "1"


@pytest.fixture(scope="session")
def root() -> Path:
    return Path(__file__).resolve().parent.parent
