//! Modules that are imported by a call: `importlib.import_module` and `__import__`. Import statements are `statements.rs`.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::limits::Limit;
use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{EMPTY, Reason, Set, Value};
use crate::table::Str;

impl Machine<'_, '_> {
    /// What `importlib.import_module(name, package)` gives.
    pub fn imported_by_name(&mut self, site: u32, arguments: &Arguments) -> Set {
        let names = arguments.positional(0).or_else(|| arguments.keyword(self.words.name_)).unwrap_or(EMPTY);
        let packages = arguments.positional(1).or_else(|| arguments.keyword(self.words.package)).unwrap_or(EMPTY);
        let packages: Vec<String> = self.texts(packages).into_iter().map(|text| self.resolver.strings.text(text).to_owned()).collect();
        let mut modules = Vec::new();
        for name in self.texts(names) {
            let name = self.resolver.strings.text(name);
            if name.starts_with('.') {
                modules.extend(packages.iter().filter_map(|package| absolute(name, package)));
            } else {
                modules.push(name.to_owned());
            }
        }
        if modules.is_empty() {
            modules = self.modules_begun(site, &packages);
        }
        self.modules_named(site, names, &modules)
    }

    /// What `__name__` or `__package__` of the module around a node holds when that is imported.
    pub fn name_of_module(&mut self, node: u32, name: Str) -> Option<Str> {
        let known = &self.repository.files.files[self.repository.tree.file(node) as usize];
        if name == self.words.name || (name == self.words.package_ && known.is_package) {
            return Some(known.module);
        }
        if name != self.words.package_ {
            return None;
        }
        let package = self.resolver.strings.text(known.module).rsplit_once('.').map_or("", |(package, _)| package).to_owned();
        Some(self.resolver.strings.intern(&package))
    }

    /// What `sys.modules[name]` holds: modules of the repository.
    pub fn loaded_module(&mut self, site: u32, names: Set) -> Set {
        let file = self.repository.tree.file(site);
        let mut found = EMPTY;
        for name in self.texts(names) {
            let name = self.resolver.strings.text(name).to_owned();
            let targets = self.resolver.module_targets(file, &name);
            let set = self.target_values(targets);
            found = self.union(found, set);
        }
        found
    }

    /// The modules of the repository of whose name the call has the beginning and the end: `f"shop.backends.{name}"`.
    fn modules_begun(&mut self, site: u32, packages: &[String]) -> Vec<String> {
        let tree = &self.repository.tree;
        let name = if tree.kind(site) == Syntax::Call { tree.in_field(site, Field::Args).next() } else { None };
        let Some((beginning, ending)) = name.and_then(|name| Some((self.beginning(name)?, self.ending(name)))) else { return Vec::new() };
        let beginnings: Vec<String> = if beginning.starts_with('.') {
            packages.iter().filter_map(|package| absolute(&beginning, package)).collect()
        } else {
            vec![beginning]
        };
        let (repository, file) = (self.repository, self.repository.tree.file(site));
        let mut found: Vec<String> = Vec::new();
        for (package, begun) in beginnings.iter().filter_map(|beginning| beginning.rsplit_once('.')) {
            for place in repository.modules.absolute(&repository.files, self.resolver.strings, file, package) {
                let parts = repository.modules.between(place, begun, &ending);
                found.extend(parts.iter().map(|part| format!("{package}.{begun}{part}{ending}")));
            }
        }
        if found.len() > self.limits.values_per_set {
            self.reached(Limit::ValuesPerSet);
            return Vec::new();
        }
        found
    }

    /// What `__import__(name, globals, locals, fromlist, level)` gives: the module where something is to be taken from it, else its top package.
    pub fn imported_by_builtin(&mut self, site: u32, arguments: &Arguments) -> Set {
        let names = arguments.positional(0).or_else(|| arguments.keyword(self.words.name_)).unwrap_or(EMPTY);
        let taken = arguments.positional(3).or_else(|| arguments.keyword(self.words.fromlist)).unwrap_or(EMPTY);
        let takes = self.elements(taken).iter().any(|id| self.lengths.get(id) != Some(&0));
        let texts: Vec<String> = self.texts(names).into_iter().map(|text| self.resolver.strings.text(text).to_owned()).collect();
        let whole = self.modules_named(site, names, &texts);
        if takes {
            return whole;
        }
        let tops: Vec<String> = texts.iter().map(|name| name.split('.').next().unwrap_or(name).to_owned()).collect();
        self.modules_named(site, names, &tops)
    }

    fn modules_named(&mut self, site: u32, names: Set, modules: &[String]) -> Set {
        // What such a function gives back is useless unless its calls are told apart.
        let unit = self.state.unit;
        self.factories.insert(self.units[unit as usize].definition);
        let file = self.repository.tree.file(site);
        let mut found = EMPTY;
        for module in modules {
            let targets = self.resolver.module_targets(file, module);
            let set = self.target_values(targets);
            found = self.union(found, set);
        }
        let is_open = names == EMPTY || self.elements(names).iter().any(|&id| !matches!(self.values.get(id), Value::Text(_)));
        if found == EMPTY || is_open {
            let unknown = self.unknown(Reason::Dynamic);
            found = self.union(found, unknown);
        }
        found
    }
}

/// The absolute name of a relative one: one dot is the package itself, each further one the package above.
fn absolute(name: &str, package: &str) -> Option<String> {
    let rest = name.trim_start_matches('.');
    let mut base = package;
    for _ in 1..name.len() - rest.len() {
        base = base.rsplit_once('.')?.0;
    }
    Some(if rest.is_empty() { base.to_owned() } else { format!("{base}.{rest}") })
}

#[cfg(test)]
mod tests {
    use super::absolute;

    #[test]
    fn dots_go_up() {
        assert_eq!(absolute(".b", "a").as_deref(), Some("a.b"));
        assert_eq!(absolute("..b.c", "a.x").as_deref(), Some("a.b.c"));
        assert_eq!(absolute(".", "a.x").as_deref(), Some("a.x"));
        assert_eq!(absolute("..b", "a"), None);
    }
}
