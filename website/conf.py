"""Sphinx's settings for the book; `casebook site` lays out the sources and calls Sphinx."""

import os
import re
from posixpath import dirname, join, normpath

from bs4 import BeautifulSoup

project = "Who Says So?"
author = "The authors of “Who Says So?”"
project_copyright = "2026, " + author + ", CC BY 4.0"
language = "en"
smartquotes = False  # curly quotes in the form of an answer are a syntax error for who copies it
highlight_language = "text"  # commands and what they print; notebooks name their own language

extensions = ["myst_nb", "sphinx.ext.githubpages"]
exclude_patterns = [
    "notebooks/_*",
    "exercises/solutions",
    "exercises/feedback",
    "data/schemas",
    "templates",
    "LICENSE-TEXTS.md",  # included in licences.md
]
myst_enable_extensions = ["attrs_inline", "colon_fence", "substitution"]
myst_heading_anchors = 3  # so that glossary.md#claim leads to the term
# The address of the repository that a site is made from is known only to who publishes it.
repository = os.environ.get("WHO_SAYS_SO_REPOSITORY", "")
from_repository = f"from [its repository]({repository}), as a clone or as a zip to unpack"
from_somebody = "from whoever gave you the address of this book, as a clone or as a zip to unpack"
myst_substitutions = {"source": from_repository if repository else from_somebody}
nb_execution_mode = "off"  # the stored outputs are the tested ones
nb_ipywidgets_js = {}  # sliders need a kernel, and their scripts would come from outside

html_theme = "pydata_sphinx_theme"
html_title = project
html_static_path = ["static"]
html_css_files = ["book.css"]
templates_path = ["templates"]
html_context = {"default_mode": "light"}
html_sourcelink_suffix = ""  # a notebook is downloaded under its own name
html_show_sourcelink = False
html_use_index = False
html_show_sphinx = False
html_sidebars = {"index": []}
html_theme_options = {
    "navbar_persistent": ["search-button"],
    "navbar_end": [],
    "article_header_end": ["take-along"],
    "secondary_sidebar_items": ["page-toc"],
    "footer_start": ["copyright"],
    "footer_end": [],
    "header_links_before_dropdown": 8,
    "show_toc_level": 2,
}


# A link to a folder, which a repository shows as a list, and the page that lists it here.
FOLDERS = {
    "instructor/rubrics": "instructors.md",
    "instructor": "instructors.md",
    "exercises": "exercises.md",
    "notebooks": "lessons.md",
    "data": "data/README.md",
}
FOLDER_LINK = re.compile(r"\]\(((?:\.\./)*[\w/]+)\)")
LONG = 40  # characters in a table's cell that shall not become a column of single words


def lead_folders_to_pages(app, page, source):
    """Turn links to folders into links to pages."""

    def target(link):
        folder = normpath(join(dirname(page), link[1]))
        return f"](/{FOLDERS[folder]})" if folder in FOLDERS else link[0]

    source[0] = FOLDER_LINK.sub(target, source[0])


def mend_tables(app, page, template, context, doctree):
    """Mend the tables of a page: header cells without words, and cells for whole sentences."""
    if "<table" not in context.get("body", ""):
        return
    soup = BeautifulSoup(context["body"], "html.parser")
    for table in soup.find_all("table"):
        mend_empty_headers(table)
        for cell in table.find_all("td"):
            if len(cell.get_text()) > LONG:
                cell["class"] = [*cell.get("class", []), "long"]
    context["body"] = str(soup)


def mend_empty_headers(table):
    """Make header cells without words plain cells; where all were, the first column is the header.

    pandas leaves the corner of a table empty, and Markdown wants a first line of headers.
    """
    heads = table.find_all("th")
    empty = [head for head in heads if not head.get_text().strip()]
    for head in empty:
        head.name = "td"
    if len(empty) == len(heads) > 0:
        table.thead.decompose()
        for row in table.find_all("tr"):
            row.td.name = "th"
            row.th["scope"] = "row"


def setup(app):
    """Tell Sphinx of what this file adds; `app.tags` has "lite" if JupyterLite stands beside."""
    app.connect("source-read", lead_folders_to_pages)
    app.connect("html-page-context", mend_tables)
    app.config.html_context["lite"] = app.tags.has("lite")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
