"""A case as a program that stands alone, in another language: each operation of DL4J's, and the bits it must give."""

from dl4j_conformance.repro.languages import LANGUAGES, Language
from dl4j_conformance.repro.program import Program, program
from dl4j_conformance.repro.writing import write

__all__ = ["LANGUAGES", "Language", "Program", "program", "write"]
