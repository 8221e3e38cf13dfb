//! The names of `builtins` and the members of its types, as the parameters give them. What they return is not known here.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::operator::{OperatorError, Run};
use crate::resolve::sources::texts;
use crate::table::{Str, Strings};

pub struct Builtins {
    names: FxHashSet<Str>,
    /// The members of each type; none where the parameters do not tell types from functions.
    members: Option<FxHashMap<Str, FxHashSet<Str>>>,
}

impl Builtins {
    /// Parameters: `builtins`, the names; `builtin_members` (optional), the names of the members of each type, also of
    /// types that only literals have, such as `generator`. Without it every name of `builtins` may have every member.
    pub fn read(run: &mut Run<'_>) -> Result<Self, OperatorError> {
        let names = texts(run.parameters, "builtins")?;
        let mut members = None;
        if let Some(types) = run.parameters.get("builtin_members") {
            let wrong = || OperatorError::Parameter("`builtin_members` must map names of types to lists of texts".into());
            let mut of_types = FxHashMap::default();
            for name in types.as_object().ok_or_else(wrong)?.keys() {
                let of_type = texts(types, name)?;
                of_types.insert(run.strings.intern(name), intern(&of_type, run.strings));
            }
            members = Some(of_types);
        }
        Ok(Self { names: intern(&names, run.strings), members })
    }

    pub fn contains(&self, name: Str) -> bool {
        self.names.contains(&name)
    }

    pub fn is_type(&self, name: Str) -> bool {
        self.members.as_ref().is_some_and(|members| members.contains_key(&name))
    }

    /// Whether any builtin type has a member of that name: then the name alone says nothing.
    pub fn is_common(&self, name: Str) -> bool {
        self.members.as_ref().is_some_and(|members| members.values().any(|of_type| of_type.contains(&name)))
    }

    /// Whether a builtin type has a member.
    pub fn has(&self, of: Str, name: Str) -> bool {
        match &self.members {
            Some(members) => members.get(&of).is_some_and(|of_type| of_type.contains(&name)),
            None => self.names.contains(&of),
        }
    }
}

fn intern(texts: &[String], strings: &mut Strings) -> FxHashSet<Str> {
    texts.iter().map(|text| strings.intern(text)).collect()
}
