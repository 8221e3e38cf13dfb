"""How far the analysis of values goes, and how sure its answers are: every limit with its default number and what is lost beyond it, every resolution
with its confidence. The operator `resolve` reads them by name."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolutionLimits:
    """The limits of the analysis of values. All are above zero but those of guesses, which 0 turns off. One that is reached is a warning of the
    build, CA609, and the property `limits_reached` of the definitions for which it was."""

    contexts_per_function: int = 4
    contexts_per_factory: int = 64
    nodes_per_factory: int = 4_000
    contexts_on_average: int = 3
    runs_per_activation: int = 4
    passes_per_loop: int = 8
    open_calls: int = 256
    calls_at_once: int = 10_000
    values_per_set: int = 64
    values_per_open_set: int = 12
    constants_per_set: int = 12
    texts_per_sum: int = 8
    objects_per_class: int = 6
    heirs_per_method: int = 12
    overrides_per_object: int = 32
    classes_per_metaclass: int = 12
    finally_depth: int = 2
    targets_per_name: int = 32
    hierarchy_methods: int = 12
    name_match_classes: int = 3

    def under(self, rulepack_profile: str) -> dict[str, int]:
        """The numbers by name that hold under a rulepack profile: Strict does not guess."""
        strict = replace(self, **dict.fromkeys(GUESSES, 0))
        return asdict(strict if rulepack_profile == "Strict" else self)


GUESSES = ("hierarchy_methods", "name_match_classes")
"""Those that may be 0."""

SENTENCES: dict[str, str] = {
    "contexts_per_function": "Calls of a function, by their arguments, that are told apart; further ones share what they give and get.",
    "contexts_per_factory": "The same for functions that make functions or classes, or are given some or the name of an attribute.",
    "nodes_per_factory": "Syntax nodes of such a function times its calls that are told apart: a large one has fewer.",
    "contexts_on_average": "Calls that are told apart in all, for each function there is and 1000 more; further ones share what they give and get.",
    "runs_per_activation": "How often a function is run anew because something that it reads has grown, the last time when all else has settled; what grows later is not seen in it.",
    "passes_per_loop": "How often a loop is run because its variables hold more than before; what they hold later is not seen in it.",
    "open_calls": "Calls inside each other that are followed; what a deeper one gives is unknown.",
    "calls_at_once": "Calls to which one may lead without running a function, where classes and objects make and call each other; what further ones give is unknown.",
    "values_per_set": "Values that an expression may have; of more, objects of one class become one, results from outside unknown, then all.",
    "values_per_open_set": "The same for an expression that has lost values to a limit before.",
    "constants_per_set": "Values that an expression may have while its texts and numbers are told apart; of more, only their types are known.",
    "texts_per_sum": "Texts that putting two together may give, as for the name of an attribute; of more, only their type is known.",
    "objects_per_class": "Calls of a class whose objects are told apart; the attributes of further ones are shared, but of descriptors none are.",
    "heirs_per_method": "Classes that self may be of in a method that nothing calls; of more, only the first count, the one that defines the method before all.",
    "overrides_per_object": "Classes below a declared or tested one whose overrides an attribute of the object may be; of more, none are.",
    "classes_per_metaclass": "Classes that are told apart where their metaclass makes them; what is stored on further ones is shared.",
    "finally_depth": "try statements around a finally that is followed from every way into it; in a deeper one, only from the way that goes on.",
    "targets_per_name": "Definitions that one name may refer to; further ones are left out.",
    "hierarchy_methods": "Methods of classes below a receiver's that a call may be guessed to run; of more, none is. 0 is off, and so is Strict.",
    "name_match_classes": "Methods of a name that a call on an unknown receiver may be guessed to run; of more, none is. 0 is off, and so is Strict.",
}
"""What each limit counts, and what is lost beyond it."""


@dataclass(frozen=True, slots=True)
class Resolution:
    """A way in which a name or a call is resolved, and how often a row is right that is the only one of its place, and one of several: as measured by
    the suite `cpython-calls` of `make accuracy` on calls that were executed; as estimated where that judges fewer than a hundred."""

    name: str
    sentence: str
    alone: float
    one_of_several: float


RESOLUTIONS = (
    Resolution("lexical", "A name of the function around, or of one around that.", 1.0, 0.7),
    Resolution("global", "A name of the module.", 1.0, 0.55),
    Resolution("import", "An imported name.", 1.0, 0.55),
    Resolution("attribute", "An attribute of a value that is known.", 0.99, 0.6),
    Resolution("value", "What any other expression is, or what other syntax than a call runs.", 0.95, 0.55),
    Resolution("builtin", "A name of `builtins`, or a member of a type there.", 1.0, 0.55),
    Resolution("external", "Something outside the repository.", 0.95, 0.5),
    Resolution("hierarchy", "Guessed: a method of a class below the receiver's, which does not have it.", 0.3, 0.3),
    Resolution("name_match", "Guessed: a method of that name, of a receiver that is not known.", 0.25, 0.25),
    Resolution("type", "What scip-python or pyrefly alone says, by the types that it infers.", 0.9, 0.9),
)

AGREED = 0.99
"""How often a row is right, at the least, that scip-python or pyrefly has, too."""


def confidence() -> dict[str, list[float]]:
    """Each resolution's two numbers, by its name."""
    return {resolution.name: [resolution.alone, resolution.one_of_several] for resolution in RESOLUTIONS}


IN_SQL = {"agreed": str(AGREED), "by_type": str(confidence()["type"][0])}
"""What SQL views write, after a `$`, for numbers that are declared here."""
