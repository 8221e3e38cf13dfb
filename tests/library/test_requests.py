"""Requests of programs: what each field may be is what the catalog says of its setting, as for the command line."""

from pathlib import Path

import pytest

from codeanatomy import Coded, GraphProductBuildRequest, OtelConfig, ResolutionLimits, ScipIdentityOverrides, ScipIndexConfig
from codeanatomy.catalog.settings import SETTINGS

WRONG = {
    "switch": [1, "yes", None],
    "flag": [1, "yes", None],
    "int": [0, -1, 1.5, "1", True],
    "count": [-1, 1.5, "1", None],
    "float": [0, -1.0, "1", float("nan")],
    "share": [-0.1, 1.1, "1", None],
    "choice": ["nothing such", 1],
    "globs": ["*.py", ("*.py", 1)],
    "texts": ["--help", (b"--help",)],
    "path": ["", b"out", 1],
    "file": ["", b"index.scip", 1],
    "program": ["", b"scip-python", 1],
    "text": [1, b"src"],
}
"""Values that settings of a type cannot take."""


def request_with(field, value):
    """A request in which one field, dotted inside a part, has that value."""
    name, _, inner = field.partition(".")
    if not inner:
        return GraphProductBuildRequest(repo_root=".", **{name: value})
    if inner.startswith("identity."):
        part = ScipIndexConfig(identity=ScipIdentityOverrides(**{inner.removeprefix("identity."): value}))
    else:
        part = {"scip": ScipIndexConfig, "otel": OtelConfig, "resolution": ResolutionLimits}[name](**{inner: value})
    return GraphProductBuildRequest(repo_root=".", **{name: part})


@pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.field)
def test_a_value_that_a_field_cannot_take_is_refused(setting):
    for value in WRONG[setting.type]:
        with pytest.raises(Coded) as refused:
            request_with(setting.field, value)
        assert (refused.value.code, refused.value.details) == ("CA165", {"field": setting.field})
        assert refused.value.message.startswith(f"{setting.field}: ")
        assert refused.value.hint


def test_the_message_says_what_is_wrong_and_what_would_be_right():
    with pytest.raises(Coded, match=r"CA165: types: 'maybe' is none of auto, on, off .give one of them"):
        GraphProductBuildRequest(repo_root=".", types="maybe")
    with pytest.raises(Coded, match=r"CA165: rulepack_profile: 'Strikt' is none of .* .did you mean 'Strict'"):
        GraphProductBuildRequest(repo_root=".", rulepack_profile="Strikt")
    with pytest.raises(Coded, match=r"CA165: scip.mode: 'str' object has no attribute 'mode' .give an object of the class"):
        GraphProductBuildRequest(repo_root=".", scip="off")
    with pytest.raises(Coded, match=r"CA165: repo_root: None is not a path"):
        GraphProductBuildRequest(repo_root=None)


@pytest.mark.parametrize("setting", [setting for setting in SETTINGS if setting.choices], ids=lambda setting: setting.field)
def test_choices_may_be_written_in_any_case(setting):
    for choice in setting.choices:
        assert request_with(setting.field, choice.upper()) == request_with(setting.field, choice)


def test_what_a_field_can_take_in_other_words_becomes_what_a_request_has():
    request = GraphProductBuildRequest(
        repo_root="r", include_globs=["a/**"], timeout=3, scip=ScipIndexConfig(scip_python_bin="scip-python")
    )
    assert (request.include_globs, request.timeout, request.scip.scip_python_bin) == (("a/**",), 3.0, Path("scip-python"))
    assert request.repository == Path("r").absolute()


def test_paths_that_go_up_are_those_that_they_lead_to(tmp_path, monkeypatch):
    (tmp_path / "inner").mkdir()
    monkeypatch.chdir(tmp_path / "inner")
    request = GraphProductBuildRequest(repo_root="../shop", output_dir="../out", work_dir="../work")
    assert (request.repository, request.output, request.work) == tuple(tmp_path / name for name in ("shop", "out", "work"))
