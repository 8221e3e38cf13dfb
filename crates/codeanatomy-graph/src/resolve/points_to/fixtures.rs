//! What pytest gives the parameters of tests and fixtures that nothing else calls: what the nearest fixture of that name gives, and what
//! `parametrize` lists.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::operator::OperatorError;
use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::classes::Ancestor;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{Container, EMPTY, Id, Set, Value, Wrapper};
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
    functions: FxHashSet<Id>,
    /// The same, in the order in which they were found.
    in_order: Vec<Id>,
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
            self.add_fixtures(functions, EMPTY);
            return functions;
        }
        let id = self.make_wrapper(site, Wrapper::Fixture);
        let names = arguments.keyword(self.words.name_).unwrap_or(EMPTY);
        self.store_values(id, Key::attribute(self.words.name_), names);
        self.sets.one(id)
    }

    pub fn call_fixture(&mut self, wrapper: Id, arguments: &Arguments) -> Set {
        let names = self.read_values(wrapper, Key::attribute(self.words.name_));
        let functions = arguments.positional(0).unwrap_or(EMPTY);
        self.add_fixtures(functions, names);
        functions
    }

    fn add_fixtures(&mut self, functions: Set, names: Set) {
        for function in self.elements(functions) {
            let Value::Function { definition, .. } = self.values.get(function) else { continue };
            let definition = self.repository.definitions.get(definition);
            let name = self.texts(names).first().copied().unwrap_or(definition.name);
            self.fixtures.known.insert((definition.parent, name), function);
            if self.fixtures.functions.insert(function) {
                self.fixtures.in_order.push(function);
            }
        }
    }

    /// `pytest.mark.parametrize(names, values)`, to be called with a test.
    pub fn made_parametrization(&mut self, site: u32, arguments: &Arguments) -> Set {
        let id = self.make_wrapper(site, Wrapper::Parametrization);
        for (position, keyword) in ["argnames", "argvalues"].into_iter().enumerate() {
            let keyword = self.resolver.strings.intern(keyword);
            let set = arguments.positional(position).or_else(|| arguments.keyword(keyword)).unwrap_or(EMPTY);
            self.store_values(id, Key::index(position as i64), set);
        }
        self.sets.one(id)
    }

    /// `pytest.param(…)`: the arguments of one test.
    pub fn made_row(&mut self, site: u32, arguments: &Arguments) -> Set {
        let id = self.make(site, Container::Tuple);
        let positional = arguments.all.iter().filter(|argument| argument.keyword.is_none());
        for (position, argument) in positional.enumerate() {
            self.store_index(id, Key::index(position as i64), argument.set);
        }
        self.lengths.insert(id, arguments.count());
        self.fixtures.rows.insert(id);
        self.sets.one(id)
    }

    /// Keeps what a parametrization gives each parameter of a test, which it gives back.
    pub fn call_parametrization(&mut self, site: u32, wrapper: Id, arguments: &Arguments) -> Set {
        let decorated = arguments.positional(0).unwrap_or(EMPTY);
        let (names, values) = (self.read_values(wrapper, Key::index(0)), self.read_values(wrapper, Key::index(1)));
        let (names, is_bare) = self.parametrized(names);
        let rows = self.iterate(site, values, false);
        for function in self.elements(decorated) {
            let Value::Function { definition, .. } = self.values.get(function) else { continue };
            for (position, parameter) in self.parameters(definition).iter().enumerate() {
                let Some(column) = names.iter().position(|&name| name == parameter.name) else { continue };
                let mut set = EMPTY;
                for row in self.elements(rows) {
                    let is_row = !is_bare || self.fixtures.rows.contains(&row);
                    let one = if is_row { self.load_index(row, column as i64) } else { self.sets.one(row) };
                    set = self.union(set, one);
                }
                self.store_values(function, Key::handed(position), set);
            }
        }
        decorated
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
    pub fn enter_fixtures(&mut self, below: &FxHashMap<Id, Vec<Id>>, cancelled: &dyn Fn() -> bool) -> Result<(), OperatorError> {
        let mut seen = FxHashSet::default();
        let mut waiting: Vec<(Id, bool)> = self.fixtures.in_order.iter().rev().map(|&function| (function, false)).collect();
        while let Some((function, is_ready)) = waiting.pop() {
            if is_ready {
                if !self.is_called(function) {
                    self.enter(function, &[], below);
                    self.settle(cancelled)?;
                }
            } else if seen.insert(function) {
                waiting.push((function, true));
                waiting.extend(self.needed(function).into_iter().map(|fixture| (fixture, false)));
            }
        }
        Ok(())
    }

    /// The fixtures of the repository that the parameters of a function name.
    fn needed(&mut self, function: Id) -> Vec<Id> {
        let Value::Function { definition, .. } = self.values.get(function) else { return Vec::new() };
        let parameters = self.parameters(definition);
        parameters.iter().filter_map(|parameter| self.nearest(function, definition, parameter.name)).collect()
    }

    /// Gives tests and fixtures what has become known since they were entered. Whether any had to be told.
    pub fn give_again(&mut self) -> bool {
        let mut is_more = false;
        for (function, unit) in self.fixtures.given.clone() {
            let Value::Function { definition, .. } = self.values.get(function) else { continue };
            self.asked = definition;
            let parameters = self.parameters(definition);
            let sets: Vec<Set> =
                parameters.iter().enumerate().map(|(at, known)| self.given(function, at, known.name).unwrap_or(EMPTY)).collect();
            is_more |= self.grow(unit, &sets);
        }
        is_more
    }

    /// Notes that an activation was given something by pytest.
    pub fn was_given(&mut self, function: Id, unit: u32) {
        self.fixtures.given.push((function, unit));
    }

    /// What pytest gives a parameter of a function; `None` if it is no test and no fixture, or pytest knows nothing of that name.
    pub fn given(&mut self, function: Id, position: usize, name: Str) -> Option<Set> {
        let Value::Function { definition, .. } = self.values.get(function) else { return None };
        let cell = self.cells.of_value(function, Key::handed(position));
        let listed = self.cells.peek(cell).0;
        if listed != EMPTY {
            return Some(listed);
        }
        let (own, is_fixture) = (self.repository.definitions.get(definition).name, self.fixtures.functions.contains(&function));
        if !is_fixture && !self.resolver.strings.text(own).starts_with(TEST) {
            return None;
        }
        if let Some(fixture) = self.nearest(function, definition, name) {
            let made = self.fixture_result(fixture);
            return (made != EMPTY).then_some(made);
        }
        if !is_fixture && !self.is_of_tests(definition) {
            return None;
        }
        match self.repository.outside.fixture(name)? {
            Ancestor::Builtin(class) => Some(self.literal(class)),
            Ancestor::External(class) => Some(self.one(Value::ExternalResult(class))),
            Ancestor::Class(_) => None,
        }
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

    /// The fixture of the repository that a function means by a name: one of its class, its module, or the nearest `conftest.py`.
    fn nearest(&mut self, function: Id, definition: u32, name: Str) -> Option<Id> {
        if self.fixtures.known.is_empty() {
            return None;
        }
        let file = self.file_of(definition);
        let mut scopes = Vec::new();
        if let Some(&class) = self.class_of.get(&function) {
            for ancestor in &self.order(class).ancestors {
                if let Ancestor::Class(id) = *ancestor
                    && let Value::Class { definition, .. } = self.values.get(id)
                {
                    scopes.push(definition);
                }
            }
        }
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
