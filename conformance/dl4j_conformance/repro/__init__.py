"""Cases written down as programs in other languages, which need nothing of this package."""

from dl4j_conformance.repro.languages import LANGUAGES, Language
from dl4j_conformance.repro.program import Program, program, program_of_blocks
from dl4j_conformance.repro.writing import write

__all__ = ["LANGUAGES", "Language", "Program", "program", "program_of_blocks", "write"]
