"""The HTML report: one file that needs no network. Needs Jinja2, the extra ``html``."""
