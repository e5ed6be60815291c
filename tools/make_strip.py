"""Draw the pack's emblem, assets/strip.png: the report as a strip.

Usage: python tools/make_strip.py [TARGET]
"""

import hashlib
import sys
from pathlib import Path

import matplotlib.pyplot as plt

from casebook.data import DATA, ROOT, load
from casebook.figures import strip


def digest() -> str:
    """Changes with the table that the picture shows; the picture carries it."""
    return hashlib.sha256((DATA / "article" / "claims.csv").read_bytes()).hexdigest()


def main() -> None:
    """Draw and save it."""
    target = Path(sys.argv[1]) if sys.argv[1:] else ROOT / "assets" / "strip.png"
    target.parent.mkdir(exist_ok=True)
    figure = strip(load("claims"))
    figure.savefig(target, dpi=110, metadata={"Source digest": digest()})
    plt.close(figure)


if __name__ == "__main__":
    main()
