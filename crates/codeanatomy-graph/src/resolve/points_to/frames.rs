//! What is known of frames before anything runs: which variables live in one, which other frames see them, which node binds what.

use rustc_hash::FxHashMap;

use crate::resolve::kinds::Syntax;
use crate::resolve::names::Meaning;
use crate::resolve::resolver::{Repository, Resolver};
use crate::resolve::scopes::ScopeKind;
use crate::resolve::syntax::NONE;

/// A frame is what holds variables while code runs: that of a module, function or lambda. Class bodies and comprehensions run in the frame around them.
pub struct Frames {
    /// The scope that opens the frame of every scope.
    pub of_scope: Vec<u32>,
    /// The frame of every slot, and its place there.
    pub of_slot: Vec<u32>,
    pub local: Vec<u32>,
    /// Whether code of another frame may read a slot, and whether it may bind it.
    pub is_captured: Vec<bool>,
    pub is_bound_outside: Vec<bool>,
    /// The slots of frame `f` (a scope) are `order[starts[f]..starts[f + 1]]`.
    starts: Vec<u32>,
    order: Vec<u32>,
    /// The slots of scope `s` in the same form.
    scope_starts: Vec<u32>,
    scope_order: Vec<u32>,
    /// The number of the binding of every node that binds a name.
    binding_of: Vec<u32>,
    /// The number of the binding of an attribute that is written through an instance.
    pub store_of: FxHashMap<u32, u32>,
    /// The slot of every `Name`.
    slot_of_name: Vec<u32>,
}

impl Frames {
    pub fn read(resolver: &mut Resolver<'_>) -> Self {
        let repository = resolver.repository;
        let of_scope = frames_of_scopes(repository);
        let slots = &repository.bindings.slots;
        let of_slot: Vec<u32> = slots.iter().map(|slot| of_scope[slot.scope as usize]).collect();
        let (starts, order) = grouped(&of_slot, of_scope.len());
        let by_scope: Vec<u32> = slots.iter().map(|slot| slot.scope).collect();
        let (scope_starts, scope_order) = grouped(&by_scope, of_scope.len());
        let mut local = vec![0; slots.len()];
        for frame in 0..of_scope.len() {
            for place in starts[frame]..starts[frame + 1] {
                local[order[place as usize] as usize] = place - starts[frame];
            }
        }
        let is_module = |slot: usize| repository.scopes.scopes[of_slot[slot] as usize].kind == ScopeKind::Module;
        let mut frames = Self {
            is_captured: (0..slots.len()).map(is_module).collect(),
            is_bound_outside: vec![false; slots.len()],
            of_scope,
            of_slot,
            local,
            starts,
            order,
            scope_starts,
            scope_order,
            binding_of: vec![NONE; repository.tree.len()],
            store_of: FxHashMap::default(),
            slot_of_name: vec![NONE; repository.tree.len()],
        };
        frames.read_bindings(repository);
        frames.read_names(resolver);
        frames
    }

    fn read_bindings(&mut self, repository: &Repository) {
        for (number, binding) in repository.bindings.all.iter().enumerate() {
            if binding.instance {
                self.store_of.insert(binding.node, number as u32);
                continue;
            }
            self.binding_of[binding.node as usize] = number as u32;
            let scope = repository.scopes.of[binding.node as usize];
            if scope != NONE && self.of_scope[scope as usize] != self.of_slot[binding.slot as usize] {
                self.is_captured[binding.slot as usize] = true;
                self.is_bound_outside[binding.slot as usize] = true;
            }
        }
    }

    fn read_names(&mut self, resolver: &mut Resolver<'_>) {
        let repository = resolver.repository;
        for node in 0..repository.tree.len() as u32 {
            let scope = repository.scopes.of[node as usize];
            if repository.tree.kind(node) != Syntax::Name || scope == NONE {
                continue;
            }
            let key = repository.scopes.key(scope, repository.tree.name[node as usize]);
            let holder = repository.bindings.holder(&repository.scopes, scope, key);
            let Some(slot) = repository.bindings.slot(holder, key) else { continue };
            if self.of_slot[slot as usize] != self.of_scope[scope as usize] {
                self.is_captured[slot as usize] = true;
            }
            self.slot_of_name[node as usize] = slot;
        }
    }

    /// The variable that a `Name` means by its scopes; in a class body that of the body, bound or not.
    pub fn slot(&self, name: u32) -> Option<u32> {
        Some(self.slot_of_name[name as usize]).filter(|&slot| slot != NONE)
    }

    /// The binding of a node that binds a name.
    pub fn binding(&self, node: u32) -> Option<u32> {
        Some(self.binding_of[node as usize]).filter(|&binding| binding != NONE)
    }

    /// The variables of a frame, by their places.
    pub fn slots(&self, frame: u32) -> &[u32] {
        &self.order[self.starts[frame as usize] as usize..self.starts[frame as usize + 1] as usize]
    }

    /// The variables of a scope.
    pub fn of_own_scope(&self, scope: u32) -> &[u32] {
        &self.scope_order[self.scope_starts[scope as usize] as usize..self.scope_starts[scope as usize + 1] as usize]
    }
}

/// What a name means outside the class body that it stands in.
pub fn meaning_outside(resolver: &mut Resolver<'_>, class: u32, node: u32) -> Meaning {
    let repository = resolver.repository;
    let key = repository.scopes.key(repository.scopes.of[node as usize], repository.tree.name[node as usize]);
    let holder = resolver.outside_class(class, key);
    resolver.meaning_in(holder, key, repository.tree.name[node as usize])
}

fn frames_of_scopes(repository: &Repository) -> Vec<u32> {
    let scopes = &repository.scopes.scopes;
    let mut frames = vec![NONE; scopes.len()];
    for scope in 0..scopes.len() {
        // The scope around one comes before it.
        frames[scope] = match scopes[scope].kind {
            ScopeKind::Module | ScopeKind::Function | ScopeKind::Lambda => scope as u32,
            _ => frames[scopes[scope].parent as usize],
        };
    }
    frames
}

/// Numbers grouped by key: starts and order.
fn grouped(keys: &[u32], count: usize) -> (Vec<u32>, Vec<u32>) {
    let mut starts = vec![0u32; count + 1];
    for &key in keys {
        starts[key as usize + 1] += 1;
    }
    for key in 0..count {
        starts[key + 1] += starts[key];
    }
    let mut next = starts.clone();
    let mut order = vec![0; keys.len()];
    for (number, &key) in keys.iter().enumerate() {
        order[next[key as usize] as usize] = number as u32;
        next[key as usize] += 1;
    }
    (starts, order)
}
