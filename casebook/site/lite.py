"""JupyterLab in the reader's browser: lessons, exercises, data and casebook, nothing installed.

The Python in the browser is Pyodide. Its lock file says which wheels there are and which imports
load them; ours adds casebook and a few pure wheels that Pyodide does not carry, so that
`import casebook` brings all it needs, also where a module of casebook imports it and no cell does.
"""

import json
import shutil
import subprocess
import sys
import tempfile
import urllib.request
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from casebook.site import SiteError
from casebook.site.locked import Packages, closure, entry
from casebook.site.tracked import copy_files, tracked
from casebook.site.wheel import build_wheel

PYODIDE = "314.0.6"  # the one that jupyterlite-pyodide-kernel, as pinned, is made for
DISTRIBUTION = f"https://cdn.jsdelivr.net/pyodide/v{PYODIDE}/full"
LOCK, CORE = "pyodide-lock.json", ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm",
                                   "python_stdlib.zip")  # fmt: skip
NEEDED = ("pandas", "matplotlib", "networkx", "micropip", "ipython", "jedi")
PURE = (  # not in the distribution; in the versions of this environment, which fit its extensions
    "comm",
    "ipywidgets",
    "anywidget",
    "psygnal",
)
OURS, ALSO = "who-says-so", ("ipywidgets", "anywidget")  # which modules of it import
CONTENTS = ("notebooks", "exercises", "data", "casebook")
LEFT_OUT = ("exercises/solutions/", "notebooks/_", "casebook/site/")
OWN = "static/packages"  # our own wheels, where Pyodide is not in the site
KERNEL = "@jupyterlite/pyodide-kernel-extension:kernel"

NO_DISTRIBUTION = (
    "{place} has no Pyodide {version}: there is no {file}. Give --pyodide the folder of the "
    "unpacked distribution, or its address."
)
LACKS = "The Pyodide distribution at {place} lacks {names}. Take the full one, not the core."
NO_WHEEL = "The wheel of {name} could not be fetched. What pip says:\n{told}"
NOT_INSTALLED = "{name} is not installed: pip install -r requirements-site.txt."
NOT_BUILT = "JupyterLite could not be built. What it says:\n{told}"


def build_lite(root: Path, output: Path, pyodide: str = DISTRIBUTION) -> None:
    """Write the site to `output`. SiteError if something it is made of is missing.

    `pyodide` is the folder of an unpacked Pyodide distribution, of which the site gets a copy of
    what it needs, or a web address, from which each reader's browser fetches it.
    """
    lock = _read_lock(pyodide)
    with tempfile.TemporaryDirectory(prefix="casebook-lite-") as folder:
        lite = Path(folder)  # always a fresh one: a left-over build database drops settings
        copy_files(root, _contents(root), lite / "contents")
        _forget_results(lite / "contents")
        shutil.copyfile(root / "website" / "overrides.json", lite / "overrides.json")
        wheels = lite / "wheels"
        wheels.mkdir()
        own = [build_wheel(root, wheels), *(_fetch(name, wheels) for name in PURE)]
        lay_out = _lean_on if "://" in pyodide else _bring_along
        settings = lay_out(pyodide.rstrip("/"), lock, own, lite)
        configuration = {
            "jupyter-lite-schema-version": 0,
            "jupyter-config-data": {
                "appName": "Who Says So?",
                "litePluginSettings": {KERNEL: {"disablePyPIFallback": True, **settings}},
            },
        }
        (lite / "jupyter-lite.json").write_text(json.dumps(configuration), "utf-8")
        _build(lite, output)
        if (lite / OWN).exists():  # JupyterLite takes no folder along but contents and Pyodide
            shutil.copytree(lite / OWN, output / OWN)
    built = json.loads((output / "jupyter-lite.json").read_text("utf-8"))
    found = built["jupyter-config-data"]["litePluginSettings"].get(KERNEL, {})
    if not settings.items() <= found.items():
        raise SiteError(NOT_BUILT.format(told="it has lost where Pyodide is."))


def _contents(root: Path) -> list[Path]:
    """The tracked files that a reader finds in the file browser."""
    return [
        file
        for file in tracked(root)
        if file.parts[0] in CONTENTS and not file.as_posix().startswith(LEFT_OUT)
    ]


def _forget_results(folder: Path) -> None:
    """Empty the outputs of the notebooks below a folder: readers are asked to guess them first."""
    for path in folder.rglob("*.ipynb"):
        notebook = json.loads(path.read_text("utf-8"))
        for cell in notebook["cells"]:
            if cell["cell_type"] == "code":
                cell |= {"outputs": [], "execution_count": None}
        path.write_text(json.dumps(notebook, ensure_ascii=False), "utf-8")


def _fetch(name: str, folder: Path) -> Path:
    """The pure wheel of a package, in the version that is installed here."""
    try:
        wanted = f"{name}=={version(name)}"
    except PackageNotFoundError:
        raise SiteError(NOT_INSTALLED.format(name=name)) from None
    before = set(folder.iterdir())
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:"]
    command += ["--platform=any", "--python-version=3.14", "-d", str(folder), wanted]
    fetched = subprocess.run(command, capture_output=True, text=True, check=False)
    if fetched.returncode:
        raise SiteError(NO_WHEEL.format(name=wanted, told=fetched.stderr.strip()))
    return (set(folder.iterdir()) - before).pop()


def _read_lock(pyodide: str) -> dict[str, Any]:
    """The lock file of a distribution; SiteError if there is none, or it lacks what is needed."""
    place = pyodide.rstrip("/")
    try:
        if "://" in place:
            with urllib.request.urlopen(f"{place}/{LOCK}") as answer:
                lock = json.load(answer)
        else:
            lock = json.loads(Path(place, LOCK).read_text("utf-8"))
    except (OSError, ValueError):  # an address that does not answer raises an OSError too
        raise SiteError(NO_DISTRIBUTION.format(place=place, version=PYODIDE, file=LOCK)) from None
    if missing := [name for name in NEEDED if name not in lock["packages"]]:
        raise SiteError(LACKS.format(place=place, names=", ".join(missing)))
    return dict(lock)


def _bring_along(folder: str, lock: dict[str, Any], own: list[Path], lite: Path) -> dict[str, Any]:
    """Copy Pyodide with what casebook needs into the site; the kernel's settings."""
    place = lite / "static" / "pyodide"  # where jupyterlite-pyodide-kernel looks for it
    place.mkdir(parents=True)
    packages = _with_own(lock["packages"], own)
    needed = closure(packages, [*NEEDED, OURS])
    files = [lock["packages"][name]["file_name"] for name in needed & lock["packages"].keys()]
    for file in (*CORE, *sorted(files)):
        if not Path(folder, file).is_file():
            raise SiteError(NO_DISTRIBUTION.format(place=folder, version=PYODIDE, file=file))
        shutil.copyfile(Path(folder, file), place / file)
    for wheel in own:
        shutil.copyfile(wheel, place / wheel.name)
    lock["packages"] = {name: packages[name] for name in sorted(needed)}
    (place / LOCK).write_text(json.dumps(lock), "utf-8")
    return {"pyodideUrl": "./static/pyodide/pyodide.mjs"}


def _lean_on(address: str, lock: dict[str, Any], own: list[Path], lite: Path) -> dict[str, Any]:
    """Put only our own wheels, and a lock that names them, into the site; the kernel's settings."""
    for package in lock["packages"].values():
        package["file_name"] = f"{address}/{package['file_name']}"
    lock["packages"] = _with_own(lock["packages"], own)
    place = lite / OWN
    place.mkdir(parents=True)
    for wheel in own:
        shutil.copyfile(wheel, place / wheel.name)
    (place / LOCK).write_text(json.dumps(lock), "utf-8")
    return {
        "pyodideUrl": f"{address}/pyodide.mjs",
        "loadPyodideOptions": {"lockFileURL": f"./{OWN}/{LOCK}"},
    }


def _with_own(packages: Packages, own: list[Path]) -> Packages:
    """A distribution's packages and our own wheels, which may need each other."""
    added = {described["name"]: described for described in map(entry, own)}
    added[OURS]["depends"] += ALSO
    known = packages | added
    for described in added.values():
        described["depends"] = [name for name in described["depends"] if name in known]
    return known


def _build(lite: Path, output: Path) -> None:
    command = [sys.executable, "-m", "jupyterlite_core", "build", "--no-sourcemaps", "--apps=lab"]
    command += [f"--lite-dir={lite}", f"--contents={lite / 'contents'}", f"--output-dir={output}"]
    built = subprocess.run(command, cwd=lite, capture_output=True, text=True, check=False)
    if built.returncode:
        raise SiteError(NOT_BUILT.format(told=(built.stderr or built.stdout).strip()))
