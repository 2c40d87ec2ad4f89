"""The languages in which a case can be written.

Expressions are the same text in all of them: calls, ``+ - *`` and literals.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Language:
    """The syntax of one language: how its statements are written.

    ``array``, ``scalar`` and ``call`` are statements; ``{real}`` is the type of an array's elements. ``file`` names the
    program, ``run`` is the command that compiles and runs it. ``escapes`` are the characters of a string that need a
    backslash, besides the backslash itself.
    """

    name: str
    file: str
    run: str
    array: str
    scalar: str
    call: str
    comment: str
    indent: str
    escapes: str = '"'

    @property
    def runtime(self) -> str:
        """Return the text around the statements: ND4J's operations on arrays, with places to fill."""
        path = Path(__file__).parent / "runtimes" / self.file
        return path.read_text(encoding="utf-8")


LANGUAGES = {
    language.name: language
    for language in (
        Language("python", "repro.py", "python repro.py", "{name} = {value}", "{name} = {value}", "{value}", "#", ""),
        Language(
            "javascript",
            "repro.js",
            "node repro.js",
            "const {name} = {value};",
            "const {name} = {value};",
            "{value};",
            "//",
            "",
        ),
        Language(
            "java",
            "Repro.java",
            "java Repro.java",
            "{real}[] {name} = {value};",
            "double {name} = {value};",
            "{value};",
            "//",
            "        ",
        ),
        Language(
            "c",
            "repro.c",
            "cc -std=c11 -O2 -ffp-contract=off repro.c -lm -o repro && ./repro",
            "values {name} = {value};",
            "double {name} = {value};",
            "{value};",
            "//",
            "    ",
            escapes='"?',  # three characters that begin with ?? can stand for a backslash
        ),
    )
}
