"""The plugin of pytest: its options. Everything else is imported where the suite is asked for.

Every run of pytest imports this module, whatever it tests: it imports nothing itself.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    import pytest

_SUITE = "dl4j_conformance.suite"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options, which stand for those of ``dl4j-conformance run``."""
    group = parser.getgroup("dl4j", f"conformance with Deeplearning4j (--pyargs {_SUITE})")
    group.addoption(
        "--dl4j-backend", metavar="ADDRESS", help="The backend to judge; see `dl4j-conformance list backends`."
    )
    group.addoption(
        "--dl4j-level",
        metavar="LEVEL",
        default="bit-exact",
        help="What it claims: structure, reading, bounded, bit-exact (default) or recorded.",
    )
    group.addoption(
        "--dl4j-deviations",
        metavar="FILE.toml",
        help="Cases that are known to fail, and which must run: these are xfailed. `docs deviations` explains them.",
    )
    group.addoption(
        "--dl4j-timeout",
        metavar="SECONDS",
        help="How long a backend in a process of its own may take for a reply (default: 10).",
    )
    group.addoption(
        "--dl4j-strict-wire", action="store_true", help="Hold every message of an adapter against its JSON Schema."
    )
    group.addoption("--dl4j-in-process", action="store_true", help="Run a Python backend in pytest's process.")


def pytest_configure(config: pytest.Config) -> None:
    """Register the hooks that collect and judge, if the suite is asked for."""
    if any(_is_suite(argument) for argument in config.args):
        from dl4j_conformance.plugin.hooks import register

        register(config)


def _is_suite(argument: str) -> bool:
    """Return whether an argument of the command line is the suite, by its module or its file."""
    place = argument.partition("::")[0].removesuffix(".py")
    return f".{place}".replace("\\", ".").replace("/", ".").endswith(f".{_SUITE}")
