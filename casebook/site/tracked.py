"""What may be published: the files that git tracks, so that nobody's own copy ever is."""

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from casebook.site import SiteError

NO_GIT = (
    "A site is made of the files that git tracks, and {root} is no clone of the pack (or git is "
    "not installed). Clone the repository with git, and try again there."
)


def tracked(root: Path) -> list[Path]:
    """The files below `root` that git tracks and that are there, relative to it, sorted."""
    if not (root / ".git").exists():
        raise SiteError(NO_GIT.format(root=root))
    try:
        listed = subprocess.run(
            ["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=True
        )
    except (OSError, subprocess.CalledProcessError):
        raise SiteError(NO_GIT.format(root=root)) from None
    names = sorted(name for name in listed.stdout.split("\0") if name)
    return [Path(name) for name in names if (root / name).is_file()]


def copy_files(root: Path, files: Iterable[Path], target: Path) -> None:
    """Copy files, given relative to `root`, to the same places below `target`."""
    for file in files:
        place = target / file
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / file, place)
