"""Configuration: a file in the repository, then the environment, then flags; and what is wrong with a file."""

import json
import os
import re
from operator import attrgetter
from pathlib import Path

import pytest
from tests.support.repositories import SHOP, write

from codeanatomy import Coded, GraphProductBuildRequest
from codeanatomy.catalog.defaults import RUNTIME_PROFILES
from codeanatomy.catalog.settings import GONE, SECTIONS, SETTINGS
from codeanatomy.configuration.effective import configuration

IN_FILE = [setting for setting in SETTINGS if setting.in_file]


@pytest.fixture
def folder(tmp_path) -> Path:
    """A repository without a configuration."""
    return write(tmp_path / "repository", {"one.py": "x = 1\n"})


def another(setting):
    """A value that is not the default, as TOML and as `config show` tells it."""
    match setting.type:
        case "switch":
            return (str(not setting.default).lower(), not setting.default)
        case "choice":
            value = next(choice for choice in setting.choices if choice != setting.default)
            return (f"'{value}'", value)
        case "int" | "count":
            return ("5", 5)
        case "float":
            return ("7", 7.0)
        case "share":
            return ("0.25", 0.25)
        case "globs" | "texts":
            return ('["a",\n  "b"]', ["a", "b"])
        case "path" | "file":
            return ('"some/place"', "some/place")
        case _:
            return ('"text"', "text")


def whole_file(prefix=""):
    """Every key with another value."""
    lines = [
        f"[{prefix}{section}]\n" + "".join(f"{s.name} = {another(s)[0]}\n" for s in IN_FILE if s.section == section) for section in SECTIONS
    ]
    return "\n".join(lines)


def shown(run, folder, *flags):
    """The settings that hold, by key."""
    done = run("config", "show", folder, "--json", *flags)
    assert done.returncode == 0, done.stderr
    return {setting["key"]: setting for setting in json.loads(done.stdout)["settings"]}


@pytest.mark.parametrize(("name", "prefix"), [("codeanatomy.toml", ""), ("pyproject.toml", "tool.codeanatomy.")])
def test_every_key_of_a_file_is_taken_with_its_line(run, folder, monkeypatch, name, prefix):
    monkeypatch.delenv("CODEANATOMY_SCIP")
    monkeypatch.delenv("CODEANATOMY_TYPES")
    text = '[project]\nname = "x"\n\n' * bool(prefix) + whole_file(prefix)
    write(folder, {name: text})
    found = shown(run, folder)
    for setting in IN_FILE:
        given, (_, value) = found[setting.key], another(setting)
        expected = str(folder / value) if setting.type in ("path", "file") else value
        assert (given["value"], given["source"]) == (expected, "file"), setting.key
        line = int(given["place"].removeprefix(f"{name}:"))
        assert text.splitlines()[line - 1].startswith(f"{setting.name} = "), setting.key


def test_every_key_reaches_the_build(folder):
    write(folder, {"codeanatomy.toml": whole_file()})
    request = configuration(folder, {}, {}).request()
    for setting in IN_FILE:
        _, value = another(setting)
        expected = folder / value if setting.type in ("path", "file") else tuple(value) if isinstance(value, list) else value
        assert attrgetter(setting.field)(request) == expected, setting.key


def test_a_build_uses_the_file(run, tmp_path):
    settings = '[execution]\noutput_dir = "out"\nwork_dir = "w"\nworkers = 1\nenable_libcst = false\n[engine]\nprofile = "small"\n'
    repository = write(tmp_path / "r", {**SHOP, "codeanatomy.toml": f'{settings}[scope]\nexclude_globs = ["shop/money.py"]\n'})
    built = json.loads(run("build", repository, "--json").stdout)
    assert built["output_dir"] == str(repository / "out")
    assert built["files"]["scanned"] == 3
    assert (repository / "w" / "extract").is_dir()
    manifest = json.loads(Path(built["manifest"]).read_text())
    configuration = manifest["configuration"]
    assert (configuration["workers"]["value"], configuration["engine_profile"]["value"]) == (1, "small")
    assert manifest["extractors"]["libcst"]["status"] == "off"


def test_the_environment_is_stronger_than_the_file_and_flags_are_the_strongest(run, folder, monkeypatch):
    write(folder, {"codeanatomy.toml": "[engine]\nprofile = 'small'\n[execution]\nworkers = 5\ntimeout = 9\n"})
    monkeypatch.setenv("CODEANATOMY_ENGINE_PROFILE", "large")
    monkeypatch.setenv("CODEANATOMY_WORKERS", "6")
    found = shown(run, folder, "--workers", "7")
    told = {key: (found[key]["value"], found[key]["source"], found[key]["place"]) for key in ("execution.workers", "execution.timeout")}
    assert told == {"execution.workers": (7, "flag", "--workers"), "execution.timeout": (9.0, "file", "codeanatomy.toml:5")}
    profile = found["engine.profile"]
    assert (profile["value"], profile["source"], profile["place"]) == ("large", "environment", "CODEANATOMY_ENGINE_PROFILE")
    assert (found["delta.keep_generations"]["value"], found["delta.keep_generations"]["source"]) == (2, "default")


def test_a_flag_undoes_a_switch_and_replaces_a_list_of_the_file(run, folder):
    write(folder, {"codeanatomy.toml": "[scope]\ninclude_untracked = true\ninclude_globs = ['a', 'b']\n"})
    found = shown(run, folder, "--no-include-untracked", "--include-glob", "c")
    assert (found["scope.include_untracked"]["value"], found["scope.include_globs"]["value"]) == (False, ["c"])


def test_what_contradicts_a_weaker_source_replaces_it(run, folder, monkeypatch):
    write(folder, {"codeanatomy.toml": "[execution]\nrequire_sandbox = true\n"})
    monkeypatch.setenv("CODEANATOMY_SCIP", "on")
    found = shown(run, folder, "--no-sandbox", "--disable-scip")
    assert (found["execution.no_sandbox"]["value"], found["execution.require_sandbox"]["value"]) == (True, False)
    assert (found["scip.disabled"]["value"], found["scip.mode"]["value"]) == (True, "auto")


def test_an_index_to_read_contradicts_what_turns_scip_off(run, folder, monkeypatch):
    monkeypatch.setenv("CODEANATOMY_SCIP", "auto")
    index = ("--scip-index-path-override", "index.scip")
    for off in (["--scip", "off"], ["--disable-scip"]):
        done = run("build", folder, *off, *index)
        assert done.returncode == 64
        assert f"CA111: --scip-index-path-override names a SCIP index, and {off[0]} says that there is none" in done.stderr
    write(folder, {"codeanatomy.toml": "[scip]\nindex_path_override = 'index.scip'\n"})
    assert shown(run, folder, "--scip", "off")["scip.mode"]["value"] == "off"
    monkeypatch.setenv("CODEANATOMY_SCIP", "off")
    assert shown(run, folder)["scip.mode"]["value"] == "off"


def test_a_switch_from_the_environment(run, folder, monkeypatch):
    monkeypatch.setenv("CODEANATOMY_REQUIRE_SANDBOX", "Yes")
    assert shown(run, folder)["execution.require_sandbox"]["value"] is True
    monkeypatch.setenv("CODEANATOMY_REQUIRE_SANDBOX", "perhaps")
    done = run("config", "show", folder)
    assert done.returncode == 78
    assert "CA823" in done.stderr
    assert "CODEANATOMY_REQUIRE_SANDBOX: 'perhaps' is neither true nor false" in done.stderr


def test_every_setting_is_taken_from_the_environment(run, folder, monkeypatch):
    texts = {"switch": "yes", "flag": "on", "int": "3", "count": "0", "float": "7.5", "share": "0", "globs": "a 'b c'", "texts": "a 'b c'"}
    values = {"switch": True, "flag": True, "int": 3, "count": 0, "float": 7.5, "share": 0.0, "globs": ["a", "b c"], "texts": ["a", "b c"]}
    for setting in SETTINGS:
        monkeypatch.setenv(setting.environment, setting.choices[-1] if setting.choices else texts.get(setting.type, "some/place"))
    found = shown(run, folder)
    for setting in SETTINGS:
        given, value = found[setting.key], setting.choices[-1] if setting.choices else values.get(setting.type, "some/place")
        assert (given["value"], given["source"], given["place"]) == (value, "environment", setting.environment), setting.key


def test_a_limit_is_above_zero_and_a_guess_may_be_off(run, folder, monkeypatch):
    flags = ("--contexts-per-function", "9", "--hierarchy-methods", "0")
    found = shown(run, folder, *flags)
    assert [found[f"resolution.{name}"]["value"] for name in ("contexts_per_function", "hierarchy_methods")] == [9, 0]
    for flag, number, says in (("--contexts-per-function", "0", "0 is not above zero"), ("--hierarchy-methods", "-1", "-1 is below zero")):
        refused = run("config", "show", folder, f"{flag}={number}")
        assert (refused.returncode, says in refused.stderr) == (64, True)
        name = flag.removeprefix("--").replace("-", "_")
        monkeypatch.setenv(f"CODEANATOMY_{name.upper()}", number)
        refused = run("config", "show", folder)
        assert (refused.returncode, says in refused.stderr) == (78, True)
        monkeypatch.delenv(f"CODEANATOMY_{name.upper()}")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("OTEL_TRACES_SAMPLER", "jaeger_remote"),
        ("OTEL_TRACES_SAMPLER", ""),
        ("OTEL_TRACES_SAMPLER_ARG", "endpoint=http://localhost:14250"),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/json"),
    ],
)
def test_what_telemetry_means_to_other_programs_stops_no_build_without(run, folder, monkeypatch, name, text):
    monkeypatch.setenv(name, text)
    key = next(setting.key for setting in SETTINGS if setting.environment == name)
    assert shown(run, folder)[key]["source"] == "default"
    assert run("config", "validate", folder).returncode == 0
    exporting = run("config", "show", folder, "--otel-test-mode")
    assert exporting.returncode == (78 if text else 0)
    write(folder, {"codeanatomy.toml": "[otel]\nenable_traces = true\n"})
    done = run("config", "validate", folder)
    assert (done.returncode, f"{name}: CA823" in done.stderr) == ((78, True) if text else (0, False))
    assert text or "codeanatomy.toml: 1 setting, nothing wrong" in done.stdout


def test_a_list_in_the_environment_closes_its_quotes(run, folder, monkeypatch):
    monkeypatch.setenv("CODEANATOMY_EXCLUDE_GLOB", "'tests/**")
    done = run("config", "show", folder)
    assert done.returncode == 78
    assert 'CODEANATOMY_EXCLUDE_GLOB: "\'tests/**" is no list of words: No closing quotation' in done.stderr


def test_show_prints_toml_with_sources(run, folder):
    write(folder, {"codeanatomy.toml": "[engine]\nprofile = 'small'\n"})
    done = run("config", "show", folder, "--with-sources")
    assert 'profile = "small"  # file codeanatomy.toml:2\n' in done.stdout
    assert "keep_generations = 2  # default\n" in done.stdout
    assert f"Read {folder / 'codeanatomy.toml'}." in done.stderr
    plain = run("config", "show", folder).stdout
    assert 'profile = "small"\n' in plain
    assert "# --no-sandbox: false\n" in plain
    other = write(folder.parent / "other", {"codeanatomy.toml": plain})
    assert run("config", "validate", other).returncode == 0


def test_a_file_of_its_own_hides_the_project_file(run, folder):
    write(folder, {"codeanatomy.toml": "", "pyproject.toml": "[tool.codeanatomy.engine]\nprofile = 'large'\n"})
    assert shown(run, folder)["engine.profile"]["value"] == "medium"
    assert f"[tool.codeanatomy] of {folder / 'pyproject.toml'} is not read" in run("config", "show", folder).stderr


WRONG = {
    "a section that there is not": ("[engines]\nx = 1\n", "CA821", 1, "there is no section [engines]", "did you mean [engine]?"),
    "a key that there is not": (
        "[engine]\n\nprofil = 'small'\n",
        "CA821",
        3,
        "there is no key `profil` in [engine]",
        "did you mean `profile`?",
    ),
    "a key of another section": (
        "[execution]\nprofile = 1\n",
        "CA821",
        2,
        "no key `profile` in [execution]",
        "did you mean `engine.profile`?",
    ),
    "a key like no other": ("[types]\nxyz = 1\n", "CA821", 2, "no key `xyz` in [types]", "there are `mode`"),
    "a section like no other": ("[zzz]\n", "CA821", 1, "there is no section [zzz]", "the sections are [execution], [engine]"),
    "a key in no section": ("workers = 2\n", "CA821", 1, "`workers` stands in no section", "did you mean `execution.workers`?"),
    "hamilton": ("[hamilton]\nx = 1\n", "CA822", 1, "there is no section [hamilton] any more", "the Rust engine runs the whole plan"),
    "plan": ("[engine]\n[plan]\n", "CA822", 2, "there is no section [plan] any more", "`codeanatomy plan REPO` shows it"),
    "a choice": ("[engine]\nprofile = 'smal'\n", "CA823", 2, "'smal' is none of small, medium, large", "did you mean 'small'?"),
    "a type": ("[execution]\nworkers = true\n", "CA823", 2, "`execution.workers`: true is not a whole number", "give a whole number"),
    "a number in quotes": ("[execution]\ntimeout = '9'\n", "CA823", 2, "'9' is not a number", "give a number"),
    "a number too small": ("[execution]\nworkers = 0\n", "CA823", 2, "0 is not above zero", "give a larger number"),
    "no list": ("[scope]\ninclude_globs = 'a'\n", "CA823", 2, "'a' is no list of texts", "write ["),
    "no text": ("[scip]\nproject_name = 1\n", "CA823", 2, "1 is not a text", "give a text"),
    "no switch": ("[scope]\nfollow_symlinks = 1\n", "CA823", 2, "1 is not true or false", "give true or false"),
    "a program": ("[scip]\nscip_python_bin = 'evil'\n", "CA825", 2, "is not for a file in a repository to say", "--scip-python-bin"),
    "arguments of a program": (
        "[scip]\nextra_args = ['--output=/x']\n",
        "CA825",
        2,
        "not for a file in a repository to say",
        "--scip-extra-arg",
    ),
    "the sandbox": ("[execution]\nno_sandbox = true\n", "CA825", 2, "is not for a file in a repository to say", "give --no-sandbox"),
    "a place outside": ("[execution]\noutput_dir = '../out'\n", "CA825", 2, "'../out' leads out of the repository", "give the flag"),
    "a place from the root": (
        "[scip]\nenv_json = '/etc/passwd'\n",
        "CA825",
        2,
        "'/etc/passwd' leads out of the repository",
        "give the flag",
    ),
    "inline": ("engine = {profile = 'small', x = 1}\n", "CA821", 1, "there is no key `x` in [engine]", "there are `profile`"),
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_file_stops_a_build_and_says_where(run, folder, case):
    text, code, line, message, hint = WRONG[case]
    path = folder / "codeanatomy.toml"
    write(folder, {path.name: text})
    done = run("build", folder)
    assert done.returncode == 78
    assert f"codeanatomy: {code}: {path}:{line}: " in done.stderr
    assert message in done.stderr
    assert hint in done.stderr
    assert not (folder / "build").exists()


def test_a_wrong_project_file_has_its_own_lines(run, folder):
    write(folder, {"pyproject.toml": "[project]\nname = 'x'\n\n[tool.codeanatomy.engine]\nprofil = 'small'\n"})
    done = run("build", folder)
    assert done.returncode == 78
    assert f"{folder / 'pyproject.toml'}:5: there is no key `profil` in [engine]" in done.stderr


def test_a_project_table_that_is_none(run, folder):
    write(folder, {"pyproject.toml": "[tool]\ncodeanatomy = 1\n"})
    done = run("build", folder)
    assert done.returncode == 78
    assert "pyproject.toml:2: `tool.codeanatomy` is no table" in done.stderr


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"[engine\n", "it is not TOML: Expected ']' at the end of a table declaration (at line 1"),
        (b"x = " + b"[" * 5000, "it is not TOML: "),
        (b"\xff\xfe", "it is not UTF-8"),
        (b"#" * (1 << 20) + b"\n", "it is larger than 1,048,576 bytes"),
    ],
)
def test_a_file_that_cannot_be_read(run, folder, data, says):
    (folder / "codeanatomy.toml").write_bytes(data)
    done = run("build", folder)
    assert done.returncode == 78
    assert "CA820" in done.stderr
    assert says in done.stderr


def test_a_file_that_is_none_hangs_nothing(run, folder):
    os.mkfifo(folder / "codeanatomy.toml")
    assert "it is not a regular file" in run("build", folder).stderr
    (folder / "codeanatomy.toml").unlink()
    (folder / "codeanatomy.toml").symlink_to("nowhere")
    assert run("build", folder).returncode == 78


@pytest.mark.parametrize("text", ["[project\n", "\udcff"])
def test_a_project_file_that_others_broke_stops_nothing(run, folder, text):
    (folder / "pyproject.toml").write_bytes(text.encode(errors="surrogateescape"))
    assert run("config", "show", folder).returncode == 0
    (folder / "pyproject.toml").write_text("[tool.codeanatomy\n")
    assert run("config", "show", folder).returncode == 78


def test_validate_lists_everything(run, folder, monkeypatch):
    write(folder, {"codeanatomy.toml": "[engine]\nprofil = 1\n[hamilton]\n"})
    monkeypatch.setenv("CODEANATOMY_WORKERS", "none")
    done = run("config", "validate", folder, "--json")
    assert done.returncode == 78
    told = json.loads(done.stdout)
    path = folder / "codeanatomy.toml"
    assert (told["valid"], told["file"]) == (False, str(path))
    assert [(problem["code"], problem["place"]) for problem in told["problems"]] == [
        ("CA821", f"{path}:2"),
        ("CA822", f"{path}:3"),
        ("CA823", "CODEANATOMY_WORKERS"),
    ]
    assert f"{path}:2: CA821: there is no key `profil` in [engine]; did you mean `profile`?\n" in done.stderr
    assert "(and 1 more: `codeanatomy config validate` lists them)" in run("build", folder).stderr


def test_validate_of_what_is_right(run, folder):
    assert run("config", "validate", folder).stdout == f"there is no configuration file in {folder}\n"
    write(folder, {"codeanatomy.toml": "[engine]\nprofile = 'small'\n"})
    assert run("config", "validate", folder).stdout == f"{folder / 'codeanatomy.toml'}: 1 setting, nothing wrong\n"
    assert run("config", "validate", folder, "-q").stdout == ""
    (folder / "codeanatomy.toml").write_text("[")
    told = json.loads(run("config", "validate", folder, "--json").stdout)
    assert [problem["code"] for problem in told["problems"]] == ["CA820"]


def test_init_writes_every_key_and_each_is_right(run, folder):
    path = folder / "codeanatomy.toml"
    done = run("config", "init", folder)
    assert done.returncode == 0
    assert f"Wrote {path}" in done.stderr
    assert run("config", "validate", folder).stdout == f"{path}: 0 settings, nothing wrong\n"
    text = path.read_text()
    path.write_text(re.sub(r"(?m)^# (\w+ = )", r"\1", text))
    assert run("config", "validate", folder).stdout == f"{path}: {len(IN_FILE)} settings, nothing wrong\n"
    found = shown(run, folder)
    for setting in IN_FILE:
        if setting.default is not None and setting.environment not in os.environ:
            assert found[setting.key]["value"] == setting.default, setting.key


def test_init_overwrites_and_hides_nothing(run, folder):
    write(folder, {"codeanatomy.toml": "# mine\n"})
    done = run("config", "init", folder)
    assert done.returncode == 78
    assert "CA824" in done.stderr
    assert (folder / "codeanatomy.toml").read_text() == "# mine\n"
    (folder / "codeanatomy.toml").unlink()
    write(folder, {"pyproject.toml": "[tool.codeanatomy.engine]\n"})
    assert run("config", "init", folder).returncode == 78
    assert not (folder / "codeanatomy.toml").exists()


def test_no_repository(run, tmp_path):
    for command in ("show", "validate"):
        done = run("config", command, tmp_path / "nowhere")
        assert done.returncode == 2
        assert "CA110" in done.stderr


def test_init_where_nothing_can_be_written(run, tmp_path):
    done = run("config", "init", tmp_path / "nowhere")
    assert done.returncode == 5
    assert "CA805" in done.stderr


def test_every_section_has_a_key_and_no_section_is_gone():
    assert {setting.section for setting in IN_FILE} == set(SECTIONS)
    assert not GONE.keys() & SECTIONS.keys()


def profiles(found) -> dict[str, tuple[str, str, str]]:
    return {key: tuple(found[f"engine.{key}"][part] for part in ("value", "source", "place")) for key in ("profile", "rulepack_profile")}


def test_a_runtime_profile_says_what_no_source_as_strong_says_itself(run, folder, monkeypatch):
    write(folder, {"codeanatomy.toml": "[engine]\nruntime_profile = 'server'\nrulepack_profile = 'LowLatency'\n"})
    of_the_file = ("LowLatency", "file", "codeanatomy.toml:3")
    assert profiles(shown(run, folder)) == {
        "profile": ("large", "file", "codeanatomy.toml:2 (server)"),
        "rulepack_profile": of_the_file,
    }
    of_the_flag = ("Strict", "flag", "--runtime-profile (ci)")
    assert profiles(shown(run, folder, "--runtime-profile", "CI")) == {
        "profile": ("medium", "flag", "--runtime-profile (ci)"),
        "rulepack_profile": of_the_flag,
    }
    assert profiles(shown(run, folder, "--runtime-profile", "ci", "--engine-profile", "small")) == {
        "profile": ("small", "flag", "--engine-profile"),
        "rulepack_profile": of_the_flag,
    }
    monkeypatch.setenv("CODEANATOMY_ENGINE_PROFILE", "small")
    assert profiles(shown(run, folder)) == {
        "profile": ("small", "environment", "CODEANATOMY_ENGINE_PROFILE"),
        "rulepack_profile": of_the_file,
    }
    text = run("config", "show", folder, "--with-sources", "--runtime-profile", "interactive").stdout
    assert 'rulepack_profile = "LowLatency"  # flag --runtime-profile (interactive)' in text


def test_a_build_uses_a_runtime_profile(run, tmp_path):
    repository = write(tmp_path / "r", SHOP)
    for profile, engine, rules, partitions in (("laptop", "small", "Default", 1), ("ci", "medium", "Strict", len(os.sched_getaffinity(0)))):
        built = json.loads(run("build", repository, "--runtime-profile", profile, "--json").stdout)
        manifest = json.loads(Path(built["manifest"]).read_text())
        facts = manifest["engine"]
        assert (facts["profile"], facts["rulepack"]["profile"], facts["limits"]["partitions"]) == (engine, rules, partitions)
        assert manifest["configuration"]["engine_profile"] == {"value": engine, "source": "flag", "place": f"--runtime-profile ({profile})"}


def test_a_request_of_the_library_takes_a_runtime_profile():
    request = GraphProductBuildRequest(repo_root=".", runtime_profile="laptop")
    assert (request.engine_profile, request.rulepack_profile) == ("small", "Default")
    request = GraphProductBuildRequest(repo_root=".", runtime_profile="ci", engine_profile="large")
    assert (request.engine_profile, request.rulepack_profile) == ("large", "Strict")
    with pytest.raises(Coded, match=r"CA165.*laptop, interactive, ci, server"):
        GraphProductBuildRequest(repo_root=".", runtime_profile="lap")


def test_every_runtime_profile_names_settings_and_their_choices():
    choices = {setting.field: setting.choices for setting in SETTINGS}
    for bundle in RUNTIME_PROFILES.values():
        assert bundle.keys() == {"engine_profile", "rulepack_profile"}
        assert all(value in choices[field] for field, value in bundle.items())


def test_a_replay_from_the_command_line(run, tmp_path):
    repository = write(tmp_path / "r", SHOP)
    done = run("build", repository, "--rulepack-profile", "replay", "--json")
    assert done.returncode == 2
    assert json.loads(done.stdout)["error"]["code"] == "CA160"
    built = json.loads(run("build", repository, "--json").stdout)
    done = run("build", repository, "--rulepack-profile", "replay")
    assert done.returncode == 0, done.stderr
    assert "Replayed" in done.stderr
    assert "They are those of generation 1: the same rows and hashes. Nothing was published." in done.stderr
    again = json.loads(run("build", repository, "--rulepack-profile", "Replay", "--json").stdout)
    assert {name: again[name] for name in ("generation", "tables", "evidence", "spec_hash", "envelope_hash")} == {
        name: built[name] for name in ("generation", "tables", "evidence", "spec_hash", "envelope_hash")
    }
    assert again["determinism"]["verdict"] == "replayed"
    write(repository, {"main.py": "print()\n"})
    done = run("build", repository, "--rulepack-profile", "Replay")
    assert done.returncode == 4
    assert "CA163" in done.stderr
    assert "main.py" in done.stderr


def test_the_tier_from_the_command_line(run, tmp_path):
    repository = write(tmp_path / "r", SHOP)
    assert "There is no earlier build of the same inputs" in run("build", repository, "--determinism-tier", "reproducible").stderr
    assert "It is the same as generation 1" in run("build", repository, "--determinism-tier", "Reproducible").stderr
    done = run("build", repository, "--determinism-tier", "reproducible", "--no-enable-libcst", "--json")
    assert done.returncode == 4
    told = json.loads(done.stdout)
    assert (told["error"]["code"], told["error"]["details"]["table"], told["generation"]) == ("CA161", "libcst_modules", None)
    assert told["determinism"]["verdict"] == "differs"
