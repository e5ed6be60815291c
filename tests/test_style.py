"""The linters, and what the repository must not say."""

import re
import subprocess
import sys

import pytest

TOOLS = {
    "ruff check": ["ruff", "check", "."],
    "ruff format": ["ruff", "format", "--check", "."],
    "mypy": ["mypy"],
}


@pytest.mark.parametrize("command", TOOLS.values(), ids=TOOLS)
def test_linter_is_content(root, command):
    ended = subprocess.run(
        [sys.executable, "-m", *command], cwd=root, capture_output=True, text=True
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr


def test_every_generated_file_is_listed_and_its_command_exists(root):
    table = (root / "CONTRIBUTING.md").read_text("utf-8")
    generated = ("article/agreement.csv", "article/fingerprints.csv", "article/detector.csv")
    for file in (*(f"data/{name}" for name in generated), "assets/strip.png"):
        assert f"| `{file}`" in table
    assert set(re.findall(r"tools/\w+\.py", table)) == {
        path.relative_to(root).as_posix() for path in (root / "tools").glob("*.py")
    }
