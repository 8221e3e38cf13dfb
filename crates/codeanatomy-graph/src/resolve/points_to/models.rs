//! The parts of the standard library whose effect is declared, found where they are files of the repository themselves: there, too, the
//! declared effect stands for their source. What the effects are is `outside.rs`.

use rustc_hash::FxHashMap;

use crate::resolve::definitions::DefinitionKind;
use crate::resolve::points_to::calls::Arguments;
use crate::resolve::points_to::cell::Key;
use crate::resolve::points_to::found::{Maker, Via};
use crate::resolve::points_to::machine::Machine;
use crate::resolve::points_to::value::{EMPTY, Id, Reason, Set, Value};
use crate::resolve::resolver::{Repository, Target};
use crate::table::{Str, Strings};

/// A module of the standard library, a name that tells it from another of the same name, and what is declared of it.
struct Model {
    module: &'static str,
    mark: &'static str,
    names: &'static [&'static str],
}

const MODELS: &[Model] = &[
    Model {
        module: "functools",
        mark: "WRAPPER_ASSIGNMENTS",
        names: &["cache", "cached_property", "lru_cache", "partial", "partialmethod", "update_wrapper", "wraps"],
    },
    Model { module: "collections", mark: "ChainMap", names: &["namedtuple"] },
    Model { module: "typing", mark: "TYPE_CHECKING", names: &["NamedTuple"] },
    Model { module: "importlib", mark: "invalidate_caches", names: &["import_module"] },
];

/// Definitions of the repository by what is declared of them.
#[derive(Default)]
pub struct Modelled {
    names: FxHashMap<u32, Str>,
    /// `functools.update_wrapper`, which `wraps` calls.
    update_wrapper: Option<u32>,
    /// `functools.cached_property.__get__`.
    cached_get: Option<u32>,
    /// `enum.Enum`; a copy of the library may have another one.
    pub enumerations: Vec<u32>,
}

impl Modelled {
    pub fn read(repository: &Repository, strings: &mut Strings) -> Self {
        let mut result = Self::default();
        for (file, known) in repository.files.files.iter().enumerate() {
            let module = strings.text(known.module).rsplit('.').next().unwrap_or_default().to_owned();
            let model = MODELS.iter().find(|model| model.module == module);
            if model.is_none() && module != "enum" {
                continue;
            }
            let (definitions, file) = (&repository.definitions, file as u32);
            let own = || definitions.of_file(file).iter().copied().filter(|&own| definitions.get(own).parent == file);
            let has = |mark: &str| own().any(|own| strings.text(definitions.get(own).name) == mark);
            if module == "enum" && has("EnumType") {
                let is_enum =
                    |own: &u32| definitions.get(*own).kind == DefinitionKind::Class && strings.text(definitions.get(*own).name) == "Enum";
                result.enumerations.extend(own().find(is_enum));
            }
            let Some(model) = model.filter(|model| has(model.mark)) else { continue };
            for definition in own() {
                let name = strings.text(definitions.get(definition).name).to_owned();
                if definitions.get(definition).kind.is_code() && model.names.contains(&name.as_str()) {
                    result.names.insert(definition, strings.intern(&format!("{module}.{name}")));
                    if name == "update_wrapper" {
                        result.update_wrapper = Some(definition);
                    }
                    if name == "cached_property" {
                        let of_class =
                            |own: &u32| definitions.get(*own).parent == definition && strings.text(definitions.get(*own).name) == "__get__";
                        result.cached_get = definitions.of_file(file).iter().copied().find(of_class);
                    }
                }
            }
        }
        result
    }
}

impl Machine<'_, '_> {
    /// What calling a function of the repository does whose effect is declared.
    pub fn modelled_function(&mut self, site: u32, definition: u32, arguments: &Arguments) -> Option<Set> {
        let name = *self.modelled.names.get(&definition)?;
        Some(self.effect(site, name, arguments))
    }

    /// The same of a class. The methods that make its objects run.
    pub fn modelled_class(&mut self, site: u32, class: Id, definition: u32, arguments: &Arguments) -> Option<Set> {
        let name = *self.modelled.names.get(&definition)?;
        for (method, maker) in [(self.words.new, Maker::New), (self.words.init, Maker::Init)] {
            for target in self.class_targets(class, method, None, true) {
                self.found.call(site, Via::Constructor(maker), target);
            }
        }
        Some(self.effect(site, name, arguments))
    }

    /// Notes that `wraps(f)(g)` runs `update_wrapper`.
    fn wrapper_updated(&mut self, site: u32, via: Via) {
        if let Some(definition) = self.modelled.update_wrapper {
            self.found.call(site, via, Target::Definition(definition));
        }
    }

    /// Notes that asking for a cached property runs its `__get__`.
    pub fn cached_property_got(&mut self, site: u32) {
        if let Some(definition) = self.modelled.cached_get {
            self.found.call(site, Via::Attribute, Target::Definition(definition));
        }
    }

    /// `wraps(f)(g)` is `g`, which knows what it wraps.
    pub fn wraps(&mut self, site: u32, wrapped: Set, arguments: &Arguments, via: Via) -> Set {
        self.wrapper_updated(site, via);
        let wrapper = arguments.positional(0).unwrap_or(EMPTY);
        self.updated(wrapper, wrapped)
    }

    /// What `functools.update_wrapper` gives back: wrappers that know what they wrap.
    pub fn updated(&mut self, wrappers: Set, wrapped: Set) -> Set {
        for id in self.elements(wrappers) {
            if matches!(self.values.get(id), Value::Function { .. }) {
                self.store_values(id, Key::attribute(self.words.wrapped), wrapped);
            }
        }
        wrappers
    }

    /// Calls what a call of an external name gave: a decorator that gives back what it decorates.
    pub fn call_external_result(&mut self, name: Str, arguments: &Arguments) -> Set {
        if matches!(self.resolver.strings.text(name), "functools.lru_cache" | "dataclasses.dataclass") {
            return arguments.positional(0).unwrap_or(EMPTY);
        }
        self.unknown(Reason::ExternalResult)
    }
}
