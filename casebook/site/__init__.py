"""The course as web pages: a static book, and JupyterLab in the browser (`casebook site`)."""


class SiteError(Exception):
    """A site that cannot be built: what is wrong and what to do."""
