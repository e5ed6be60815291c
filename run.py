"""Open the course (`python3 run.py`) or test it (`python3 run.py test`).

It needs Python and nothing else. Its environment is .venv, Jupyter's own files are in .jupyter,
your notebooks in my_work, all inside this folder. Nothing in my_work is ever replaced.
"""

import sys

OLDEST = (3, 11)
if sys.version_info < OLDEST:
    sys.exit(
        "This pack needs Python %d.%d or newer, and this is %d.%d. Get a newer one from "
        "python.org and start run.py with it." % (OLDEST + tuple(sys.version_info[:2]))
    )

import filecmp
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
STAMP = VENV / "set-up-complete"
WORK = ROOT / "my_work"
FIRST_PAGE = "/lab/tree/my_work/notebooks/00_start_here.ipynb"
HERE = {f"JUPYTER_{place}_DIR": place.lower() for place in ("CONFIG", "DATA", "RUNTIME")}
HERE |= {"IPYTHONDIR": "ipython", "MPLCONFIGDIR": "matplotlib"}

PROBE = "import importlib.util as u; exit(None in map(u.find_spec, ('casebook', 'jupyterlab')))"
INSTALL = ("-m", "pip", "install", "-q", "--retries", "1")
PACKAGES = ("-r", "requirements.txt", "-c", "constraints.txt")
NO_NPM = "--LanguageServerManager.autodetect=False"  # it would start npm, which writes to the home
LAB_DEFAULTS = VENV / "share/jupyter/lab/settings/overrides.json"
DEFAULTS = """{"@jupyterlab/apputils-extension:notification":
   {"fetchNews": "false", "checkForUpdates": false},
 "@jupyterlab/docmanager-extension:plugin":
   {"defaultViewers": {"markdown": "Markdown Preview"}}}"""

USAGE = """Usage: python3 run.py        opens the course   (options go to JupyterLab)
       python3 run.py test   tests it           (options go to pytest)"""
NO_VENV = """This Python has no venv or ensurepip. On Debian or Ubuntu: sudo apt install
python3-venv. Elsewhere: install Python from python.org. Then try again."""
NOT_MADE = "Could not make {}. Is the folder writable, and JupyterLab closed? Then try again."
NOT_INSTALLED = """The packages could not be installed; the lines above say why. Most often the
internet is missing, which is needed this once. Then try again."""
NO_PORT = "No free port from {} to {}. Close some programs, then try again."


def run(*arguments):
    """Run the environment's Python in this folder; its exit code, or 1 if it cannot start."""
    places = {name: str(ROOT / ".jupyter" / folder) for name, folder in HERE.items()}
    try:
        return subprocess.call([str(PYTHON), *arguments], cwd=ROOT, env=os.environ | places)
    except OSError:  # the Python that the environment was made from is gone
        return 1


def fingerprint():
    """Changes with the packages, the Python and the place of this folder."""
    files = ("requirements.txt", "constraints.txt", "pyproject.toml")
    parts = [sys.version, str(ROOT), *((ROOT / name).read_text("utf-8") for name in files)]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()


def set_up():
    """Make .venv and install the pack into it, unless that is done and still fits."""
    usable = STAMP.exists() and run("-c", PROBE) == 0
    if usable and STAMP.read_text() == fingerprint():
        return
    if not (find_spec("venv") and find_spec("ensurepip")):
        sys.exit(NO_VENV)
    print("Setting up, once; this takes one or two minutes ...", flush=True)
    STAMP.unlink(missing_ok=True)
    if not usable and subprocess.call([sys.executable, "-m", "venv", "--clear", str(VENV)]):
        sys.exit(NOT_MADE.format(VENV))
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # without bytecode every kernel starts slowly
    if run(*INSTALL, *PACKAGES):
        sys.exit(NOT_INSTALLED)
    run("-m", "compileall", "-q", "casebook")
    LAB_DEFAULTS.parent.mkdir(parents=True, exist_ok=True)
    LAB_DEFAULTS.write_text(DEFAULTS)
    STAMP.write_text(fingerprint())


def lay_out_work():
    """Copy lessons and exercises to my_work; a newer one arrives beside the reader's own."""
    for source in [*ROOT.glob("notebooks/[0-9g]*"), *ROOT.glob("exercises/*.ipynb")]:
        name = source.relative_to(ROOT)
        target, original = WORK / name, WORK / ".originals" / name
        if target.exists() and original.exists() and filecmp.cmp(source, original, shallow=False):
            continue
        version = 2
        while target.exists():
            target = WORK / name.with_stem(f"{name.stem}_version{version}")
            version += 1
        for place, copy in ((target, copy_to_work), (original, shutil.copyfile)):
            place.parent.mkdir(parents=True, exist_ok=True)
            copy(source, place)


def copy_to_work(source, target):
    """Copy a file; a notebook without its results, which its reader is asked to guess first."""
    if source.suffix != ".ipynb":
        shutil.copyfile(source, target)
        return
    notebook = json.loads(source.read_text("utf-8"))
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell |= {"outputs": [], "execution_count": None}
    text = json.dumps(notebook, indent=1, ensure_ascii=False)
    target.write_text(f"{text}\n", "utf-8", newline="\n")


def free_port(first=8888, last=8987):
    """The first port from `first` on that nobody listens on."""
    for port in range(first, last + 1):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
        print(f"Port {port} is taken, trying the next one.")
    sys.exit(NO_PORT.format(first, last))


def main(arguments):
    """Set up, then run the tests or open JupyterLab; the exit code."""
    if arguments[:1] in (["-h"], ["--help"]):
        print(USAGE)
        return 0
    if arguments[:1] != ["test"] and not all(word.startswith("-") for word in arguments):
        sys.exit(USAGE)
    set_up()
    if arguments[:1] == ["test"]:
        return run("-m", "pytest", *arguments[1:])
    lay_out_work()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # on Ctrl+C JupyterLab itself asks what to do
    return run(
        "-m",
        "jupyterlab",
        f"--ServerApp.root_dir={ROOT}",
        f"--FileContentsManager.preferred_dir={WORK}",
        f"--LabApp.default_url={FIRST_PAGE}",
        f"--ServerApp.port={free_port()}",
        NO_NPM,
        *arguments,
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
