"""The pack in a student's browser: JupyterLab, started by run.py, and Chromium."""
