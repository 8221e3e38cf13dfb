//! Functions that are given the name of an attribute. What they read or store is told apart by that name or not at all.

use crate::resolve::kinds::{Field, Syntax};
use crate::resolve::points_to::words::Words;
use crate::resolve::resolver::Repository;

/// The functions that hand a parameter to `setattr` or `getattr` as the name.
pub fn given_names<'r>(repository: &'r Repository, words: &Words) -> impl Iterator<Item = u32> + 'r {
    let tree = &repository.tree;
    let callables = [words.setattr, words.getattr_];
    let is_naming = move |&node: &u32| {
        tree.kind(node) == Syntax::Call
            && tree
                .child(node, Field::Func)
                .is_some_and(|callee| tree.kind(callee) == Syntax::Name && callables.contains(&tree.name[callee as usize]))
    };
    (0..tree.len() as u32).filter(is_naming).filter_map(move |node| {
        let name = tree.in_field(node, Field::Args).nth(1).filter(|&name| tree.kind(name) == Syntax::Name)?;
        let definition = repository.owner(node);
        has_parameter(repository, definition, name).then_some(definition)
    })
}

fn has_parameter(repository: &Repository, definition: u32, name: u32) -> bool {
    let tree = &repository.tree;
    let node = repository.definitions.get(definition).node;
    let arguments = tree.children(node).filter(|&child| tree.kind(child) == Syntax::Arguments);
    let mut parameters = arguments.flat_map(|arguments| tree.children(arguments)).filter(|&child| tree.kind(child) == Syntax::Arg);
    parameters.any(|parameter| tree.name[parameter as usize] == tree.name[name as usize])
}
