"""Entries of Pyodide's lock file: a wheel's name, what it needs, which imports load it.

Format: https://pyodide.org/en/stable/usage/packages-in-pyodide.html, pyodide-lock.json.
"""

import hashlib
import zipfile
from collections.abc import Iterable
from email.parser import HeaderParser
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

Packages = dict[str, dict[str, Any]]


def entry(wheel: Path) -> dict[str, Any]:
    """The entry of a pure wheel; what it needs is not yet limited to what there is."""
    with zipfile.ZipFile(wheel) as archive:
        files = archive.namelist()
        about = next(name for name in files if name.endswith(".dist-info/METADATA"))
        metadata = HeaderParser().parsestr(archive.read(about).decode())
    needs = map(Requirement, metadata.get_all("Requires-Dist") or ())
    return {
        "name": canonicalize_name(metadata["Name"]),
        "version": metadata["Version"],
        "file_name": wheel.name,
        "sha256": hashlib.sha256(wheel.read_bytes()).hexdigest(),
        "install_dir": "site",
        "package_type": "package",
        "unvendored_tests": False,
        "imports": sorted(
            {name.split("/")[0].removesuffix(".py") for name in files if name.endswith(".py")}
        ),
        "depends": sorted(
            canonicalize_name(need.name)
            for need in needs
            if need.marker is None or need.marker.evaluate({"extra": ""})
        ),
    }


def closure(packages: Packages, roots: Iterable[str]) -> set[str]:
    """The names that `roots` need, themselves included, as far as the lock has them."""
    waiting, found = list(roots), set[str]()
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in packages and name not in found:
            found.add(name)
            waiting += packages[name]["depends"]
    return found
