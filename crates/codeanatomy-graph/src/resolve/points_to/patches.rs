//! What tests put in the place of something for a while, by pytest's `MonkeyPatch`: whoever reads it may find what was put there.

use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{EMPTY, Set, Value};

const CLASS: &str = "pytest.MonkeyPatch";

impl Machine<'_, '_> {
    /// The effect of a method of `MonkeyPatch`; nothing of other calls.
    pub fn patched(&mut self, site: u32, name: &str, arguments: &Arguments) -> Option<Set> {
        let [target, names, value] = [0, 1, 2].map(|position| arguments.positional(position));
        match name.strip_prefix(CLASS)?.strip_prefix('.')? {
            "setattr" => match (target, names, value) {
                (Some(objects), Some(names), Some(value)) => self.stored_by_name(site, objects, names, value),
                (Some(paths), Some(value), None) => self.stored_by_path(site, paths, value),
                _ => {}
            },
            "setitem" => {
                for object in self.elements(target.unwrap_or(EMPTY)) {
                    self.store_item(object, names.unwrap_or(EMPTY), value.unwrap_or(EMPTY));
                }
            }
            "context" => {
                let class = self.resolver.strings.intern(CLASS);
                let classes = self.one(Value::External(class));
                let object = self.objects(classes);
                return Some(self.giving((site, self.state.unit), self.words.enter, object));
            }
            _ => return None,
        }
        Some(EMPTY)
    }

    /// `setattr("package.module.name", value)`; what is not a module on the way is an attribute.
    fn stored_by_path(&mut self, site: u32, paths: Set, value: Set) {
        let file = self.repository.tree.file(site);
        for path in self.texts(paths) {
            let path = self.resolver.strings.shared(path);
            let mut parts: Vec<&str> = path.split('.').collect();
            let Some(last) = parts.pop().map(|name| self.resolver.strings.intern(name)) else { continue };
            for end in (1..=parts.len()).rev() {
                let targets = self.resolver.module_targets(file, &parts[..end].join("."));
                let mut objects = self.target_values(targets);
                if objects == EMPTY {
                    continue;
                }
                for part in &parts[end..] {
                    let name = self.resolver.strings.intern(part);
                    objects = self.load_attributes(site, objects, name);
                }
                for object in self.elements(objects) {
                    self.store_attribute(site, object, last, value, false);
                }
                break;
            }
        }
    }
}
