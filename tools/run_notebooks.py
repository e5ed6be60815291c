"""Run notebooks from a clean kernel and save them in the pack's normal form.

Usage: python tools/run_notebooks.py [NOTEBOOK ...]     (no names: every lesson)
"""

import os
import re
import sys
from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parent.parent
KEPT_METADATA = {"kernelspec", "language_info", "casebook"}
WIDGET = "application/vnd.jupyter.widget-view+json"  # a random id, of no use without its kernel
KEPT_CELL_METADATA = {"casebook", "tags", "editable", "deletable", "jupyter"}
MACHINE_ID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f-]+)?$")


def normalise(notebook: NotebookNode) -> NotebookNode:
    """Readable cell ids, only the metadata that means something, no times and no versions."""
    notebook.metadata = {k: v for k, v in notebook.metadata.items() if k in KEPT_METADATA}
    notebook.metadata["kernelspec"] = {
        "display_name": "Python 3",
        "language": "python",
        "name": "python3",
    }
    notebook.metadata["language_info"] = {"name": "python"}
    taken: set[str] = set()
    for cell in notebook.cells:
        cell.metadata = {k: v for k, v in cell.metadata.items() if k in KEPT_CELL_METADATA}
        for output in cell.get("outputs", []):
            if "metadata" in output:
                output.metadata = {}
            output.get("data", {}).pop(WIDGET, None)
        cell.id = _unique(_slug(cell), taken)
        taken.add(cell.id)
    return notebook


def _slug(cell: NotebookNode) -> str:
    """The cell's own id if a person gave it, else its first words."""
    if not MACHINE_ID.match(cell.id):
        return str(cell.id)
    words = re.findall(r"[a-z0-9]+", cell.source.lower())
    return "-".join(words[:5])[:50] or "cell"


def _unique(slug: str, taken: set[str]) -> str:
    count, name = 2, slug
    while name in taken:
        name, count = f"{slug}-{count}", count + 1
    return name


def main() -> None:
    """Run and save each notebook; stop with the error of the first one that fails."""
    os.environ["WHO_SAYS_SO_WITHOUT_COPY"] = "1"  # nobody's copy reaches a stored output
    lessons = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    for path in [Path(name) for name in sys.argv[1:]] or lessons:
        notebook = nbformat.read(path, as_version=4)
        runner = NotebookClient(
            notebook, kernel_name="python3", resources={"metadata": {"path": path.parent}}
        )
        nbformat.write(normalise(runner.execute()), path)
        print(f"ran {path.name}")


if __name__ == "__main__":
    main()
