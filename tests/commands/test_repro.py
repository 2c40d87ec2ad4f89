"""The programs that ``repro`` prints run in their languages, and print the bits of the fixtures: for every fixture."""

from __future__ import annotations

import contextlib
import io
import re
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from dl4j_conformance.cases.case import Case
from dl4j_conformance.cases.operations import Update
from dl4j_conformance.cases.values import Floats, hex_of
from dl4j_conformance.cli.main import cli
from dl4j_conformance.execution.outcome import Outcome
from dl4j_conformance.repro import LANGUAGES, program, write
from golden_fixtures import every_fixture, fixtures_by_id
from sampling import sample
from toolchains import required


def _run(*command: str, folder: Path) -> str:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, f"{command}: {done.stderr or done.stdout}"
    return done.stdout


def _python(programs: Mapping[str, str], folder: Path) -> Iterator[tuple[str, str]]:
    for id_, text in programs.items():
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed), contextlib.suppress(SystemExit):
            exec(compile(text, id_, "exec"), {})  # noqa: S102 - our own program
        yield id_, printed.getvalue()


def _javascript(programs: Mapping[str, str], folder: Path) -> Iterator[tuple[str, str]]:
    """One process runs them all, each as a module of its own."""
    for id_, text in programs.items():
        (folder / f"{id_}.js").write_text(text)
    names = ",".join(f'"{id_}"' for id_ in programs)
    (folder / "all.js").write_text(f'for (const id of [{names}]) {{ console.log("## " + id); require("./" + id); }}')
    yield from _sections(_run(required("node"), "all.js", folder=folder))


def _java(programs: Mapping[str, str], folder: Path) -> Iterator[tuple[str, str]]:
    """One compilation and one process: each class under a name of its own, ``System.exit`` left out."""
    for number, text in enumerate(programs.values()):
        text = text.replace("class Repro ", f"class Repro{number} ").replace("System.exit(", "System.identityHashCode(")
        (folder / f"Repro{number}.java").write_text(text)
    calls = "\n".join(
        f'System.out.println("## {id_}"); Repro{number}.main(null);' for number, id_ in enumerate(programs)
    )
    parts = [calls.splitlines()[i : i + 200] for i in range(0, len(programs), 200)]
    methods = "".join(f"static void part{i}() {{ {' '.join(part)} }}\n" for i, part in enumerate(parts))
    main = "".join(f"part{i}();" for i in range(len(parts)))
    (folder / "All.java").write_text(f"class All {{ {methods} public static void main(String[] a) {{ {main} }} }}")
    (folder / "sources").write_text("\n".join(str(path) for path in folder.glob("*.java")))
    _run(required("javac"), "-nowarn", "-proc:none", "-d", "classes", "@sources", folder=folder)
    yield from _sections(_run(required("java"), "-cp", "classes", "All", folder=folder))


_C_OPTIONS = ("-std=c11", "-ffp-contract=off", "-Werror", "-Wall", "-Wno-unused-function", "-Wno-unused-variable")


def _c(programs: Mapping[str, str], folder: Path) -> Iterator[tuple[str, str]]:
    """One compilation for all programs of a type, which share their runtime: each ``main`` under a name of its own."""
    mains: dict[str, dict[str, str]] = {}
    for number, (id_, text) in enumerate(programs.items()):
        runtime, _, body = text.partition("\n")[2].partition("int main(void) {")
        mains.setdefault(runtime, {})[id_] = f"static int main{number}(void) {{{body}"
    printed: dict[str, str] = {}
    for runtime, bodies in mains.items():
        calls = "".join(
            f'puts("## {id_}"); differ = 0; {body.split()[2].removesuffix("(void)")}();\n'
            for id_, body in bodies.items()
        )
        everything = [runtime, *bodies.values(), f"int main(void) {{\n{calls}return 0;\n}}\n"]
        (folder / "all.c").write_text("".join(everything))
        _run(required("cc"), *_C_OPTIONS, "all.c", "-lm", "-o", "all", folder=folder)
        printed |= _sections(_run("./all", folder=folder))
    assert len(mains) == 2
    yield from ((id_, printed[id_]) for id_ in programs)


def _sections(printed: str) -> Iterator[tuple[str, str]]:
    for section in printed.split("## ")[1:]:
        id_, _, text = section.partition("\n")
        yield id_, text


RUN: Mapping[str, Callable[[Mapping[str, str], Path], Iterator[tuple[str, str]]]] = {
    "python": _python,
    "javascript": _javascript,
    "java": _java,
    "c": _c,
}


def _lines(expected: Outcome) -> Iterator[str]:
    """What a program of this outcome prints, without the messages of exceptions."""
    if expected.failure:
        yield f"construction: DL4J throws {expected.failure.kind}"
    for number, step in enumerate(expected.steps):
        if step.failure:
            yield f"step {number}: DL4J throws {step.failure.kind}"
            continue
        for key, array in (step.updates or {}).items():
            # Programs print no other characters than those of ASCII.
            shown = "".join(c if c.isascii() else f"<U+{ord(c):04X}>" for c in key)
            yield from _line(f"step {number}: {shown}", hex_of(array))
        for key, array in step.params.items():
            yield from _line(f"step {number}: params.{key}", hex_of(array))
        if step.state is not None:
            yield from _line(f"step {number}: state", hex_of(step.state))
    yield "as expected"


def _line(label: str, patterns: list[str]) -> Iterator[str]:
    """Yield the line of an array; a long one has several, as Java's strings are no longer."""
    if len(patterns) <= 2000:
        yield f"{label} {' '.join(patterns)}".rstrip()
        return
    for start in range(0, len(patterns), 2000):
        part = patterns[start : start + 2000]
        yield f"{label}[{start}:{start + len(part)}] {' '.join(part)}"


def _without_message(line: str) -> str:
    head, throws, rest = line.rstrip().partition(" DL4J throws ")
    return f"{head}{throws}{rest.partition(':')[0]}"


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_fixtures_run_and_print_their_bits(language: str, tmp_path: Path) -> None:
    assert set(RUN) == set(LANGUAGES)
    some = sample(every_fixture(), 8)
    long = [f for f in every_fixture() if f.case.id.startswith("length-4097")]
    programs = {f.case.id: write(program(f.case), LANGUAGES[language]) for f in (*some, *long)}
    printed = dict(RUN[language](programs, tmp_path))
    assert list(printed) == list(programs)
    for id_, text in printed.items():
        assert [_without_message(line) for line in text.splitlines()] == list(_lines(fixtures_by_id()[id_].expected)), (
            id_
        )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_program_in_c_compiles_as_it_is(dtype: str, tmp_path: Path) -> None:
    fixture = fixtures_by_id()[f"all-stages-adam-{dtype}"]
    (tmp_path / "repro.c").write_text(write(program(fixture.case), LANGUAGES["c"]))
    _run(required("cc"), *_C_OPTIONS, "repro.c", "-lm", "-o", "repro", folder=tmp_path)
    assert _run("./repro", folder=tmp_path).splitlines() == list(_lines(fixture.expected))


#: Texts that end a comment or a string, or begin code, in one of the languages.
HOSTILE = (
    '"""\nopen("broken", "w")\n"""',
    '"); require("fs").writeFileSync("broken", ""); ("',
    '");\nfopen("broken", "w"); //',
    '\\u000a Runtime.getRuntime().exec("touch broken"); //',
    "\\u0022); System.exit(3); //",
    'a??/" "b ??/',
    "line \\",
    "*/ /* {{statements}} {{about}} {value} {name}",
    "coding: utf-7 +AAo-open('broken','w')",
    "\u2028open\u2029\x0b\x0c\x85\x00\x1b[31m\u202e\ud800\U0001f600",
)


def _named(text: str) -> Case:
    """Return a case of a graph with ``text`` as its id, comment, the name of a vertex and a key that is refused."""
    base = fixtures_by_id()["graph-sgd-float32"].case
    old = base.network.vertices[0]

    def renamed(arrays: Mapping[str, Floats]) -> dict[str, Floats]:
        return {key.replace(f"{old}_", f"{text}_", 1): array for key, array in arrays.items()}

    vertices = (text, *base.network.vertices[1:])
    network = replace(base.network, vertices=vertices, params=renamed(base.network.params))
    script = [replace(step, gradients=renamed(step.gradients)) for step in base.script if isinstance(step, Update)]
    refused = replace(script[0], gradients={f"{text}{text}_W": np.ones(2, "float32")})
    return replace(base, id=text, comment=text, network=network, script=(*script, refused))


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_text_from_a_file_is_never_code(language: str) -> None:
    """Programs of hostile and harmless texts are the same, but for what stands in a comment, a string or a name."""

    def skeleton(text: str) -> list[str]:
        source = write(program(_named(text)), LANGUAGES[language])
        assert source.isascii()
        assert not {character for character in source if ord(character) < 32} - {"\n"}
        bare = re.sub(r'"(\\.|[^"\\])*"', "", source)
        bare = re.sub(r"_n\d+\b|\b(\w+_)+\w*\b", "", bare)
        return sorted(line for line in bare.split("\n") if not line.startswith(("// ", "# ")))

    for text in HOSTILE:
        assert skeleton(text) == skeleton("harmless"), text


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_programs_with_hostile_texts_do_what_they_should(language: str, tmp_path: Path) -> None:
    run = {"python": (sys.executable, "repro.py"), "javascript": ("node", "repro.js")}
    run |= {"java": ("java", "Repro.java"), "c": ("./repro",)}
    for text in ("harmless", *HOSTILE):
        (tmp_path / LANGUAGES[language].file).write_text(write(program(_named(text)), LANGUAGES[language]))
        if language == "c":
            _run(required("cc"), *_C_OPTIONS, "repro.c", "-lm", "-o", "repro", folder=tmp_path)
        else:
            required(run[language][0])
        assert _run(*run[language], folder=tmp_path).endswith("as expected\n"), text
        assert not (tmp_path / "broken").exists()


def test_a_program_that_computes_something_else_says_so(tmp_path: Path) -> None:
    text = write(program(fixtures_by_id()["sgd-first-step-float32"].case), LANGUAGES["python"])
    wrong = text.replace("lr_0_W = ", "lr_0_W = 2 * ")
    assert wrong != text
    (tmp_path / "repro.py").write_text(wrong)
    done = subprocess.run([sys.executable, "repro.py"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "1 arrays differ from what DL4J computes" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("sgd-first-stp-float32",), 2, "did you mean sgd-first-step-float32"),
        (("x", "--language", "cobol"), 2, "cobol"),
        (("no-such-file.jsonl",), 5, "no-such-file.jsonl"),
    ],
)
def test_mistakes(arguments: tuple[str, ...], code: int, message: str) -> None:
    result = CliRunner().invoke(cli, ["repro", *arguments])
    assert result.exit_code == code
    assert message in result.output
    assert "Traceback" not in result.output
