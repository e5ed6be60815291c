"""The book and the JupyterLite site: what they hold, what they must not, and that they work.

Sphinx and JupyterLite are extras (requirements-site.txt); what only the network has lies in the
folder that WHO_SAYS_SO_SITE_PARTS names (tests/site_parts.py fills it). What lacks is skipped.
"""

import functools
import http.server
import json
import os
import re
import subprocess
import sys
import threading
import zipfile
from contextlib import contextmanager
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import nbformat
import pytest
from bs4 import BeautifulSoup
from packaging.utils import canonicalize_name

from casebook.grading.merge import merge
from casebook.handin import NO_TRIAL
from casebook.site import SiteError, pages
from casebook.site.book import build_book
from casebook.site.lite import DISTRIBUTION, KERNEL, build_lite
from casebook.site.locked import closure, entry
from casebook.site.tracked import copy_files, tracked
from casebook.site.wheel import build_wheel

ROOT = Path(__file__).resolve().parent.parent
PARTS = Path(os.environ.get("WHO_SAYS_SO_SITE_PARTS", "no such folder"))
CHROMIUM = Path("/usr/bin/chromium")
PRIVATE = "words that only their owner may read"


def needs(condition, reason):
    return pytest.mark.skipif(not condition, reason=reason)


in_git = needs((ROOT / ".git").exists(), "a site is made of what git tracks; this is no clone")
sphinx = needs(find_spec("myst_nb"), "Sphinx is not installed: requirements-site.txt")
jupyterlite = needs(
    find_spec("jupyterlite_pyodide_kernel"), "JupyterLite is not installed: requirements-site.txt"
)
parts = needs(
    (PARTS / "pyodide").is_dir(), "no Pyodide here: tests/site_parts.py, WHO_SAYS_SO_SITE_PARTS"
)
axe_core = needs(
    (PARTS / "axe.min.js").is_file(), "no axe-core: tests/site_parts.py, WHO_SAYS_SO_SITE_PARTS"
)
browser = needs(CHROMIUM.exists() and find_spec("playwright"), "no Chromium to look with")


# A small clone: what is tracked, and what is not.


def git(folder, *arguments):
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def clone(tmp_path):
    """A clone with two tracked files, one of them deleted, and a private one that is ignored."""
    folder = tmp_path / "clone"
    (folder / "data/article").mkdir(parents=True)
    (folder / ".gitignore").write_text("/data/article/my_copy.txt\n")
    (folder / "data/a table.csv").write_text("a\n1\n")
    (folder / "data/gone.csv").write_text("a\n1\n")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    (folder / "data/gone.csv").unlink()
    (folder / "data/article/my_copy.txt").write_text(PRIVATE)
    (folder / "data/note.txt").write_text(PRIVATE)
    return folder


def test_only_tracked_files_are_published(clone):
    assert [path.as_posix() for path in tracked(clone)] == [".gitignore", "data/a table.csv"]


def test_without_git_the_reader_is_told_to_clone(tmp_path):
    with pytest.raises(SiteError, match=r"no clone of the pack.*Clone the repository"):
        tracked(tmp_path)


# Pages made from the data.


@pytest.fixture
def tables(tmp_path):
    """A data package of two tables that share a schema, with words that Markdown would eat."""
    (tmp_path / "schemas").mkdir()
    schema = {"description": "One bun a row.", "fields": [
        {"name": "bun_id", "type": "string", "description": "A | B", "constraints":
         {"required": True}},
        {"name": "crust", "type": "string", "description": "How hard.", "categories":
         ["soft", "hard"], "categoriesOrdered": True},
        {"name": "eaten", "type": "integer", "description": "How many.", "constraints":
         {"minimum": 0}},
    ]}  # fmt: skip
    (tmp_path / "schemas/buns.json").write_text(json.dumps(schema))
    resources = [
        {"title": title, "description": f"{title}.", "path": path, "schema": "schemas/buns.json",
         "sources": [{"title": "The [old] baker"}], "licenses": licences}
        for title, path, licences in (
            ("Buns", "a/buns.csv", [{"title": "CC0", "path": "https://example.org/cc0"}]),
            ("More buns", "b/buns.csv", []),
        )
    ]  # fmt: skip
    package = {"description": "All our buns.", "resources": resources}
    (tmp_path / "datapackage.json").write_text(json.dumps(package))
    return tmp_path


def test_the_dictionary_has_every_table_and_every_column_once(tables):
    text = pages.dictionary(tables)
    assert text.count("### Buns\n") == text.count("### More buns\n") == 1
    assert "### Columns of `buns`\n\nIn `a/buns.csv`, `b/buns.csv`.\n" in text
    assert text.count("| `bun_id` |") == 1
    assert "How hard.<br>Values: `soft`, `hard` (in this order); may be empty |" in text
    assert "| `eaten` | How many.<br>Values: whole number, from 0; may be empty |" in text
    assert "| `bun_id` | A \\| B<br>Values: text |" in text


def test_the_dictionary_says_where_a_table_is_from_and_what_one_may_do_with_it(tables):
    text = pages.dictionary(tables)
    assert text.count("Source: The \\[old\\] baker") == 2
    assert "Licence: [CC0](<https://example.org/cc0>)" in text
    assert "Licence: none stated" in text


# The wheel.


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    return build_wheel(ROOT, tmp_path_factory.mktemp("wheel"))


@in_git
@jupyterlite  # pip fetches what builds the wheel
def test_the_wheel_has_what_git_tracks_of_code_and_data_and_no_more(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    wanted = {file.as_posix() for file in tracked(ROOT)}
    data = {name for name in names if name.startswith("casebook/pack/")}
    assert data == {
        f"casebook/pack/{name}"
        for name in wanted
        if name.startswith(("data/", "exercises/feedback/"))
    }
    code = {name for name in names if ".dist-info/" not in name} - data
    assert code == {name for name in wanted if name.startswith("casebook/")}


@in_git
@jupyterlite  # pip fetches what builds the wheel
def test_casebook_finds_its_tables_in_the_wheel_and_prefers_the_readers_folder(wheel, tmp_path):
    site, clone = tmp_path / "site-packages", tmp_path / "drive"
    zipfile.ZipFile(wheel).extractall(site)
    (clone / "notebooks").mkdir(parents=True)
    (clone / "data").mkdir()
    (clone / "data" / "datapackage.json").write_text("{}")
    for folder, found in ((tmp_path, site / "casebook" / "pack"), (clone / "notebooks", clone)):
        told = subprocess.run(
            [sys.executable, "-c", "import casebook.data as d; print(d.__file__, d.ROOT)"],
            cwd=folder, env=os.environ | {"PYTHONPATH": str(site)}, capture_output=True, text=True,
            check=True,
        ).stdout.split()  # fmt: skip
        assert [Path(path) for path in told] == [site / "casebook" / "data.py", found]


def test_a_wheels_entry_names_what_loads_it_and_what_it_needs(tmp_path):
    wheel = tmp_path / "My_Bun-1.2-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr("bun/__init__.py", "")
        archive.writestr("crumb.py", "")
        archive.writestr(
            "my_bun-1.2.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: My_Bun\nVersion: 1.2\nRequires-Dist: Flour_Mill>=2\n"
            "Requires-Dist: oven; extra == 'bake'\n",
        )
    found = entry(wheel)
    assert found["name"] == "my-bun"
    assert found["imports"] == ["bun", "crumb"]
    assert found["depends"] == ["flour-mill"]


def test_the_closure_follows_circles_and_forgets_the_unknown():
    packages = {name: {"depends": needed} for name, needed in
                {"a": ["b"], "b": ["a", "not-there"], "c": []}.items()}  # fmt: skip
    assert closure(packages, ["a"]) == {"a", "b"}


# The book.


REPOSITORY = "https://example.org/a/pack"


@pytest.fixture(scope="module")
def book(tmp_path_factory):
    """The book as it is published: with links to JupyterLite beside it and to its repository."""
    output = tmp_path_factory.mktemp("site") / "book"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WHO_SAYS_SO_REPOSITORY", REPOSITORY)
        build_book(ROOT, output, lite=True)
    return output


@pytest.fixture(scope="module")
def broken(tmp_path_factory):
    """A book without JupyterLite, of a clone with a broken link: what was told, and the pages."""
    folder = tmp_path_factory.mktemp("broken")
    copy_files(ROOT, tracked(ROOT), folder / "clone")
    with (folder / "clone/website/licences.md").open("a") as page:
        page.write("\n[gone](notebooks/gone.ipynb)\n")
    git(folder / "clone", "init", "-q")
    git(folder / "clone", "add", "-A")
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SiteError) as told:
        patch.delenv("WHO_SAYS_SO_REPOSITORY", raising=False)
        build_book(folder / "clone", folder / "book")
    return str(told.value), folder / "book"


def soup_of(page):
    return BeautifulSoup(page.read_text("utf-8"), "html.parser")


def soups_of(book):
    """Every page of a book, parsed, by its place; not the theme's own files."""
    return {
        path.relative_to(book).as_posix(): soup_of(path)
        for path in sorted(book.rglob("*.html"))
        if "_static" not in path.parts
    }


@pytest.fixture(scope="module")
def soups(book):
    return soups_of(book)


def from_outside(soup):
    """Addresses that a browser would fetch from elsewhere by itself."""
    fetched = [tag["src"] for tag in soup.find_all(src=True)]
    fetched += [tag["href"] for tag in soup.find_all("link", href=True)]
    fetched += [tag["data"] for tag in soup.find_all("object", data=True)]
    styles = " ".join(str(tag) for tag in soup.find_all("style"))
    fetched += re.findall(r"url\(['\"]?([^)'\"]+)", styles)
    return [address for address in fetched if re.match(r"(https?:)?//", address)]


def test_what_a_page_fetches_from_outside_is_seen():
    assert from_outside(BeautifulSoup(
        '<script src="https://a/x.js"></script><link href="//b/x.css"><img src="c.png">'
        "<style>@import url('http://d/x.css')</style><a href='https://e'>e</a>", "html.parser"
    )) == ["https://a/x.js", "//b/x.css", "http://d/x.css"]  # fmt: skip


@in_git
@sphinx
def test_the_book_has_every_lesson_exercise_and_page_of_the_instructors(book):
    names = {path.as_posix() for path in tracked(ROOT)}
    wanted = [
        name
        for name in names
        if re.match(r"notebooks/(\d|glossary)|exercises/ex\d+\w*\.ipynb|instructor/.*\.md", name)
    ]
    assert len(wanted) > 20
    for name in [*wanted, "data/dictionary.md", "references.md", "search.html"]:
        assert (book / name).with_suffix(".html").is_file(), name


@in_git
@sphinx
def test_no_solution_and_no_private_text_is_in_the_book(book):
    assert not [path for path in book.rglob("*") if "solutions" in path.as_posix()]
    assert not [*book.rglob("my_copy*")]


@in_git
@sphinx
def test_no_page_of_the_book_fetches_anything_from_outside(book, soups):
    for name, soup in soups.items():
        assert from_outside(soup) == [], name
    for style in (book / "_static").rglob("*.css"):
        assert not re.search(r"(url\(['\"]?|@import\s+['\"])(https?:)?//", style.read_text("utf-8"))


@in_git
@sphinx
def test_every_page_has_one_title_ordered_headings_a_language_and_named_images(soups):
    for name, soup in soups.items():
        assert soup.html["lang"] == "en", name
        article = soup.find(id="main-content") or soup
        levels = [int(tag.name[1]) for tag in article.find_all(re.compile(r"^h[1-6]$"))]
        assert levels.count(1) == 1 and levels[0] == 1, name
        assert all(deeper <= level + 1 for level, deeper in pairwise(levels)), name
        for image in soup.find_all("img"):
            assert image.get("alt", "").strip(), name
            assert not image["alt"].endswith(".png"), name


@in_git
@sphinx
def test_every_table_has_header_cells_and_none_is_empty(soups):
    for name, soup in soups.items():
        for table in soup.find_all("table"):
            heads = table.find_all("th")
            assert heads, name
            assert all(head.get_text().strip() for head in heads), name


@in_git
@sphinx
def test_terms_lead_to_the_glossary_and_links_within_the_book_somewhere(book, soups):
    anchors = {name: {tag["id"] for tag in soup.find_all(id=True)} for name, soup in soups.items()}
    terms = 0
    for name, soup in soups.items():
        for link in soup.find_all("a", href=True):
            address, _, anchor = link["href"].partition("#")
            if re.match(r"\w+:", address) or "lite/lab" in address:
                continue
            target = (book / name).parent / address if address else book / name
            assert target.exists(), f"{name}: {link['href']}"
            place = target.resolve().relative_to(book.resolve()).as_posix()
            assert not anchor or anchor in anchors.get(place, {anchor}), f"{name}: {link['href']}"
            terms += place == "notebooks/glossary.html" and "notebooks/0" in name
    assert terms > 20


def ways_in(soups):
    """The addresses that the front page's part on ways in leads to, and its words."""
    part = soups["index.html"].find("section", id="ways-in")
    return [link["href"] for link in part.select("li a")], " ".join(part.get_text().split())


@in_git
@sphinx
def test_the_front_page_leads_to_the_book_to_jupyterlite_and_to_the_pack(soups):
    links, words = ways_in(soups)
    assert links == [
        "notebooks/00_start_here.html",
        "lite/lab/index.html?path=notebooks/00_start_here.ipynb",
        REPOSITORY,
    ]
    assert "python3 run.py" in words and "py run.py" in words


@in_git
@sphinx
def test_without_jupyterlite_no_page_leads_there(broken):
    soups = soups_of(broken[1])
    links, words = ways_in(soups)
    assert links == ["notebooks/00_start_here.html"]
    assert "python3 run.py" in words and "{{" not in words
    assert not [
        name
        for name, soup in soups.items()
        if any("lite/" in link["href"] for link in soup.find_all("a", href=True))
    ]


@in_git
@sphinx
def test_lists_of_lessons_and_exercises_name_each_one_and_none_of_its_parts(soups):
    for page, notebooks in (
        ("lessons.html", "notebooks/[0-9]*"),
        ("exercises.html", "exercises/*"),
    ):
        links = soups[page].select("#main-content .toctree-wrapper a")
        assert sorted(link["href"] for link in links) == sorted(
            path.relative_to(ROOT).with_suffix(".html").as_posix()
            for path in ROOT.glob(f"{notebooks}.ipynb")
        )


@in_git
@sphinx
def test_an_answers_form_can_be_copied_as_it_stands(soups):
    text = soups["exercises/ex01.html"].find(id="main-content").get_text()
    assert re.search(r'Form of the answer:.*\{"X001", "X005"\}', text)


@in_git
@sphinx
def test_a_lesson_shows_its_stored_results_and_the_ways_to_run_it(soups):
    soup = soups["notebooks/00_start_here.html"]
    assert re.search(r"\d+ claims\s", soup.find(id="main-content").get_text())
    assert "data:image/png;base64" in soup.find("img", alt=re.compile("A strip of"))["src"]
    links = [link["href"] for link in soup.find(class_="take-along").find_all("a")]
    assert links == [
        "../lite/lab/index.html?path=notebooks/00_start_here.ipynb",
        "../_sources/notebooks/00_start_here.ipynb",
    ]


@in_git
@sphinx
def test_a_broken_link_stops_the_book_and_names_the_page(broken):
    assert re.search(r"licences\.md:\d+: .*gone\.ipynb", broken[0])


# A browser looks at both.


@contextmanager
def served(folder):
    """The address of a web server on a folder."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *_):
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()


@pytest.fixture(scope="module")
def chromium():
    """A browser without windows."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as play:
        running = play.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield running
        running.close()


@contextmanager
def page_at(chromium, address):
    """The page of a new reader, who has been nowhere, and the requests that it made elsewhere."""
    context, outside = chromium.new_context(), []
    context.on(
        "request",
        lambda request: (
            None
            if request.url.startswith((address, "data:", "blob:"))
            else outside.append(request.url)
        ),
    )
    yield context.new_page(), outside
    context.close()


AXE = """axe.run(document, {resultTypes: ['violations'], runOnly:
  ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})"""
LOOKED_AT = [
    "index.html",
    "search.html",
    "exercises.html",
    "licences.html",
    "references.html",
    "notebooks/glossary.html",
    "notebooks/0*.html",
    "exercises/ex01*.html",
    "data/codebook.html",
    "data/dictionary.html",
    "instructor/*.html",
    "instructor/rubrics/*.html",
]


@in_git
@sphinx
@axe_core
@browser
@pytest.mark.parametrize("pattern", LOOKED_AT)
def test_axe_finds_no_barrier_and_nothing_is_fetched_from_outside(book, chromium, pattern):
    names = [path.relative_to(book).as_posix() for path in book.glob(pattern)]
    assert names
    found = []
    with served(book) as address, page_at(chromium, address) as (page, outside):
        for name in names:
            page.goto(f"{address}{name}")
            page.evaluate((PARTS / "axe.min.js").read_text("utf-8"))
            for violation in page.evaluate(AXE)["violations"]:
                found.append((name, violation["id"], violation["nodes"][0]["html"]))
    assert found == []
    assert outside == []


TELEPHONE = {"width": 320, "height": 800}  # WCAG 2.2, 1.4.10 Reflow
TOO_WIDE = """() => [...document.querySelectorAll('html, .bd-article-container')]
  .some(part => part.scrollWidth > part.clientWidth)"""


@in_git
@sphinx
@browser
def test_no_page_is_wider_than_a_telephone(book, soups, chromium):
    wide = []
    with served(book) as address, page_at(chromium, address) as (page, _):
        page.set_viewport_size(TELEPHONE)
        for name in soups:
            page.goto(f"{address}{name}")
            wide += [name] if page.evaluate(TOO_WIDE) else []
    assert wide == []


@in_git
@sphinx
@browser
def test_the_search_finds_a_word(book, chromium):
    with served(book) as address, page_at(chromium, address) as (page, _):
        page.goto(f"{address}search.html?q=presupposed")
        page.wait_for_selector("#search-results li a")
        assert "glossary" in page.inner_html("#search-results")


# JupyterLite.


@pytest.fixture(scope="module")
def lite(tmp_path_factory):
    """A JupyterLite site that lets a test reach into it."""
    output = tmp_path_factory.mktemp("site") / "lite"
    build_lite(ROOT, output, str(PARTS / "pyodide"))
    config = output / "jupyter-lite.json"
    content = json.loads(config.read_text("utf-8"))
    content["jupyter-config-data"]["exposeAppInBrowser"] = True
    config.write_text(json.dumps(content), "utf-8")
    return output


def lock_of(lite):
    return json.loads((lite / "static/pyodide/pyodide-lock.json").read_text("utf-8"))["packages"]


@in_git
@jupyterlite
@parts
def test_the_site_has_pyodide_with_it_and_asks_no_registry(lite):
    config = json.loads((lite / "jupyter-lite.json").read_text("utf-8"))["jupyter-config-data"]
    settings = config["litePluginSettings"][KERNEL]
    assert settings["pyodideUrl"] == "./static/pyodide/pyodide.mjs"
    assert settings["disablePyPIFallback"] is True
    packages = lock_of(lite)
    assert packages["who-says-so"]["imports"] == ["casebook"]
    assert {"pandas", "matplotlib", "networkx", "ipywidgets"} <= {
        *packages["who-says-so"]["depends"]
    }
    for package in packages.values():
        assert (lite / "static/pyodide" / package["file_name"]).is_file()
        assert {canonicalize_name(name) for name in package["depends"]} <= packages.keys()


@in_git
@jupyterlite
@parts
def test_the_site_has_lessons_and_data_and_nothing_private(lite):
    files = {
        path.relative_to(lite / "files").as_posix()
        for path in (lite / "files").rglob("*")
        if path.is_file()
    }
    assert files <= {path.as_posix() for path in tracked(ROOT)}
    assert {"notebooks/00_start_here.ipynb", "exercises/ex01.ipynb", "data/article/claims.csv",
            "exercises/feedback/ex01.json"} <= files  # fmt: skip
    assert not [name for name in files if "solutions" in name]


@in_git
@jupyterlite
@parts
def test_a_notebook_in_the_site_has_no_results_which_its_reader_is_to_guess(lite):
    notebooks = [*(lite / "files").rglob("*.ipynb")]
    assert len(notebooks) > 20
    for path in notebooks:
        for cell in json.loads(path.read_text("utf-8"))["cells"]:
            assert not cell.get("outputs") and not cell.get("execution_count"), path


@jupyterlite
def test_a_folder_without_pyodide_is_named(tmp_path):
    with pytest.raises(SiteError, match=r"no Pyodide \d+\.\d+\.\d+: there is no pyodide-lock"):
        build_lite(ROOT, tmp_path / "out", str(tmp_path))
    assert not (tmp_path / "out").exists()


@in_git
@jupyterlite
@parts
def test_pyodide_may_stay_at_an_address_of_its_own(tmp_path):
    assert DISTRIBUTION.startswith("https://")
    with served(PARTS / "pyodide") as address:
        build_lite(ROOT, tmp_path / "lite", address)
    config = json.loads((tmp_path / "lite/jupyter-lite.json").read_text("utf-8"))
    settings = config["jupyter-config-data"]["litePluginSettings"][KERNEL]
    assert settings["pyodideUrl"] == f"{address}pyodide.mjs"
    place = tmp_path / "lite" / "static" / "packages"
    packages = json.loads((place / "pyodide-lock.json").read_text("utf-8"))["packages"]
    assert packages["pandas"]["file_name"].startswith(f"{address}pandas-")
    assert (place / packages["who-says-so"]["file_name"]).is_file()
    assert not (tmp_path / "lite/static/pyodide").exists()


READY = """path => {
  const context = window.jupyterapp?.shell.currentWidget?.sessionContext;
  return context?.path === path && context.isReady && context.session?.kernel?.status === 'idle';
}"""
CELLS = """() => window.jupyterapp.shell.currentWidget.content.model.sharedModel.toJSON().cells"""
COMMAND = "name => window.jupyterapp.commands.execute(name)"
ANSWER = """([id, text]) => {
  const cells = window.jupyterapp.shell.currentWidget.content.model.sharedModel.cells;
  cells.find(cell => cell.id === id).setSource(text);
}"""


def open_notebook(page, address, notebook):
    """Open a notebook in JupyterLite, and wait for its kernel."""
    page.goto(f"{address}lab/index.html?path={notebook}")
    page.wait_for_function(READY, arg=notebook, timeout=240_000, polling=500)


def run_all(page):
    """Run the notebook from the top; cell id -> its outputs."""
    page.evaluate(COMMAND, "notebook:run-all-cells")
    return {cell["id"]: cell["outputs"] for cell in page.evaluate(CELLS) if "outputs" in cell}


def told(outputs):
    """The plain text of a cell's outputs."""
    parts = [out.get("text") or out.get("data", {}).get("text/plain", "") for out in outputs]
    return "".join(part if isinstance(part, str) else "".join(part) for part in parts)


def printed(outputs):
    """What a cell printed, in however many pieces it was stored."""
    return told([output for output in outputs if output.get("name") == "stdout"])


@pytest.fixture
def visit(lite, chromium):
    """The page of a new reader, the site's address, and the list of requests made elsewhere."""
    with served(lite) as address, page_at(chromium, address) as (page, outside):
        yield page, address, outside


@in_git
@jupyterlite
@parts
@browser
@pytest.mark.parametrize(
    "notebook", [f"notebooks/{path.name}" for path in sorted((ROOT / "notebooks").glob("0*.ipynb"))]
)
def test_a_lesson_runs_in_the_browser(visit, notebook):
    page, address, outside = visit
    open_notebook(page, address, notebook)
    shown = run_all(page)
    assert [told(outputs) for outputs in shown.values() if any(
        output["output_type"] == "error" or output.get("name") == "stderr" for output in outputs
    )] == []  # fmt: skip
    for cell in json.loads((ROOT / notebook).read_text("utf-8"))["cells"]:
        if cell["cell_type"] == "code":
            assert printed(shown[cell["id"]]) == printed(cell["outputs"]), cell["id"]
    assert outside == []


@in_git
@jupyterlite
@parts
@browser
def test_an_exercise_is_checked_in_the_browser_and_handed_in_as_a_download(visit, tmp_path):
    page, address, outside = visit
    open_notebook(page, address, "exercises/ex01.ipynb")
    shown = run_all(page)
    assert told(shown["q1-check"]).startswith("NOT ANSWERED")
    assert told(shown["handin"]) == f"{NO_TRIAL}\n"
    right = 'claims["prop_id"].nunique()'
    for answer, verdict in (("-1", "NOT YET"), (right, "RIGHT")):
        page.evaluate(ANSWER, ["q1-answer", f"answer_1 = {answer}"])
        shown = run_all(page)
        assert told(shown["q1-check"]).startswith(verdict)
    page.evaluate(ANSWER, ["handin", 'handin("ex01.ipynb")'])
    assert told(run_all(page)["handin"]) == f"{NO_TRIAL}\n"
    page.evaluate(COMMAND, "docmanager:save")
    with page.expect_download() as download:
        page.evaluate(COMMAND, "docmanager:download")
    assert download.value.suggested_filename.endswith("ex01.ipynb")
    download.value.save_as(tmp_path / "ex01.ipynb")
    merged = merge(*(nbformat.read(folder / "ex01.ipynb", as_version=4)
                     for folder in (ROOT / "exercises", tmp_path)))  # fmt: skip
    assert (merged.absent, merged.duplicates) == ((), ())
    assert f"answer_1 = {right}" in [cell.source for cell in merged.notebook.cells]
    assert outside == []


ARTICLE = Path(os.environ.get("WHO_SAYS_SO_ARTICLE", "no such file"))
SAVE = """([path, content]) => window.jupyterapp.serviceManager.contents.save(
  path, {type: 'file', format: 'text', content})"""


@in_git
@jupyterlite
@parts
@browser
@needs(ARTICLE.is_file(), "no copy of the article: WHO_SAYS_SO_ARTICLE")
def test_a_readers_copy_is_seen_in_the_browser_and_stays_out_of_the_notebook(visit):
    page, address, outside = visit
    page.goto(f"{address}lab/index.html")
    page.wait_for_function("() => window.jupyterapp?.serviceManager.isReady")
    page.evaluate(SAVE, ["data/article/my_copy.txt", ARTICLE.read_text("utf-8")])
    open_notebook(page, address, "notebooks/00_start_here.ipynb")
    assert re.match(r"Your copy matches (\d+) of \1 sentences", told(run_all(page)["my-copy"]))
    frame = page.frame_locator("iframe[title^='Your copy']")
    sentence = frame.locator("tbody td").last.inner_text(timeout=30_000)
    assert len(sentence.split()) > 4
    assert sentence not in json.dumps(page.evaluate(CELLS), ensure_ascii=False)
    assert outside == []
