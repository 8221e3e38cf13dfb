"""Completion, asked in the shells themselves; and where it is put."""

import os
import pty
import shlex
import shutil
import subprocess
from contextlib import suppress
from importlib import import_module

import pytest
from tests.cli.conftest import COMMAND

from codeanatomy.catalog.failures import FAILURES
from codeanatomy.catalog.settings import SETTINGS
from codeanatomy.cli import COMMANDS, parser
from codeanatomy.cli.completion import tree
from codeanatomy.export.forms import FORMS


def bash(script, *words):
    """What bash offers for the last word."""
    typed = " ".join(map(shlex.quote, words))
    asked = f'{script}\nCOMP_WORDS=({typed})\nCOMP_CWORD={len(words) - 1}\n_codeanatomy\nprintf "%s\\n" "${{COMPREPLY[@]}}"'
    done = subprocess.run(["bash", "--norc", "-c", asked], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.fixture(scope="module")
def script(run):
    done = run("--show-completion", "bash")
    assert done.returncode == 0
    return done.stdout


def test_commands(script):
    assert bash(script, "codeanatomy", "")[: len(COMMANDS)] == list(COMMANDS)
    assert bash(script, "codeanatomy", "de") == ["delta"]
    assert bash(script, "codeanatomy", "-q", "pl") == ["plan"]


def test_commands_of_a_command(script):
    offered = bash(script, "codeanatomy", "delta", "")
    assert offered[:7] == ["history", "vacuum", "checkpoint", "cleanup-log", "optimize", "restore", "export"]
    assert bash(script, "codeanatomy", "config", "v") == ["validate"]
    assert bash(script, "codeanatomy", "delta", "vacuum", "--ke") == ["--keep"]


def test_every_option_of_a_build(script):
    offered = bash(script, "codeanatomy", "build", "repository", "--")
    assert {flag for setting in SETTINGS for flag in setting.flags if flag.startswith("--")} <= set(offered)
    assert "--no-enable-libcst" in offered


def test_values_of_an_option(script):
    assert bash(script, "codeanatomy", "build", "--engine-profile", "") == ["small", "medium", "large"]
    assert bash(script, "codeanatomy", "plan", "--output-format", "d") == ["dot"]
    assert bash(script, "codeanatomy", "query", "--format", "j") == ["json", "jsonl"]
    assert bash(script, "codeanatomy", "build", "--output-dir", "") == [], "bash offers files then"


def test_values_that_are_no_choices_of_argparse(script):
    assert bash(script, "codeanatomy", "export", "--format", "") == [form.name for form in FORMS]
    assert bash(script, "codeanatomy", "explain", "CA20") == [kind.code for kind in FAILURES if kind.code.startswith("CA20")]


def test_values_after_an_equals_sign(script):
    """Bash splits the word there."""
    assert bash(script, "codeanatomy", "build", "--scip", "=") == ["auto", "on", "off"]
    assert bash(script, "codeanatomy", "build", "--scip", "=", "o") == ["on", "off"]
    assert bash(script, "codeanatomy", "build", "--output-dir", "=", "") == []


def test_where_a_path_is_wanted_the_shell_offers_its_own(script):
    assert bash(script, "codeanatomy", "build", "") == []
    assert "--workers" in bash(script, "codeanatomy", "build", "-")


def test_bash_knows_whom_it_completes(script):
    done = subprocess.run(["bash", "--norc", "-c", f"{script}\ncomplete -p codeanatomy"], capture_output=True, text=True, check=True)
    assert done.stdout == "complete -o default -F _codeanatomy codeanatomy\n"


def test_the_tree_has_every_command():
    modules = [import_module(f"codeanatomy.cli.{name}") for name in COMMANDS]
    parts = [f"{module.NAME} {part.NAME}" for module in modules for part in getattr(module, "COMMANDS", ())]
    assert sorted(node.path for node in tree(parser())) == sorted(["", *COMMANDS, *parts])


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_takes_it(run):
    text = run("--show-completion", "zsh").stdout
    # Stand-ins for the two builtins that only work in a line that is being edited.
    asked = (
        "compdef() {}; compadd() { shift; print -l -- $@ }; _files() { print files }\n"
        f"{text}\nask() {{ words=($@); CURRENT=$#; PREFIX=$words[-1]; _codeanatomy }}\n"
        "ask codeanatomy delta ''; ask codeanatomy build --scip ''; ask codeanatomy build ''"
    )
    done = subprocess.run(["zsh", "-f", "-c", asked], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert done.stdout.split() == [
        *["history", "vacuum", "checkpoint", "cleanup-log", "optimize", "restore", "export", "-h", "--help"],
        *["auto", "on", "off", "files"],
    ]


TYPED = {
    "del": "delta",
    "delta vac": "delta vacuum",
    "-q delta vac": "-q delta vacuum",
    "build . --scip of": "build . --scip off",
    "build . --scip=of": "build . --scip=off",
    "build . --no-enable-lib": "build . --no-enable-libcst",
    "build afi": "build afile.py",
    "build . --output-dir=afi": "build . --output-dir=afile.py",
    "query --graph afi": "query --graph afile.py",
    "explain CA80": "explain CA80",
    "export --format gra": "export --format graphml",
    "--show-completion z": "--show-completion zsh",
}
"""What somebody types before the tabulator, and what stands there then."""


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_in_a_zsh_that_somebody_types_into(run, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    assert run("--install-completion", "zsh").returncode == 0
    (tmp_path / "work").mkdir()
    (tmp_path / "work" / "afile.py").touch()
    setup = "fpath+=~/.zfunc; autoload -U compinit; compinit -u -D; cd ~/work; codeanatomy() { print -r -- $* >> ~/ran }"
    assert typed(["zsh", "-f", "-i"], [setup, *(f"codeanatomy {line}\t" for line in TYPED), "exit"]) == 0
    assert (tmp_path / "ran").read_text().splitlines() == list(TYPED.values())


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_in_fish_every_line_becomes_what_it_becomes_in_zsh(run, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    assert run("--install-completion", "fish").returncode == 0
    monkeypatch.setenv("PATH", str(COMMAND.parent), prepend=os.pathsep)  # fish completes what there is
    (tmp_path / "afile.py").touch()
    for line, becomes in TYPED.items():
        # With configuration: the file is found in its place.
        done = subprocess.run(
            ["fish", "-c", f"complete -C 'codeanatomy {line}'"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False
        )
        assert done.stderr == ""
        offered = [text.split("\t")[0] for text in done.stdout.splitlines()]
        assert (offered[0] if len(offered) == 1 else line.split()[-1]) == becomes.split()[-1]


def typed(shell: list[str], lines: list[str]) -> int:
    """Type lines into a shell as from a terminal; returns how it ended."""
    process, terminal = pty.fork()
    if process == 0:
        os.execvp(shell[0], shell)
    with os.fdopen(terminal, "r+b", buffering=0) as screen:
        screen.write("".join(f"{line}\n" for line in lines).encode())
        with suppress(OSError):  # the end of a terminal
            while screen.read(65536):
                pass
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_takes_it(run, tmp_path):
    (tmp_path / "codeanatomy.fish").write_text(run("--show-completion", "fish").stdout)
    asked = "; ".join(
        [f"source {tmp_path / 'codeanatomy.fish'}"]
        + [f"complete -C '{line}'" for line in ("codeanatomy de", "codeanatomy delta vac", "codeanatomy build --types ")]
    )
    done = subprocess.run(["fish", "--no-config", "-c", asked], capture_output=True, text=True, check=False)
    assert done.stderr == ""
    assert [line.split("\t")[0] for line in done.stdout.splitlines()] == ["delta", "vacuum", "auto", "off", "on"]


@pytest.mark.parametrize(
    ("shell", "place"),
    [
        ("bash", ".local/share/bash-completion/completions/codeanatomy"),
        ("zsh", ".zfunc/_codeanatomy"),
        ("fish", ".config/fish/completions/codeanatomy.fish"),
    ],
)
def test_it_is_put_in_its_place(run, tmp_path, monkeypatch, shell, place):
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.delenv(name, raising=False)
    done = run("--install-completion", shell)
    assert done.returncode == 0
    assert done.stdout.startswith(f"Wrote {tmp_path / place}: ")
    assert (tmp_path / place).read_text() == run("--show-completion", shell).stdout


def test_the_shell_is_that_of_the_user(run, monkeypatch):
    monkeypatch.setenv("SHELL", "/usr/bin/fish")
    assert run("--show-completion").stdout.startswith("# Completion of codeanatomy for fish")
    monkeypatch.setenv("SHELL", "/bin/tcsh")
    done = run("--show-completion")
    assert done.returncode == 64
    assert "give --show-completion one of bash, zsh, fish" in done.stderr


def test_a_place_that_cannot_be_written(run, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("HOME", str(tmp_path / "file"))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    done = run("--install-completion", "bash")
    assert done.returncode == 5
    assert "CA805" in done.stderr
