"""Read a text that somebody pasted, whatever it was saved as, and see it as plain words."""

import codecs
import functools
import html
import re
import textwrap
import unicodedata
from pathlib import Path
from typing import NamedTuple

WIDTH = 88  # characters that fit into an output of JupyterLab, which else breaks inside words
MAX_WORDS = 20_000  # of one article; a book would match by chance, and make thousands of claims
MAX_BYTES = 1_000_000  # a newspaper page saved with its scripts; the article itself has 10,000

_KINDS = {
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a Word document or a zip archive",
    b"{\\rtf": "a rich text (RTF) document",
    b"\xd0\xcf\x11\xe0": "an old Word document",
}
_BYTE_ORDER_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_MARKUP = re.compile(r"<(?:!doctype|html|body|article|section|div|p|br|span)\b[^<>]*>", re.I)
_UNSEEN = re.compile(r"<(script|style|head)\b.*?(?:</\1\s*>|\Z)|<!--.*?(?:-->|\Z)", re.I | re.S)
_INLINE = re.compile(r"</?(?:a|b|i|u|em|strong|span|font|mark|small|sup|sub|abbr)\b[^<>]*>", re.I)
_TAG = re.compile(r"<[^<>]*>")
_TYPOGRAPHIC = "“”‘’–—"  # what tells old encodings apart in an English text
_APOSTROPHES = "'`´‘’ʼ′＇"
_INVISIBLE = "\u00ad\u200b-\u200f\u2060\ufeff"  # soft hyphen, zero-width characters
_WORD = re.compile(
    rf"[^\W_](?:[\w{_APOSTROPHES}\u0300-\u036f]|[{_INVISIBLE}](?=\w)"
    r"|[-\u2010\u2011\u00ad](?:[ \t]*\r?\n[ \t]*)?(?=\w))*"
)
_SENTENCE_END = re.compile(r"[.?!][”\"’')]*\s+(?=[“\"‘'(]*[A-Z])")
_ABBREVIATION = re.compile(
    r"\b(?:Gen|Col|Lt|Maj|Capt|Sgt|Mr|Mrs|Ms|Dr|Prof|Sen|Rep|Gov|St|[A-Z]"
    r"|Jan|Feb|Aug|Sept|Oct|Nov|Dec)\.\s+$"
)


class UnreadableText(ValueError):
    """A file without text that we can read; the message continues a sentence: "... is a PDF"."""


class Word(NamedTuple):
    """A word in its plain form, and where it stands: text[start:end]."""

    plain: str
    start: int
    end: int


def read_text(path: Path) -> str:
    """The text of a file in any usual encoding, without HTML tags; else UnreadableText."""
    try:
        if path.is_dir():
            raise UnreadableText("is a folder, not a file")
        if not path.is_file():
            raise UnreadableText("is not a file")
        with path.open("rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise UnreadableText(f"cannot be opened ({error.strerror})") from None
    for start, kind in _KINDS.items():
        if raw.startswith(start):
            raise UnreadableText(f"is {kind}, not a plain text file")
    if len(raw) > MAX_BYTES:
        raise UnreadableText(f"has more than {MAX_BYTES:,} bytes, many times the article")
    text = _decode(raw)
    return html.unescape(_without_tags(text) if _MARKUP.search(text) else text)


def read_article(path: Path) -> tuple[str, list[Word]]:
    """A file's text and its words; UnreadableText if there are none, or far too many."""
    text = read_text(path)
    found = words(text)
    if not found:
        raise UnreadableText("holds no words")
    if len(found) > MAX_WORDS:
        raise UnreadableText(f"holds {len(found):,} words, many times an article")
    return text, found


def _decode(raw: bytes) -> str:
    """Bytes as text: by the mark at their start, else UTF-8, else Windows' or the old Mac's."""
    for mark, encoding in _BYTE_ORDER_MARKS.items():
        if raw.startswith(mark):
            return raw.decode(encoding, errors="replace")
    if b"\0" in raw:  # no text but UTF-16 has zero bytes, every other byte for plain English
        for encoding, zeros in (("utf-16-le", raw[1::2]), ("utf-16-be", raw[::2])):
            if zeros.count(0) > 0.9 * len(zeros):
                return raw.decode(encoding, errors="replace")
        raise UnreadableText("is not a text file")
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:  # charset-normalizer takes every English text for Windows'
        guesses = [raw.decode(encoding, errors="replace") for encoding in ("cp1252", "mac_roman")]
        return max(guesses, key=lambda text: sum(map(text.count, _TYPOGRAPHIC)))


def _without_tags(markup: str) -> str:
    """HTML without its tags, scripts and styles; every tag but those inside a line ends the line.

    Parsers take minutes over some broken pages; what is left over here only fails to match.
    """
    return _TAG.sub("\n", _INLINE.sub("", _UNSEEN.sub("\n", markup)))


def words(text: str) -> list[Word]:
    """The words of a text in order, each in its plain form with its place in the text.

    Quotation marks and dashes separate; hyphens, also at a line's end, and apostrophes vanish.
    """
    return [Word(plain(match[0]), *match.span()) for match in _WORD.finditer(text)]


@functools.lru_cache(maxsize=2**14)
def plain(word: str) -> str:
    """A word without case, accents, ligatures, punctuation and invisible characters."""
    decomposed = unicodedata.normalize("NFKD", word).casefold()
    return "".join(character for character in decomposed if character.isalnum())


def paragraphs(text: str) -> list[str]:
    """The lines of a text that are not empty; the first one is paragraph 1."""
    return [line.strip() for line in text.splitlines() if line.strip()]


def sentences(paragraph: str) -> list[str]:
    """The sentences of a paragraph; a quotation and the "she said" behind it stay one."""
    pieces, start = [], 0
    for end in _SENTENCE_END.finditer(paragraph):
        if not _ABBREVIATION.search(paragraph, start, end.end()):
            pieces.append(paragraph[start : end.end()].strip())
            start = end.end()
    return [*pieces, paragraph[start:].strip()]


def wrapped(text: str) -> str:
    """A text with its long lines broken between words."""
    return "\n".join(
        textwrap.fill(line, WIDTH, break_long_words=False, break_on_hyphens=False)
        for line in text.split("\n")
    )
