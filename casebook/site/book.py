"""The course as a static book: Sphinx over the stored outputs, nothing is run."""

import subprocess
import sys
import tempfile
from pathlib import Path

from casebook.site import SiteError, pages
from casebook.site.tracked import copy_files, tracked

WEBSITE = "website"  # cover, settings and style of the book
TAKEN = (  # folders and files that have pages, or are linked from them
    "notebooks",
    "exercises",
    "data",
    "instructor",
    "casebook",
    "assets",
    "LICENSE",
    "LICENSE-TEXTS.md",
    "CITATION.cff",
)
NOT_BUILT = "The book could not be built. What Sphinx says:\n{told}"


def build_book(root: Path, output: Path, *, lite: bool = False) -> None:
    """Write the book's pages to `output`; with `lite`, they link to JupyterLite in output/lite.

    SiteError if a file is missing or a link leads nowhere.
    """
    with tempfile.TemporaryDirectory(prefix="casebook-book-") as folder:
        source = Path(folder) / "source"
        lay_out(root, source)
        command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html"]
        command += ["-d", f"{folder}/doctrees", *(["-t", "lite"] if lite else [])]
        built = subprocess.run(
            [*command, str(source), str(output)], capture_output=True, text=True, check=False
        )
    if built.returncode:
        raise SiteError(NOT_BUILT.format(told=built.stderr.replace(f"{source}/", "").strip()))


def lay_out(root: Path, source: Path) -> None:
    """Put Sphinx's sources together: tracked files at their places, and the generated pages."""
    files = tracked(root)
    copy_files(root, [file for file in files if file.parts[0] in TAKEN], source)
    website = [file.relative_to(WEBSITE) for file in files if file.parts[0] == WEBSITE]
    copy_files(root / WEBSITE, website, source)
    lessons = (source / "notebooks").glob("[0-9]*.ipynb")
    for name, text in {
        "data/dictionary.md": pages.dictionary(source / "data"),
        "references.md": pages.references(source / "data", lessons),
        "exercises.md": pages.exercises(source / "exercises"),
    }.items():
        (source / name).write_text(text, "utf-8")
