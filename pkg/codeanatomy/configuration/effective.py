"""The settings that hold for a build: defaults, then the file, the environment, and flags, each stronger than the one before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from codeanatomy.catalog.defaults import RUNTIME_PROFILES
from codeanatomy.catalog.settings import SETTINGS, Setting
from codeanatomy.configuration.file import ConfigurationFile, read_file
from codeanatomy.configuration.value import PLACES, WrongValue, from_text, place
from codeanatomy.failure import Coded
from codeanatomy.product import GraphProductBuildRequest, altered

SOURCES = ("default", "file", "environment", "flag")
"""From the weakest to the strongest."""
AMBIENT = "OTEL_"
"""What the variables begin with that OpenTelemetry defines: they are there for every program, and may say what only others know."""
EXPORTING = ("otel.enable_traces", "otel.enable_metrics", "otel.enable_logs", "otel.test_mode")
"""The settings of which one makes a build use the others of its section."""


@dataclass(frozen=True, slots=True)
class Given:
    """The value of a setting, which of `SOURCES` it is from, and where there: a file with a line, a variable, a flag."""

    value: object
    source: str = "default"
    place: str = ""

    @property
    def strength(self) -> int:
        """What a contradiction is decided by."""
        return SOURCES.index(self.source)


@dataclass(frozen=True, slots=True)
class Configuration:
    """Every setting by its field, and the file that was read."""

    repository: Path
    file: ConfigurationFile | None
    given: Mapping[str, Given]

    def request(self) -> GraphProductBuildRequest:
        """The build that they ask for. Raises CA111 where they ask for an index and for none."""
        _check_index(self.given)
        origins = {setting.field: _as_asked(setting, self.given[setting.field]) for setting in SETTINGS}
        request = GraphProductBuildRequest(repo_root=self.repository, origins=origins)
        for field, given in origins.items():
            request = altered(request, field.split("."), given.value)
        return request


def configuration(repository: Path, flags: Mapping[str, object], environment: Mapping[str, str]) -> Configuration:
    """What holds for that repository. Raises `Coded`: CA820 to CA825 for a file, CA823 for the environment."""
    file = read_file(repository)
    if file is not None:
        file.check()
    environment = _heeded(environment, file, flags)
    given = {setting.field: _given(setting, file, environment, flags) for setting in SETTINGS}
    for setting in SETTINGS:
        if setting.contradicts and given[setting.field].strength > given[setting.contradicts].strength:
            given[setting.contradicts] = Given(_default(setting.contradicts))
    return Configuration(repository, file, given | _bundled(given))


def _check_index(given: Mapping[str, Given]) -> None:
    """Raises CA111 for an index that is to be read where a source no stronger says that none is."""
    index = given["scip.index_path_override"]
    for field, off in (("scip.mode", "off"), ("scip.disabled", True)):
        said = given[field]
        if index.value is not None and said.value == off and index.strength >= said.strength:
            raise Coded("CA111", f"{index.place} names a SCIP index, and {said.place} says that there is none", "give one of them")


def environment_problems(environment: Mapping[str, str], file: ConfigurationFile | None) -> list[Coded]:
    """Every variable that holds what its setting cannot take."""
    wrong = _wrong(environment)
    ours = [failure for name, failure in wrong.items() if not name.startswith(AMBIENT)]
    return list(_wrong(_heeded(environment, file, {})).values()) if not ours else list(wrong.values())


def _wrong(environment: Mapping[str, str]) -> dict[str, Coded]:
    """What is wrong with each variable that is."""
    found: dict[str, Coded] = {}
    for setting in SETTINGS:
        if setting.environment in environment:
            try:
                _from_environment(setting, environment[setting.environment])
            except Coded as failure:
                found[setting.environment] = failure
    return found


def _heeded(environment: Mapping[str, str], file: ConfigurationFile | None, flags: Mapping[str, object]) -> dict[str, str]:
    """The environment without variables of OpenTelemetry that are empty, or that mean nothing to a build which exports nothing."""
    exports = any(_given(setting, file, environment, flags).value for setting in SETTINGS if setting.field in EXPORTING)
    wrong = {} if exports else _wrong(environment)
    return {name: text for name, text in environment.items() if not name.startswith(AMBIENT) or (text and name not in wrong)}


def _given(setting: Setting, file: ConfigurationFile | None, environment: Mapping[str, str], flags: Mapping[str, object]) -> Given:
    if setting.field in flags:
        return Given(flags[setting.field], "flag", setting.flags[0])
    if setting.environment and setting.environment in environment:
        return Given(_from_environment(setting, environment[setting.environment]), "environment", setting.environment)
    if file is not None and setting.field in file.said:
        said = file.said[setting.field]
        return Given(said.value, "file", f"{file.path.name}:{said.line}" if said.line else file.path.name)
    return Given(setting.default)


def _bundled(given: Mapping[str, Given]) -> dict[str, Given]:
    """What a runtime profile says of other settings: of those that no source as strong as its own gives."""
    profile = given["runtime_profile"]
    bundle = RUNTIME_PROFILES[str(profile.value)] if profile.value else {}
    place = f"{profile.place} ({profile.value})"
    return {
        field: replace(profile, value=value, place=place) for field, value in bundle.items() if given[field].strength < profile.strength
    }


def _as_asked(setting: Setting, given: Given) -> Given:
    """The value as a request has it."""
    match given.value:
        case None | list() | tuple() as words if setting.type in ("globs", "texts"):
            return replace(given, value=tuple(words or ()))
        case Path() as path if setting.type in PLACES:
            return replace(given, value=place(path))
    return given


def _from_environment(setting: Setting, text: str) -> object:
    try:
        return from_text(setting, text)
    except WrongValue as wrong:
        raise Coded("CA823", f"{setting.environment}: {wrong}", wrong.hint, {"variable": setting.environment}) from wrong


def _default(field: str) -> object:
    return next(setting.default for setting in SETTINGS if setting.field == field)
