"""What the tests of the sites need from registries: `python tests/site_parts.py FOLDER`.

A published site takes Pyodide's packages from Pyodide's own distribution. The registries carry
its core (npm), but of its binary wheels only those that one package on PyPI, open-webui, brings
along; this puts them together to a folder of the same form, FOLDER/pyodide, with what lessons
need. FOLDER/axe.min.js is axe-core, which finds barriers in pages.
Nothing that is already there is fetched again. Name FOLDER in WHO_SAYS_SO_SITE_PARTS.
"""

import hashlib
import json
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

PYODIDE, AXE, CARRIER = "pyodide@314.0.6", "axe-core@4", "open-webui==0.12.4"
CORE = ("pyodide.mjs", "pyodide.asm.mjs", "pyodide.asm.wasm", "python_stdlib.zip")
CARRIED = ("numpy", "pandas", "matplotlib", "pillow", "kiwisolver", "contourpy", "micropip",
           "python_dateutil", "pytz", "six", "cycler", "fonttools", "packaging", "pyparsing",
           "platformdirs")  # fmt: skip
FETCHED = ("networkx", "decorator", "setuptools", "ipython", "jedi", "parso", "traitlets",
           "asttokens", "executing", "matplotlib-inline", "prompt-toolkit", "pure-eval",
           "pygments", "stack-data", "wcwidth", "typing-extensions")  # fmt: skip


def pip_download(folder, *arguments):
    """Fetch wheels without what they need."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary=:all:"]
    subprocess.run([*command, "-d", str(folder), *arguments], check=True)


def npm_install(folder, package):
    """Fetch a package of npm; its folder."""
    subprocess.run(["npm", "install", "--silent", "--no-save", "--prefix", str(folder), package],
                   check=True)  # fmt: skip
    return folder / "node_modules" / package.partition("@")[0]


def wheel_of(folder, name):
    """The wheel of a package in a folder; None if there is none."""
    wanted = name.replace("-", "_").lower()
    found = [path for path in folder.glob("*.whl") if path.name.lower().startswith(f"{wanted}-")]
    return found[0] if found else None


def distribution(place):
    """Put the core and the wheels together, and a lock file of what is there."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        core = npm_install(folder, PYODIDE)
        for file in CORE:
            shutil.copyfile(core / file, place / file)
        lock = json.loads((core / "pyodide-lock.json").read_text("utf-8"))
        pip_download(folder, CARRIER)
        with zipfile.ZipFile(wheel_of(folder, "open-webui")) as archive:
            for name in archive.namelist():
                file = name.rpartition("/")[2]
                if "/pyodide/" in name and file.lower().startswith(tuple(f"{n}-" for n in CARRIED)):
                    (place / file).write_bytes(archive.read(name))
        wanted = [f"{name}=={lock['packages'][name]['version']}" for name in FETCHED]
        pip_download(place, "--platform=any", "--python-version=3.14", *wanted)
    lock["packages"] = {
        name: package | {"file_name": wheel.name, "version": wheel.name.split("-")[1],
                         "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest()}
        for name, package in lock["packages"].items()
        if (wheel := wheel_of(place, name))
    }  # fmt: skip
    for package in lock["packages"].values():
        package["depends"] = [
            name for name in package["depends"] if name.replace("_", "-") in lock["packages"]
        ]
    (place / "pyodide-lock.json").write_text(json.dumps(lock), "utf-8")


def main():
    """Fill the folder."""
    folder = Path(sys.argv[1]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / "axe.min.js").exists():
        with tempfile.TemporaryDirectory() as temporary:
            package = npm_install(Path(temporary), AXE)
            shutil.copyfile(package / "axe.min.js", folder / "axe.min.js")
    if not (folder / "pyodide" / "pyodide-lock.json").exists():
        shutil.rmtree(folder / "pyodide", ignore_errors=True)
        (folder / "pyodide").mkdir()
        distribution(folder / "pyodide")


if __name__ == "__main__":
    main()
