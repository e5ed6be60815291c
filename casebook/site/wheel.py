"""A wheel of casebook that brings its data, for places that have no clone (JupyterLite, Colab)."""

import subprocess
import sys
import tempfile
from pathlib import Path

from casebook.site import SiteError
from casebook.site.tracked import copy_files, tracked

BESIDE = "casebook/pack"  # where the wheel has what stands beside the package in a clone
DATA = ("data", "exercises/feedback")
BUILT_FROM = ("pyproject.toml", "README.md", "LICENSE")
NOT_BUILT = "The wheel could not be built. What pip says:\n{told}"


def build_wheel(root: Path, folder: Path) -> Path:
    """Write the wheel to `folder` and return its path: code and data that git tracks, no more."""
    with tempfile.TemporaryDirectory(prefix="casebook-wheel-") as staged:
        source = Path(staged)
        files = tracked(root)
        code = [file for file in files if file.parts[0] == "casebook" or str(file) in BUILT_FROM]
        data = [file for file in files if file.as_posix().startswith(tuple(f"{d}/" for d in DATA))]
        copy_files(root, code, source)
        copy_files(root, data, source / BESIDE)
        (source / "MANIFEST.in").write_text("graft casebook\n", "utf-8")
        command = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps"]
        built = subprocess.run(
            [*command, "-w", str(folder), str(source)], capture_output=True, text=True, check=False
        )
    if built.returncode:
        raise SiteError(NOT_BUILT.format(told=built.stderr.strip()))
    return next(folder.glob("who_says_so-*.whl"))
