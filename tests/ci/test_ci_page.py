"""What docs/ci.md shows is what the action, the workflow, the template and the hook take."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from composite_action import ACTION, ROOT, yaml

PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(page: str) -> Iterator[Any]:
    """Yield the YAML of a page."""
    for text in re.findall(r"^```yaml\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        yield yaml.safe_load(text)


def taken(name: str) -> Mapping[str, Any]:
    """Return the inputs that a file takes, by name."""
    match name:
        case "action.yml":
            return dict(ACTION["inputs"])
        case ".ci/gitlab.yml":
            header, _ = yaml.safe_load_all((ROOT / name).read_text(encoding="utf-8"))
            return dict(header["spec"]["inputs"])
        case workflow:
            # YAML 1.1 reads the key `on` as true.
            return dict(yaml.safe_load((ROOT / workflow).read_text(encoding="utf-8"))[True]["workflow_call"]["inputs"])


def needed(inputs: Mapping[str, Any]) -> set[str]:
    """Return the names of the inputs that have to be given."""
    return {name for name, entry in inputs.items() if "default" not in entry}


def given(block: Any) -> tuple[str, Mapping[str, Any]]:
    """Return the file that an example uses, and the inputs that it gives."""
    match block:
        case [{"uses": uses, "with": inputs}]:
            assert uses.startswith("OWNER/dl4j-conformance@")
            return "action.yml", inputs
        case {"jobs": {"dl4j": {"uses": uses, "with": inputs}}}:
            return uses.removeprefix("OWNER/dl4j-conformance/").partition("@")[0], inputs
        case {"include": [{"remote": address, "inputs": inputs}]}:
            return re.sub(r"^.*/raw/v[\d.]+/", "", address), inputs
    raise AssertionError(f"the tests do not know the example {block}")


@pytest.mark.parametrize("page", [PAGE, README], ids=["ci.md", "README.md"])
def test_examples_give_what_is_taken(page: str) -> None:
    examples = [given(block) for block in blocks(page) if "repos" not in block]
    assert examples
    for name, inputs in examples:
        assert needed(taken(name)) <= inputs.keys() <= taken(name).keys(), name


def test_the_hook_has_the_examples_id() -> None:
    (example,) = (block for block in blocks(PAGE) if "repos" in block)
    ((repository,),) = [example["repos"]]
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    assert [entry["id"] for entry in repository["hooks"]] == [hook["id"]]


def test_the_table_has_every_input_with_its_default() -> None:
    words = {"": {"none", "all"}, None: {""}}
    rows = dict(re.findall(r"^\| `([\w-]+)` \| (.*?) ?\|", PAGE, re.MULTILINE))
    assert rows.keys() == ACTION["inputs"].keys()
    for name, shown in rows.items():
        default = ACTION["inputs"][name].get("default")
        assert shown.strip("`") in words.get(default, {default}), name
