"""Drive JupyterLab as a reader does: open a notebook, run it, type into it, see what it shows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import (
    ConsoleMessage,
    Locator,
    Page,
    Request,
    Response,
    WebSocket,
    expect,
)

PATIENCE = 180_000  # milliseconds: for a slow and busy machine, nothing waits that long on its own
expect.set_options(PATIENCE)
OPEN = "path => { window.jupyterapp.commands.execute('docmanager:open', {path}); }"
OPENED = """
path => {
  const widget = window.jupyterapp?.shell.currentWidget;
  return widget?.context?.path === path && widget.context.isReady &&
    widget.sessionContext?.isReady && widget.sessionContext.session?.kernel?.status === "idle";
}"""
RUN = """
command => {
  window.ran = false;
  window.jupyterapp.commands.execute(command).finally(() => { window.ran = true; });
}"""
DRAWN = """
notebook => {
  const widget = '[data-mime-type="application/vnd.jupyter.widget-view+json"]';
  return [...notebook.querySelectorAll(".jp-OutputArea-output")].every(
      output => output.childNodes.length &&
        (!output.matches(widget) || output.querySelector(".jupyter-widgets, .word-marker"))) &&
    [...notebook.querySelectorAll("img")].every(image => image.complete);
}"""
SEEN = """
notebook => [...notebook.querySelectorAll(".jp-Cell")].map(cell => {
  const texts = selector => [...cell.querySelectorAll(selector)].map(n => n.textContent);
  const output = kind => `.jp-OutputArea-output[data-mime-type="${kind}"]`;
  return {
    headings: [...cell.querySelectorAll(".jp-MarkdownOutput :is(h1, h2, h3, h4, h5, h6)")].map(
      n => [Number(n.tagName[1]), n.textContent.replace(/¶$/, "").trim()]),
    printed: texts(output("application/vnd.jupyter.stdout")).join(""),
    complaints: texts(output("application/vnd.jupyter.stderr") + ", " +
      output("application/vnd.jupyter.error")),
    table: texts(output("text/html") + " :is(th, td)").map(text => text.trim()),
    figures: [...cell.querySelectorAll(output("text/html") + " img")].map(
      n => [n.alt, n.naturalWidth > 0]),
      };
})"""
CLOSE = """
async path => {
  const shell = window.jupyterapp.shell;
  for (const widget of [...shell.widgets("main")].filter(w => w.context?.path === path)) {
    await widget.sessionContext?.shutdown();
    widget.context.model.dirty = false;  // no question whether to save
    widget.close();
  }
}"""


class JupyterLab:
    """An open page of JupyterLab. `troubles` are errors of the page and requests to elsewhere."""

    def __init__(self, page: Page, address: str, pack: Path) -> None:
        """Open `address` of the JupyterLab of a pack, and listen to what goes wrong from now on."""
        self.page, self.pack = page, pack
        self.host = urlsplit(address).netloc
        self.troubles: list[str] = []
        page.set_default_timeout(PATIENCE)
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.troubles.append(f"error: {error}"))
        page.on("request", self._notice)
        page.on("response", self._read)
        page.on("websocket", self._notice)
        page.goto(address)
        page.locator("#jupyterlab-splash").wait_for(state="detached")
        page.locator(".jp-NotebookPanel .jp-Cell").first.wait_for()

    def _hear(self, message: ConsoleMessage) -> None:
        if message.type == "error":
            self.troubles.append(f"console: {message.text} ({message.location.get('url')})")

    def _notice(self, made: Request | WebSocket) -> None:
        asked = urlsplit(made.url)
        if asked.scheme not in ("data", "blob", "about") and asked.netloc != self.host:
            self.troubles.append(f"request to elsewhere: {made.url}")

    def _read(self, response: Response) -> None:
        if response.status >= 400:
            self.troubles.append(f"status {response.status}: {response.url}")

    @contextmanager
    def opened(self, name: str) -> Iterator[Notebook]:
        """The notebook my_work/`name`, ready to run; at the end it is closed, its kernel too."""
        path = f"my_work/{name}"
        self.page.evaluate(OPEN, path)
        self.page.wait_for_function(OPENED, arg=path)
        try:
            yield Notebook(self, path)
        finally:
            self.close(path)

    def menu(self, *entries: str) -> None:
        """Choose from the menu bar: menu("File", "New", "Text File")."""
        bar, *rest = entries
        self.page.locator(".lm-MenuBar-item").get_by_text(bar, exact=True).click()
        for name in rest:
            self.page.locator(".lm-Menu-itemLabel").get_by_text(name, exact=True).click()

    def close(self, path: str) -> None:
        """Close the tab of a file, by its path from the top of the pack, without saving."""
        self.page.evaluate(CLOSE, path)


class Notebook:
    """The notebook in front."""

    def __init__(self, lab: JupyterLab, path: str) -> None:
        self.lab, self.page = lab, lab.page
        self.file = lab.pack / path
        self.area = self.page.locator(
            ".jp-NotebookPanel:not(.lm-mod-hidden) .jp-Notebook", has=self.page.locator(".jp-Cell")
        )

    def cell(self, number: int) -> Locator:
        """The cell with this number, from 0."""
        return self.area.locator(".jp-Cell").nth(number)

    def run_all(self) -> None:
        """Run > Run All Cells, until everything that came of it is on the screen."""
        self._run("notebook:run-all-cells")

    def run_cell(self, number: int) -> None:
        """Select a cell by its number in brackets and run it, until its outputs are there."""
        self.cell(number).locator(".jp-InputPrompt").click()
        self._run("notebook:run-cell")

    def _run(self, command: str) -> None:
        self.page.evaluate(RUN, command)
        self.page.wait_for_function("window.ran")
        self.page.wait_for_function(DRAWN, arg=self.area.element_handle())

    def seen(self) -> list[dict[str, Any]]:
        """What each cell shows: headings, printed, complaints, table, figures."""
        seen: list[dict[str, Any]] = self.area.evaluate(SEEN)
        return seen

    def write(self, number: int, source: str) -> None:
        """Click into a cell and put `source` in the place of what stands there."""
        self.cell(number).locator(".cm-content").click()
        self.page.keyboard.press("ControlOrMeta+A")
        self.page.keyboard.insert_text(source)

    def run(self) -> None:
        """Shift + Enter, which also goes on to the next cell."""
        self.page.keyboard.press("Shift+Enter")

    def save(self) -> None:
        """Ctrl + S, until the file is written."""
        self.page.keyboard.press("ControlOrMeta+S")
        self.page.wait_for_function("!window.jupyterapp.shell.currentWidget.context.model.dirty")
