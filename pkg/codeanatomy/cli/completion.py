"""Completion for bash, zsh and fish, written from the tree of parsers: `--show-completion` prints it, `--install-completion` puts it in its place.

It completes commands, options and values of which there is a list; where it has nothing to offer, or only options that nobody has begun to type,
the shell offers files.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from codeanatomy.cli.parser import offered
from codeanatomy.failure import Coded

SHELLS = ("bash", "zsh", "fish")


@dataclass(frozen=True, slots=True)
class Node:
    """A command as it is typed (`delta vacuum`; nothing for the root), its own commands or the values that it takes, and its options."""

    path: str
    commands: tuple[str, ...]
    values: tuple[str, ...]
    options: tuple[argparse.Action, ...]

    @property
    def words(self) -> str:
        """What may come next."""
        return " ".join((*self.commands, *self.values, *(flag for option in self.options for flag in option.option_strings)))


def tree(parser: argparse.ArgumentParser, path: str = "") -> Iterator[Node]:
    """The parser and those of its commands."""
    actions = parser._actions  # argparse has no public way to ask what a parser knows
    parts = next((dict(action.choices) for action in actions if isinstance(action, argparse._SubParsersAction)), {})
    values = tuple(word for action in actions if not action.option_strings for word in offered(action))
    yield Node(path, tuple(parts), values, tuple(action for action in actions if action.option_strings))
    for name, part in parts.items():
        yield from tree(part, f"{path} {name}".strip())


def script(shell: str, parser: argparse.ArgumentParser) -> str:
    """The completion of that shell."""
    nodes = list(tree(parser))
    return _fish(nodes) if shell == "fish" else FRAMES[shell].format(cases=_cases(nodes))


FRAMES = {
    "bash": """\
# Completion of codeanatomy for bash: written by `codeanatomy --show-completion bash`.
_codeanatomy() {{
    local current="${{COMP_WORDS[COMP_CWORD]}}" previous="" command="" offers="" word
    [[ $current != = ]] || current=""  # `--option=value` is three words to bash
    for word in "${{COMP_WORDS[@]:1:COMP_CWORD-1}}"; do
        [[ $word != = ]] || continue
{cases}
    COMPREPLY=()
    if [[ $current == -* || $offers != -* ]]; then
        COMPREPLY=($(compgen -W "$offers" -- "$current"))
    fi
}}
complete -o default -F _codeanatomy codeanatomy
""",
    "zsh": """\
#compdef codeanatomy
# Completion of codeanatomy for zsh: written by `codeanatomy --show-completion zsh`.
_codeanatomy() {{
    local previous="" command="" offers="" word
    local -a typed=("${{(@)words[2,CURRENT-1]}}")
    if [[ $PREFIX == --*=* ]]; then
        typed+=("${{PREFIX%%=*}}")
        compset -P '*='
    fi
    for word in "${{typed[@]}}"; do
{cases}
    if [[ -n $offers && ( $PREFIX == -* || $offers != -* ) ]]; then
        compadd -- ${{=offers}}
    else
        _files
    fi
}}
if [[ $funcstack[1] == _codeanatomy ]]; then
    _codeanatomy "$@"
else
    compdef _codeanatomy codeanatomy
fi
""",
}


def _cases(nodes: list[Node]) -> str:
    """The part that bash and zsh share: which command is being typed, and what may come next."""
    steps = _patterns(f"{_parent(node)} {node.path.split()[-1]}" for node in nodes[1:])
    options = [(option, _patterns(f"{node.path}:{flag}" for flag in option.option_strings)) for node in nodes for option in node.options]
    values = "".join(f'        {place}) offers="{_choices(option)}" ;;\n' for option, place in options if _choices(option))
    paths = "|".join(place for option, place in options if _takes(option) and not _choices(option))
    words = "".join(f'            "{node.path}") offers="{node.words}" ;;\n' for node in nodes)
    return f"""\
        previous="$word"
        case "$command $word" in
            {steps}) command="${{command:+$command }}$word" ;;
        esac
    done
    case "$command:$previous" in
{values}        {paths}) offers="" ;;
        *) case "$command" in
{words}        esac ;;
    esac"""


def _patterns(texts: Iterable[str]) -> str:
    return "|".join(f'"{text}"' for text in texts)


def _choices(option: argparse.Action) -> str:
    return " ".join(map(str, option.choices or offered(option)))


def _parent(node: Node) -> str:
    return " ".join(node.path.split()[:-1])


def _takes(option: argparse.Action) -> bool:
    """Whether a value follows it."""
    return option.nargs != 0


def _fish(nodes: list[Node]) -> str:
    steps = " ".join(f"'{_parent(node)} {node.path.split()[-1]}'" for node in nodes[1:])
    return FISH.format(steps=steps) + "".join(line for node in nodes for line in _fish_lines(node))


FISH = """\
# Completion of codeanatomy for fish: written by `codeanatomy --show-completion fish`.
function __codeanatomy_at
    set -l command ""
    for word in (commandline -opc)[2..-1]
        switch "$command $word"
            case {steps}
                set command (string trim "$command $word")
        end
    end
    test "$command" = "$argv[1]"
end
"""


def _fish_lines(node: Node) -> Iterator[str]:
    head = f"complete -c codeanatomy -n \"__codeanatomy_at '{node.path}'\""
    if node.commands:
        names = " ".join(node.commands)
        yield f"{head} -f -a '{names}'\n"
    if node.values:
        yield f"{head} -f -a '{' '.join(node.values)}'\n"
    for option in node.options:
        flags = " ".join(f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}" for flag in option.option_strings)
        values = f" -x -a '{_choices(option)}'" if _choices(option) else " -r" if _takes(option) else ""
        yield f"{head} {flags}{values} -d '{_plain(option.help or '')}'\n"


def _plain(text: str) -> str:
    return text.replace("\\", "\\\\").replace("'", "\\'")


def place(shell: str) -> tuple[Path, str]:
    """Where a shell looks for the completion of a command, and what a user may have to do."""
    home = Path.home()
    data = Path(os.environ.get("XDG_DATA_HOME") or home / ".local" / "share")
    settings = Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config")
    return {
        "bash": (
            data / "bash-completion" / "completions" / "codeanatomy",
            "new shells with bash-completion load it; others: source that file",
        ),
        "zsh": (home / ".zfunc" / "_codeanatomy", "before compinit in ~/.zshrc: fpath+=~/.zfunc"),
        "fish": (settings / "fish" / "completions" / "codeanatomy.fish", "new shells load it"),
    }[shell]


class _Completion(argparse.Action):
    """An option of the root that takes a shell, by default the user's."""

    help_text: str

    def __init__(self, option_strings: list[str], dest: str) -> None:
        super().__init__(
            option_strings,
            dest,
            nargs="?",
            choices=SHELLS,
            metavar="SHELL",
            default=argparse.SUPPRESS,
            help=f"{self.help_text} [bash, zsh or fish; default: yours]",
        )

    def __call__(self, parser: argparse.ArgumentParser, _: argparse.Namespace, value: object, __: str | None = None) -> None:
        shell = str(value or Path(os.environ.get("SHELL", "")).name)
        if shell not in SHELLS:
            parser.error(f"which shell? give {self.option_strings[0]} one of {', '.join(SHELLS)}")
        self.give(shell, script(shell, parser))
        parser.exit()

    def give(self, shell: str, text: str) -> None:
        """What becomes of the completion."""
        raise NotImplementedError


class ShowCompletion(_Completion):
    """`--show-completion`."""

    help_text = "print the completion of a shell and exit"

    def give(self, shell: str, text: str) -> None:
        print(text, end="")


class InstallCompletion(_Completion):
    """`--install-completion`."""

    help_text = "put the completion of a shell in its place and exit"

    def give(self, shell: str, text: str) -> None:
        path, next_step = place(shell)
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise Coded("CA805", f"cannot write {path}: {error.strerror}", "print it with --show-completion") from error
        print(f"Wrote {path}: {next_step}.")
