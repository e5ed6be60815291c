"""A copy of the pack, its JupyterLab as run.py starts it, and Chromium: one for all these tests."""

import contextlib
import importlib.util
import os
import re
import shutil
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))), None)
PATIENCE_SECONDS = 180
LEFT_OUT = (".*", "my_work", "tests", "__pycache__", "my_copy.txt", "*.egg-info")
QUIET = (
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


def why_not():
    """What these tests lack on this machine, in a sentence; "" if nothing."""
    if os.name == "nt":
        return "the browser tests link to the environment, which Windows does not allow"
    if importlib.util.find_spec("playwright") is None:
        return "no package playwright: python3 run.py installs it"
    return "" if CHROMIUM else "no Chromium; on Debian: apt-get install chromium"


def pytest_collection_modifyitems(items):
    here = Path(__file__).parent
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if why_not():
                item.add_marker(pytest.mark.skip(reason=why_not()))


@pytest.fixture(scope="package")
def pack(root, tmp_path_factory):
    """A copy of the pack with an environment that links to this one, set up and never opened."""
    folder = tmp_path_factory.mktemp("browser") / "pack"
    shutil.copytree(root, folder, ignore=shutil.ignore_patterns(*LEFT_OUT))
    (folder / ".venv").mkdir()
    for entry in Path(sys.prefix).iterdir():
        if entry.name != "set-up-complete":
            (folder / ".venv" / entry.name).symlink_to(entry)
    spec = importlib.util.spec_from_file_location("run_of_the_copy", folder / "run.py")
    run = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(run)
    run.STAMP.write_text(run.fingerprint())
    return folder


@pytest.fixture(scope="package")
def address(pack):
    """Where the JupyterLab of the copied pack listens, started as a student starts it."""
    surroundings = os.environ | {"PYTHONPATH": str(pack)}  # the copy's casebook, not the original
    surroundings.pop("WHO_SAYS_SO_WITHOUT_COPY", None)
    options = ("--no-browser", "--allow-root", "--IdentityProvider.token=")
    log = pack / "jupyterlab.log"
    with log.open("w") as written:
        server = subprocess.Popen(
            [sys.executable, "run.py", *options, "--LabApp.expose_app_in_browser=True"],
            cwd=pack,
            env=surroundings,
            stdout=written,
            stderr=written,
            start_new_session=True,
        )
    try:
        yield _first_page(server, log)
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def _first_page(server, log):
    """The address in JupyterLab's log, as soon as it answers; a failure with the log if it ends."""
    until = time.monotonic() + PATIENCE_SECONDS
    while server.poll() is None and time.monotonic() < until:
        page = re.search(r"http://\S+/lab/tree/\S+", log.read_text("utf-8"))
        with contextlib.suppress(OSError):
            if page and urllib.request.urlopen(page[0]).status == 200:
                return page[0]
        time.sleep(0.1)
    pytest.fail(f"JupyterLab did not open:\n{log.read_text('utf-8')}")


@pytest.fixture(scope="package")
def jupyterlab(address, pack, tmp_path_factory):
    """JupyterLab on the screen of a Chromium that has no way out of this machine."""
    from playwright.sync_api import sync_playwright

    from browser.jupyterlab import JupyterLab

    with sync_playwright() as playwright:
        screen = playwright.chromium.launch_persistent_context(
            tmp_path_factory.mktemp("chromium"),
            executable_path=CHROMIUM,
            args=QUIET,
            viewport={"width": 1280, "height": 900},
        )
        yield JupyterLab(screen.pages[0], address, pack)
        screen.close()


@pytest.fixture
def lab(jupyterlab):
    """JupyterLab, for one test; no error in its console, and nothing asked of any other host."""
    yield jupyterlab
    troubles, jupyterlab.troubles = jupyterlab.troubles, []
    assert troubles == []
