"""Make data/article/fingerprints.csv from the article: tools/make_fingerprints.py ARTICLE.txt

Without an argument the environment variable WHO_SAYS_SO_ARTICLE names the text.
"""

import os
import sys
from pathlib import Path

from casebook.data import DATA
from casebook.fingerprints import make_table
from casebook.text import UnreadableText, read_text

TARGET = DATA / "article" / "fingerprints.csv"
NAVIGATION = 1  # the paragraph that only links to other pages; copies often lack it


def make_csv(article: Path) -> str:
    """The fingerprints of the article in a file, as CSV; UnreadableText if it cannot be read."""
    table = make_table(read_text(article))
    return str(table[table["paragraph"] != NAVIGATION].to_csv(index=False, lineterminator="\n"))


def main() -> None:
    """Write the file and say how much it holds."""
    name = sys.argv[1] if len(sys.argv) == 2 else os.environ.get("WHO_SAYS_SO_ARTICLE", "")
    if not name:
        sys.exit("Which text? Use: python tools/make_fingerprints.py ARTICLE.txt")
    try:
        content = make_csv(Path(name))
    except UnreadableText as why:
        sys.exit(f"{name} {why}.")
    TARGET.write_text(content, "utf-8", newline="\n")
    print(f"{TARGET.name}: {content.count(chr(10)) - 1} hashes, {len(content):,} bytes")


if __name__ == "__main__":
    main()
