"""`codeanatomy ask`: the rows of every question, stated, on small repositories that are built for it; names, places and paths that are wrong."""

import json

import pytest
from tests.support.repositories import write

from codeanatomy.catalog.questions import QUESTIONS

ZOO = {
    "zoo/__init__.py": "",
    "zoo/animal.py": """\
import json
from zoo import keeper


class Animal:
    def sound(self):
        return ""

    def speak(self):
        return json.dumps(self.sound())


class Dog(Animal):
    def sound(self):
        return "woof"


class Puppy(Dog):
    def sound(self):
        return keeper.quiet(super().sound())
""",
    "zoo/keeper.py": """\
def quiet(text, times=1):
    if times > 1:
        text = quiet(text, times - 1)
    return text.lower()


def feed():
    from zoo import animal

    return animal.Puppy().speak()
""",
    "zoo/odd.py": "def quiet():\n    pass\n",
}

IMPLICIT = """def rows(count):
    yield count

class Box:
    def __init__(self, value):
        self.value = value
    def __getitem__(self, index):
        return self.value, index

def use():
    begin = 1
    for row in rows(begin):
        box = Box(row)
        print(box[0])
"""
DESK = {
    "desk.py": """\
class Box:
    def put(self, v):
        self.v = v

    def get(self):
        return self.v


def box():
    b = Box()
    x = 5
    b.put(x)
    return b.get()


def set_state(v):
    global state
    state = v


def get_state():
    return state


def keep():
    y = 5
    set_state(y)
    return get_state()
""",
    "handlers.py": """\
def read():
    return int("3")


def handled(given):
    r = 0
    try:
        q = given
        read()

        def later(): return read()
        try:
            z = given.real
        finally: r = 1
    except ValueError:
        r = 2
    except TypeError:
        r = 3
    return r
""",
}


@pytest.fixture(scope="module")
def zoo(tmp_path_factory, run):
    repository = write(tmp_path_factory.mktemp("zoo"), ZOO)
    assert run("build", repository, "-q").returncode == 0
    return repository


@pytest.fixture
def ask(run, shop):
    """The object of an answer."""

    def ask(*question, repository=shop):
        done = run("ask", *question, "--json", cwd=repository)
        assert (done.returncode, done.stderr) == (0, "")
        return json.loads(done.stdout)

    return ask


def rows(answer, *names):
    return [tuple(row[name] for name in names) for row in answer["rows"]]


def test_callers(ask):
    answer = ask("callers", "shop.cart.Base.total")
    assert answer["asked"] == ["shop.cart.Base.total"]
    assert rows(answer, "caller", "path", "line", "col", "implicit") == [("shop.cart.Cart.pay", "shop/cart.py", 13, 20, False)]


def test_callees(ask):
    assert rows(ask("callees", "make"), "callee", "callee_kind", "callee_path", "callee_line", "line") == [
        ("shop.cart.Cart", "class", "shop/cart.py", 10, 18),
        ("shop.cart.Cart.pay", "function", "shop/cart.py", 11, 19),
    ]


def test_callers_of_what_lies_outside(ask):
    assert rows(ask("callers", "os.path.join"), "caller", "callee_kind", "callee_path") == [("shop.cart.Cart.pay", "external", None)]
    assert rows(ask("callers", "range"), "caller", "callee") == [("shop.money.add", "builtins.range")]


def test_refs_are_those_behind_imports(ask):
    assert rows(ask("refs", "shop.cart.Cart"), "path", "line", "col", "name", "access", "target_line", "target_col") == [
        ("main.py", 1, 18, "Basket", "read", 10, 7),
        ("main.py", 5, 5, "Basket", "read", 10, 7),
        ("shop/__init__.py", 1, 19, "Cart", "read", 10, 7),
        ("shop/cart.py", 18, 9, "Cart", "read", 10, 7),
    ]


def test_refs_of_a_variable_say_where_it_was_bound(ask):
    assert rows(ask("refs", "shop.money.add.total"), "line", "access", "target_line") == [
        (2, "write", 2),
        (4, "read", 2),
        (4, "read", 4),
        (4, "write", 2),
        (5, "read", 2),
        (5, "read", 4),
    ]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        ("shop/cart.py:7:22", ("function", "shop.money.add", "shop/money.py", 1, 5)),
        ("shop/cart.py:7:17", ("module", "shop.money", "shop/money.py", 1, 1)),
        ("main.py:1:18", ("class", "shop.cart.Cart", "shop/cart.py", 10, 7)),
        ("shop/cart.py:14:18", ("external_symbol", "os.path.join", None, None, None)),
        ("shop/cart.py:10:8", ("class", "shop.cart.Cart", "shop/cart.py", 10, 7)),
    ],
)
def test_definition(ask, place, expected):
    assert rows(ask("definition", place), "kind", "target", "path", "line", "col") == [expected]


def test_definition_by_a_path_of_this_machine(ask, shop):
    assert ask("definition", f"{shop}/shop/cart.py:7:22")["asked"] == ["shop/cart.py:7:22"]


def test_subclasses_are_transitive(ask, zoo):
    assert rows(ask("subclasses", "Animal", repository=zoo), "class", "path", "line", "base", "distance") == [
        ("zoo.animal.Dog", "zoo/animal.py", 13, "zoo.animal.Animal", 1),
        ("zoo.animal.Puppy", "zoo/animal.py", 18, "zoo.animal.Dog", 2),
    ]


def test_overrides_in_both_directions(ask, zoo):
    assert rows(ask("overrides", "Dog.sound", repository=zoo), "method", "line", "relation", "distance") == [
        ("zoo.animal.Animal.sound", 6, "overridden", 1),
        ("zoo.animal.Puppy.sound", 19, "overrides", 1),
    ]


def test_all_imports(ask):
    assert rows(ask("imports"), "importer", "line", "module", "name", "alias", "target", "target_kind", "relation") == [
        ("main", 1, "shop", "Basket", None, "shop.cart.Cart", "definition", None),
        ("main", 2, "shop.cart", "make", None, "shop.cart.make", "definition", None),
        ("shop", 1, "shop.cart", "Cart", "Basket", "shop.cart.Cart", "definition", None),
        ("shop.cart", 1, "os.path", None, "p", "os.path", "stdlib", None),
        ("shop.cart", 2, "shop", "money", None, "shop.money", "module", None),
    ]


def test_imports_of_a_module_and_by_others(ask):
    assert rows(ask("imports", "shop.cart"), "relation", "importer", "line", "target") == [
        ("imported", "main", 2, "shop.cart.make"),
        ("imported", "shop", 1, "shop.cart.Cart"),
        ("imports", "shop.cart", 1, "os.path"),
        ("imports", "shop.cart", 2, "shop.money"),
    ]
    assert rows(ask("imports", "os.path"), "relation", "importer", "line") == [("imported", "shop.cart", 1)]


def test_who_imports_a_part_imports_the_whole(ask, run, tmp_path):
    sources = {
        "p/__init__.py": "",
        "p/b.py": "",
        "px.py": "",
        "uses.py": "import p.b\nimport xml.etree.ElementTree\nfrom collections.abc import Sized\nimport px\n",
    }
    repository = write(tmp_path, sources)
    assert run("build", repository, "-q").returncode == 0
    for line, module in ((1, "p"), (2, "xml"), (3, "collections")):
        assert rows(ask("imports", module, repository=repository), "relation", "importer", "line") == [("imported", "uses", line)]


def test_import_cycles(ask, zoo):
    assert rows(ask("imports", "--cycles", repository=zoo), "cycle", "modules", "importer", "line", "imported", "deferred") == [
        (1, 2, "zoo.animal", 2, "zoo.keeper", False),
        (1, 2, "zoo.keeper", 8, "zoo.animal", True),
    ]
    assert ask("imports", "--cycles")["rows"] == []


def test_impact(ask):
    answer = ask("impact", "shop/money.py")
    assert rows(answer, "qualified_name", "kind", "distance", "reason", "through", "site_line") == [
        ("shop.cart", "module", 1, "import", "shop.money", 2),
        ("shop.cart.Base.total", "function", 1, "call", "shop.money.add", 7),
        ("main", "module", 2, "import", "shop.cart", 2),
        ("shop", "module", 2, "import", "shop.cart", 1),
        ("shop.cart.Cart.pay", "function", 2, "call", "shop.cart.Base.total", 13),
        ("shop.cart.make", "function", 3, "call", "shop.cart.Cart.pay", 19),
    ]
    assert rows(ask("impact", "shop/money.py", "--depth", 1), "qualified_name") == [("shop.cart",), ("shop.cart.Base.total",)]


def test_impact_of_a_folder_leaves_out_what_is_in_it(ask):
    answer = ask("impact", "shop")
    assert answer["asked"] == ["shop/__init__.py", "shop/cart.py", "shop/money.py"]
    assert rows(answer, "qualified_name", "distance") == [("main", 1)]


def test_impact_by_inheritance_and_override(ask, zoo):
    reasons = {(row["qualified_name"], row["reason"]) for row in ask("impact", "zoo/odd.py", "zoo/animal.py", repository=zoo)["rows"]}
    assert reasons == {("zoo.keeper.feed", "call")}


def test_slice_backward(ask):
    assert rows(ask("slice", "shop/money.py:5"), "path", "line", "function", "distance", "reason", "name", "through_line") == [
        ("shop/money.py", 2, "shop.money.add", 1, "data", "total", 5),
        ("shop/money.py", 4, "shop.money.add", 1, "data", "total", 5),
        ("shop/money.py", 1, "shop.money.add", 2, "data", "a", 2),
        ("shop/money.py", 3, "shop.money.add", 2, "control", None, 4),
        ("shop/cart.py", 7, "shop.cart.Base.total", 3, "data", "a", 1),
    ]
    assert ask("slice", "shop/money.py:5", "--backward") == ask("slice", "shop/money.py:5")


def test_slice_forward_goes_up_to_callers_and_not_into_their_arguments(ask):
    assert rows(ask("slice", "shop/money.py:2", "--forward"), "path", "line", "distance", "reason", "name") == [
        ("shop/money.py", 4, 1, "data", "total"),
        ("shop/money.py", 5, 1, "data", "total"),
        ("shop/cart.py", 7, 2, "data", None),
        ("shop/cart.py", 13, 3, "data", None),
        ("main.py", 6, 4, "data", None),
        ("shop/cart.py", 19, 4, "data", None),
        ("main.py", 4, 5, "data", None),
    ]


def test_slice_of_a_condition_is_what_stands_under_it(ask, zoo):
    answer = ask("slice", "zoo/keeper.py:2", "--forward", "--depth", 1, repository=zoo)
    assert rows(answer, "line", "reason") == [(3, "control")]


def test_a_slice_does_not_come_up_from_another_call(ask, zoo):
    """`quiet` is called from `Puppy.sound` and from itself; `sound` asks for its result, so what other callers pass does not count."""
    answer = ask("slice", "zoo/animal.py:20", "--depth", 3, repository=zoo)
    assert ("zoo/keeper.py", 4) in rows(answer, "path", "line")
    assert ("zoo/keeper.py", 10) not in rows(answer, "path", "line")


@pytest.fixture(scope="module")
def desk(tmp_path_factory, run):
    repository = write(tmp_path_factory.mktemp("desk"), DESK)
    assert run("build", repository, "-q").returncode == 0
    return repository


@pytest.mark.parametrize(
    ("line", "forward", "expected"),
    [
        (13, False, [1, 2, 3, 5, 6, 10, 11, 12]),
        (11, True, [2, 3, 6, 12, 13]),
        (28, False, [16, 18, 21, 22, 26, 27]),
        (26, True, [16, 18, 22, 27, 28]),
    ],
)
def test_a_slice_comes_up_from_any_call_after_an_attribute_or_a_global(ask, desk, line, forward, expected):
    answer = ask("slice", f"desk.py:{line}", *["--forward"] * forward, repository=desk)
    assert sorted(line for (line,) in rows(answer, "line")) == expected


def test_a_slice_goes_through_what_is_yielded_and_through_methods_that_syntax_runs(run, ask, tmp_path):
    write(tmp_path / "repo", {"m.py": IMPLICIT})
    assert run("build", tmp_path / "repo", "-q").returncode == 0
    answer = ask("slice", "m.py:14", repository=tmp_path / "repo")
    assert sorted(line for (line,) in rows(answer, "line")) == [1, 2, 4, 5, 6, 7, 8, 11, 12, 13]
    answer = ask("slice", "m.py:11", "--forward", repository=tmp_path / "repo")
    assert sorted(line for (line,) in rows(answer, "line")) == [1, 2, 5, 6, 7, 8, 12, 13, 14]


@pytest.mark.parametrize(
    ("line", "forward", "expected"),
    [
        (
            19,
            False,
            [
                (1, "data"),
                (2, "data"),
                (5, "data"),
                (9, "control"),
                (13, "control"),
                (14, "data"),
                (15, "control"),
                (16, "data"),
                (17, "control"),
                (18, "data"),
            ],
        ),
        (15, False, [(1, "data"), (2, "data"), (5, "data"), (9, "control"), (13, "control")]),
        (13, True, [(15, "control"), (16, "control"), (17, "control"), (18, "control"), (19, "data")]),
        (8, True, []),
    ],
)
def test_an_exception_handler_depends_on_what_may_raise(ask, desk, line, forward, expected):
    """Not on what cannot, nor on what another function does that is only made there; an inner `try` that handles nothing is passed over."""
    answer = ask("slice", f"handlers.py:{line}", *["--forward"] * forward, repository=desk)
    assert sorted(rows(answer, "line", "reason")) == expected


def test_a_slice_starts_where_a_statement_does(run, ask, tmp_path):
    """A line inside a statement of several lines is that statement; an empty line or a comment inside a body is nothing."""
    source = "def f(a,\n      b):\n    # why\n    c = max(\n        a,\n    )\n\n    return (c,\n      b)\n"
    repository = write(tmp_path / "r", {"m.py": source})
    assert run("build", repository, "-q").returncode == 0
    found = {line: rows(ask("slice", f"m.py:{line}", repository=repository), "line", "name") for line in (4, 5, 6, 8, 9)}
    assert found[4] == found[5] == found[6] == [(1, "a")]
    assert found[8] == found[9] == [(2, "b"), (4, "c"), (1, "a")]
    for line in (3, 7):
        assert "CA632" in run("ask", "slice", f"m.py:{line}", cwd=repository).stderr


def test_a_slice_that_is_cut_short_says_so(ask):
    answer = ask("slice", "shop/money.py:2", "--forward", "--limit", 2)
    assert (answer["total"], answer["truncated"], len(answer["rows"])) == (None, True, 2)
    assert answer["notes"][-1].startswith("stopped after 2 lines")


def test_path(ask):
    answer = ask("path", "main", "shop.money.add")
    assert answer["asked"] == ["main", "shop.money.add"]
    assert rows(answer, "step", "caller", "callee", "path", "line") == [
        (1, "main", "shop.cart.Cart.pay", "main.py", 6),
        (2, "shop.cart.Cart.pay", "shop.cart.Base.total", "shop/cart.py", 13),
        (3, "shop.cart.Base.total", "shop.money.add", "shop/cart.py", 7),
    ]


def test_path_of_a_recursion(ask, zoo):
    assert rows(ask("path", "keeper.quiet", "keeper.quiet", repository=zoo), "caller", "line") == [("zoo.keeper.quiet", 3)]


def test_limit(ask):
    answer = ask("refs", "shop.cart.Cart", "--limit", 1)
    assert (answer["total"], answer["truncated"], len(answer["rows"])) == (4, True, 1)


@pytest.mark.parametrize(
    ("question", "code", "said"),
    [
        (["callers", "shop.cart.Base.totl"], "CA630", "did you mean 'shop.cart.Base.total'?"),
        (["subclasses", "shop.cart.make"], "CA630", "no class named 'shop.cart.make': shop.cart.make is a function"),
        (["callees", "Cart"], "CA630", "named 'Cart': shop.cart.Cart is a class"),
        (["callers", "nothing_like_it"], "CA630", "SELECT qualified_name FROM definitions"),
        (["definition", "shop/cart.py:7:1"], "CA632", "money (column 16), add (column 22)"),
        (["definition", "shop/cart.py:8:1"], "CA632", "no name is on that line"),
        (["slice", "shop/cart.py:3"], "CA632", "no statement at shop/cart.py:3"),
        (["slice", "shop/cart.py:15"], "CA632", "an empty line does nothing"),
        (["slice", "shop/cart.py:99"], "CA632", "shop/cart.py had 19 lines when the graph was built"),
        (["definition", "shop/cart.py:99:1"], "CA632", "shop/cart.py had 19 lines when the graph was built"),
        (["path", "shop.money.add", "main"], "CA633", "no calls lead from shop.money.add to main"),
        (["impact", "shop/mony.py"], "CA634", "did you mean 'shop/money.py'"),
    ],
)
def test_what_cannot_be_answered_is_coded(run, shop, question, code, said):
    done = run("ask", *question, cwd=shop)
    assert (done.returncode, done.stdout) == (2, "")
    assert code in done.stderr
    assert said in done.stderr


def test_an_ambiguous_ending_lists_the_candidates(run, zoo):
    done = run("ask", "callers", "quiet", cwd=zoo)
    assert done.returncode == 2
    assert "CA631: 'quiet' is the ending of 2 names: zoo.keeper.quiet, zoo.odd.quiet" in done.stderr


@pytest.mark.parametrize(
    "question",
    [
        [],
        ["whence", "x"],
        ["callers"],
        ["definition", "shop/cart.py:7"],
        ["slice", "shop/cart.py"],
        ["slice", "shop/cart.py:0"],
        ["slice", "shop/cart.py:7", "--forward", "--backward"],
        ["imports", "shop.cart", "--cycles"],
        ["callers", "add", "--limit", "0"],
    ],
)
def test_wrong_use_is_exit_64(run, shop, question):
    assert run("ask", *question, cwd=shop).returncode == 64


def test_people_get_the_line_of_the_source(run, shop):
    done = run("ask", "callers", "add", cwd=shop)
    assert done.stdout == "shop/cart.py:7:16  shop.cart.Base.total calls shop.money.add\n    return money.add(1, 2)\n"
    assert done.stderr == "1 row\n"


def test_a_terminal_is_told_nothing_by_a_source(run, tmp_path):
    repository = write(tmp_path, {"one.py": "def f():\n    pass\n\n\nf(\t'\x1b[31m\x9b')\n"})
    assert run("build", repository, "-q").returncode == 0
    done = run("ask", "callers", "f", cwd=repository)
    assert done.stdout.splitlines()[1] == "    f(\t'\\x1b[31m\\x9b')"


def test_no_excerpt_of_a_source_that_has_changed(run, tmp_path):
    repository = write(tmp_path / "zoo", ZOO)
    assert run("build", repository, "-q").returncode == 0
    write(repository, {"zoo/animal.py": ZOO["zoo/animal.py"] + "# changed\n"})
    done = run("ask", "subclasses", "Animal", cwd=repository)
    assert done.stdout == (
        "zoo/animal.py:13:7  zoo.animal.Dog, 1 below, by zoo.animal.Animal\nzoo/animal.py:18:7  zoo.animal.Puppy, 2 below, by zoo.animal.Dog\n"
    )
    assert done.stderr == "2 rows\nno excerpts of zoo/animal.py: changed since the build, or gone\n"


def test_a_generation_that_is_not_there(run, shop):
    done = run("ask", "imports", "--generation", 999, cwd=shop)
    assert done.returncode == 2
    assert "CA802" in done.stderr


def test_quiet_is_the_rows_alone(run, shop):
    done = run("ask", "slice", "shop/money.py:5", "-q", cwd=shop)
    assert (len(done.stdout.splitlines()), done.stderr) == (10, "")


def test_a_program_is_told_in_json_what_failed(run, zoo):
    error = json.loads(run("ask", "callers", "quiet", "--json", cwd=zoo).stdout)["error"]
    assert (error["code"], error["details"]["candidates"]) == ("CA631", ["zoo.keeper.quiet", "zoo.odd.quiet"])


def test_every_question_has_an_example_that_answers(run, shop):
    for question in QUESTIONS:
        done = run("ask", *question.words.split(), "--json", cwd=shop)
        assert done.returncode == 0, (question.words, done.stderr)
        assert json.loads(done.stdout)["question"] == question.name
