//! What pytest gives the parameters of tests and fixtures that nothing else calls: what the nearest fixture of that name gives, and what
//! `parametrize` lists.

use indexmap::IndexSet;
use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use crate::operator::OperatorError;
use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::classes::Ancestor;
use crate::resolve::points_to::machine::{Below, Machine};
use crate::resolve::points_to::value::{EMPTY, Id, Origin, Set, Value, Wrapper};
use crate::resolve::sources::File;
use crate::table::{Str, Strings};

/// The module whose fixtures all tests in its folder and below see.
const SHARED: &str = "conftest.py";
/// How names of tests begin, unless pytest is told otherwise.
const TEST: &str = "test";
/// How names of files with tests begin or end, unless pytest is told otherwise.
const TEST_FILES: (&str, &str) = ("test_", "_test.py");

/// The fixtures of the repository, and what they were given to.
#[derive(Default)]
pub struct Fixtures {
    /// By the module or class in whose body each was made, and its name.
    known: FxHashMap<(u32, Str), Id>,
    /// In the order in which they were found.
    functions: IndexSet<Id, FxBuildHasher>,
    /// What `pytest.param` made: the arguments of one test.
    rows: FxHashSet<Id>,
    /// The modules `conftest.py`, by their folder, which is empty or ends with `/`.
    shared: FxHashMap<String, u32>,
    /// Functions that something was given to, and their activations.
    given: Vec<(Id, u32)>,
}

impl Fixtures {
    pub fn new(files: &[File], strings: &Strings) -> Self {
        let folder = |file: &File| strings.text(file.path).strip_suffix(SHARED).filter(|folder| folder.is_empty() || folder.ends_with('/'));
        let shared = files.iter().enumerate().filter_map(|(at, file)| Some((folder(file)?.to_owned(), at as u32)));
        Self { shared: shared.collect(), ..Self::default() }
    }
}

impl Machine<'_, '_> {
    /// `pytest.fixture`: the function itself, or what makes a fixture of one.
    pub fn made_fixture(&mut self, site: u32, arguments: &Arguments) -> Set {
        if let Some(functions) = arguments.positional(0) {
            self.add_fixtures(site, functions, EMPTY, EMPTY);
            return functions;
        }
        let id = self.make_wrapper(site, Wrapper::Fixture);
        for word in [self.words.name_, self.words.params] {
            let set = arguments.keyword(word).unwrap_or(EMPTY);
            self.store_values(id, Key::attribute(word), set);
        }
        self.sets.one(id)
    }

    pub fn call_fixture(&mut self, site: u32, wrapper: Id, arguments: &Arguments) -> Set {
        let names = self.read_values(wrapper, Key::attribute(self.words.name_));
        let params = self.read_values(wrapper, Key::attribute(self.words.params));
        let functions = arguments.positional(0).unwrap_or(EMPTY);
        self.add_fixtures(site, functions, names, params);
        functions
    }

    fn add_fixtures(&mut self, site: u32, functions: Set, names: Set, params: Set) {
        for function in self.elements(functions) {
            let Value::Function { definition, .. } = self.values.get(function) else { continue };
            let definition = self.repository.definitions.get(definition);
            let name = self.texts(names).first().copied().unwrap_or(definition.name);
            self.fixtures.known.insert((definition.parent, name), function);
            self.fixtures.functions.insert(function);
            if params != EMPTY {
                self.hand_params(site, function, params);
            }
        }
    }

    /// Gives the `request` of a fixture its `param`: any of what `params=` lists.
    fn hand_params(&mut self, site: u32, function: Id, params: Set) {
        let Value::Function { definition, .. } = self.values.get(function) else { return };
        let Some(position) = self.parameters(definition).iter().position(|parameter| parameter.name == self.words.request) else { return };
        let rows = self.iterate(site, params, false);
        let param = self.column(rows, 0, true);
        let request = self.make_wrapper(site, Wrapper::Holding);
        self.store_values(request, Key::attribute(self.words.param), param);
        if let Some(Ancestor::External(class)) = self.repository.outside.fixture(self.words.request) {
            let class = self.one(Value::External(class));
            self.store_values(request, Key::attribute(self.words.class), class);
        }
        let request = self.sets.one(request);
        self.store_values(function, Key::handed(position), request);
    }

    /// What rows hold at a place. A bare row that `pytest.param` did not make is itself what it holds.
    fn column(&mut self, rows: Set, column: usize, is_bare: bool) -> Set {
        let mut set = EMPTY;
        for row in self.elements(rows) {
            let is_row = !is_bare || self.fixtures.rows.contains(&row);
            let one = if is_row { self.load_index(row, column as i64) } else { self.sets.one(row) };
            set = self.union(set, one);
        }
        set
    }

    /// `pytest.mark.parametrize(names, values)`, to be called with a test.
    pub fn made_parametrization(&mut self, site: u32, arguments: &Arguments) -> Set {
        let id = self.make_wrapper(site, Wrapper::Parametrization);
        for (position, keyword) in [self.words.argnames, self.words.argvalues, self.words.indirect].into_iter().enumerate() {
            let set = arguments.positional(position).or_else(|| arguments.keyword(keyword)).unwrap_or(EMPTY);
            self.store_values(id, Key::index(position as i64), set);
        }
        self.sets.one(id)
    }

    /// `pytest.param(…)`: the arguments of one test.
    pub fn made_row(&mut self, site: u32, arguments: &Arguments) -> Set {
        let positional = arguments.all.iter().filter(|argument| argument.keyword.is_none());
        let elements: Vec<Set> = positional.map(|argument| argument.set).collect();
        let id = self.tuple(site, &elements);
        self.fixtures.rows.insert(id);
        self.sets.one(id)
    }

    /// Keeps what a parametrization gives each parameter of a test, or of the tests of a class, which it gives back. What is `indirect` goes to
    /// fixtures, which may make anything of it.
    pub fn call_parametrization(&mut self, site: u32, wrapper: Id, arguments: &Arguments) -> Set {
        let decorated = arguments.positional(0).unwrap_or(EMPTY);
        let [names, values, indirect] = [0, 1, 2].map(|position| self.read_values(wrapper, Key::index(position)));
        let (names, is_bare) = self.parametrized(names);
        let (fixtures, _) = self.parametrized(indirect);
        let is_indirect = |name: &Str| indirect != EMPTY && (fixtures.is_empty() || fixtures.contains(name));
        let rows = self.iterate(site, values, false);
        for (function, definition) in self.tests_of(decorated) {
            for (position, parameter) in self.parameters(definition).iter().enumerate() {
                let Some(column) = names.iter().position(|name| *name == parameter.name && !is_indirect(name)) else { continue };
                let set = self.column(rows, column, is_bare);
                self.store_values(function, Key::handed(position), set);
            }
        }
        decorated
    }

    /// The functions among some values, and the tests of the classes among them.
    fn tests_of(&mut self, decorated: Set) -> Vec<(Id, u32)> {
        let mut found = Vec::new();
        for id in self.elements(decorated) {
            match self.values.get(id) {
                Value::Function { definition, .. } => found.push((id, definition)),
                Value::Class { origin: Origin::Statement(class), .. } => {
                    let definitions = &self.repository.definitions.all;
                    let is_test = |name: Str| self.resolver.strings.text(name).starts_with(TEST);
                    let methods = definitions.iter().filter(|definition| definition.parent == class && is_test(definition.name));
                    let names: Vec<Str> = methods.map(|method| method.name).collect();
                    for name in names {
                        let methods = self.read_values(id, Key::attribute(name));
                        found.extend(self.elements(methods).into_iter().filter_map(|method| match self.values.get(method) {
                            Value::Function { definition, .. } => Some((method, definition)),
                            _ => None,
                        }));
                    }
                }
                _ => {}
            }
        }
        found
    }

    /// The names in `"a, b"`, `("a", "b")` or `["a", "b"]`; and whether it is one in a text, for which values are listed as they are.
    fn parametrized(&mut self, names: Set) -> (Vec<Str>, bool) {
        let mut found = Vec::new();
        let mut is_text = false;
        for id in self.elements(names) {
            if let Value::Text(text) = self.values.get(id) {
                is_text = true;
                let text = self.resolver.strings.shared(text);
                let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
                found.extend(names.map(|name| self.resolver.strings.intern(name)));
            }
            for index in 0..self.lengths.get(&id).copied().unwrap_or(0) {
                let set = self.load_index(id, index as i64);
                found.extend(self.texts(set).first());
            }
        }
        let is_bare = is_text && found.len() == 1;
        (found, is_bare)
    }

    /// Runs the fixtures that nothing calls, those that others need first.
    pub fn enter_fixtures(&mut self, below: &Below, cancelled: &dyn Fn() -> bool) -> Result<(), OperatorError> {
        let mut seen = FxHashSet::default();
        let mut waiting: Vec<(Id, bool)> = self.fixtures.functions.iter().rev().map(|&function| (function, false)).collect();
        while let Some((function, is_ready)) = waiting.pop() {
            if is_ready {
                if !self.is_called(function) {
                    self.enter(function, &[], below);
                    self.settle(cancelled)?;
                }
            } else if seen.insert(function) {
                waiting.push((function, true));
                waiting.extend(self.needed(function, below).into_iter().map(|fixture| (fixture, false)));
            }
        }
        Ok(())
    }

    /// The fixtures of the repository that the parameters of a function name.
    fn needed(&mut self, function: Id, below: &Below) -> Vec<Id> {
        let Value::Function { definition, .. } = self.values.get(function) else { return Vec::new() };
        let parameters = self.parameters(definition);
        parameters.iter().flat_map(|parameter| self.nearest(function, definition, parameter.name, below)).collect()
    }

    /// Gives tests and fixtures what has become known since they were entered. Whether any had to be told.
    pub fn give_again(&mut self, below: &Below) -> bool {
        let mut is_more = false;
        for (function, unit) in self.fixtures.given.clone() {
            let Value::Function { definition, .. } = self.values.get(function) else { continue };
            self.asked = definition;
            let parameters = self.parameters(definition);
            let sets: Vec<Set> =
                parameters.iter().enumerate().map(|(at, known)| self.given(function, at, known.name, below).unwrap_or(EMPTY)).collect();
            is_more |= self.grow(unit, &sets);
        }
        is_more
    }

    /// Notes that an activation was given something by pytest, or may be.
    pub fn was_given(&mut self, function: Id, unit: u32) {
        self.fixtures.given.push((function, unit));
    }

    /// What pytest gives a parameter of a function; `None` if it is no test and no fixture, or pytest knows nothing of that name.
    pub fn given(&mut self, function: Id, position: usize, name: Str, below: &Below) -> Option<Set> {
        let Value::Function { definition, .. } = self.values.get(function) else { return None };
        let cell = self.cells.of_value(function, Key::handed(position));
        let listed = self.cells.peek(cell).0;
        if listed != EMPTY {
            return Some(listed);
        }
        if !self.is_filled(function, definition) {
            return None;
        }
        let fixtures = self.nearest(function, definition, name, below);
        if !fixtures.is_empty() {
            let mut made = EMPTY;
            for fixture in fixtures {
                let set = self.fixture_result(fixture);
                made = self.union(made, set);
            }
            return (made != EMPTY).then_some(made);
        }
        if !self.fixtures.functions.contains(&function) && !self.is_of_tests(definition) {
            return None;
        }
        match self.repository.outside.fixture(name)? {
            Ancestor::Builtin(class) => Some(self.literal(class)),
            Ancestor::External(class) => Some(self.one(Value::ExternalResult(class))),
            Ancestor::Class(_) => None,
        }
    }

    /// Whether pytest fills the parameters of a function, if it knows their names: it is a fixture, or is called like a test.
    pub fn is_filled(&self, function: Id, definition: u32) -> bool {
        let name = self.repository.definitions.get(definition).name;
        self.fixtures.functions.contains(&function) || self.resolver.strings.text(name).starts_with(TEST)
    }

    /// Whether a definition is in a file that pytest looks for tests in.
    fn is_of_tests(&self, definition: u32) -> bool {
        let file = self.file_of(definition);
        let path = self.resolver.strings.text(self.repository.files.files[file as usize].path);
        let name = path.rsplit('/').next().unwrap_or(path);
        name.starts_with(TEST_FILES.0) || name.ends_with(TEST_FILES.1)
    }

    /// What a fixture returned, or yielded, so far.
    fn fixture_result(&mut self, fixture: Id) -> Set {
        let Value::Function { definition, .. } = self.values.get(fixture) else { return EMPTY };
        let key = if self.repository.definitions.get(definition).is_generator { Key::YIELDED } else { Key::RETURNED };
        let mut found = EMPTY;
        for unit in self.activations(fixture) {
            let cell = self.cells.of(unit, key);
            let set = self.cells.peek(cell).0;
            found = self.union(found, set);
        }
        found
    }

    /// The fixtures of the repository that a function means by a name: of its class, its module, or the nearest `conftest.py`. A method runs for
    /// each class that inherits it, with the fixtures that this has.
    fn nearest(&mut self, function: Id, definition: u32, name: Str, below: &Below) -> Vec<Id> {
        if self.fixtures.known.is_empty() {
            return Vec::new();
        }
        let Some(&class) = self.class_of.get(&function) else {
            let fixture = self.fixture_among(Vec::new(), self.file_of(definition), name, function);
            return fixture.into_iter().collect();
        };
        let mut found = Vec::new();
        for class in self.heirs(class, self.repository.definitions.get(definition).name, below) {
            let order = self.order(class);
            let scope = |ancestor: &Ancestor| if let Ancestor::Class(id) = *ancestor { self.class_definition(id) } else { None };
            let scopes: Vec<u32> = order.ancestors.iter().filter_map(scope).collect();
            let file = self.file_of(scopes.first().copied().unwrap_or(definition));
            found.extend(self.fixture_among(scopes, file, name, function).filter(|fixture| !found.contains(fixture)));
        }
        found
    }

    /// The first fixture of a name in some scopes, then in a file and the `conftest.py` above it; a fixture does not mean itself.
    fn fixture_among(&mut self, mut scopes: Vec<u32>, file: u32, name: Str, function: Id) -> Option<Id> {
        scopes.push(file);
        let path = self.resolver.strings.shared(self.repository.files.files[file as usize].path);
        let mut folder = &path[..];
        while let Some((above, _)) = folder.trim_end_matches('/').rsplit_once('/').or((!folder.is_empty()).then_some(("", ""))) {
            folder = &path[..if above.is_empty() { 0 } else { above.len() + 1 }];
            scopes.extend(self.fixtures.shared.get(folder));
        }
        scopes.into_iter().find_map(|scope| self.fixture_of(scope, name).filter(|&fixture| fixture != function))
    }

    fn file_of(&self, definition: u32) -> u32 {
        self.repository.tree.file(self.repository.definitions.get(definition).node)
    }

    /// The fixture that a class or module defines, or a module imports, under a name.
    fn fixture_of(&mut self, scope: u32, name: Str) -> Option<Id> {
        if let Some(&fixture) = self.fixtures.known.get(&(scope, name)) {
            return Some(fixture);
        }
        let inner = self.repository.definitions.get(scope).inner;
        let (slot, unit) = (self.repository.bindings.slot(inner, name)?, self.module_unit(scope)?);
        let cell = self.cells.of(unit, Key::variable(slot));
        let values = self.cells.peek(cell).0;
        self.elements(values).into_iter().find(|value| self.fixtures.functions.contains(value))
    }
}
