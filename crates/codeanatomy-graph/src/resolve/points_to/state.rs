//! The state of one activation while its body is interpreted: variables at a point of the program, and how branches join.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::resolve::points_to::value::{EMPTY, Id, Set, Sets};

/// What a variable holds at a point, and which bindings gave it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Held {
    pub values: Set,
    pub bindings: Set,
}

pub const UNBOUND: Held = Held { values: EMPTY, bindings: EMPTY };

/// What a path changed since a mark, and whether it goes on.
#[derive(Clone, Debug, Default)]
pub struct Delta {
    pub is_live: bool,
    pub changes: Vec<(u32, Held)>,
}

/// A loop around the current statement: where its states begin, and the paths that leave it or start it anew.
#[derive(Default)]
pub struct Loop {
    pub mark: usize,
    pub breaks: Vec<Delta>,
    pub continues: Vec<Delta>,
}

/// One activation. Variables are numbered as in their frame; behind them come fields of objects that are written here alone.
pub struct State {
    pub unit: u32,
    /// The scope that opened the frame.
    pub frame: u32,
    pub is_live: bool,
    held: Vec<Held>,
    journal: Vec<(u32, Held)>,
    stamps: Vec<u32>,
    stamp: u32,
    /// Variables whose values other frames have not seen.
    pub unseen: Vec<u32>,
    pub loops: Vec<Loop>,
    /// Everything bound since a `try` began: an exception may have left any of it.
    pub attempts: Vec<FxHashMap<u32, Held>>,
    /// What the handlers around the current statement handle.
    pub handled: Vec<Set>,
    /// Annotations that wait for the end of the frame.
    pub postponed: Vec<u32>,
    /// The classes whose bodies are being run.
    pub classes: Vec<Id>,
    pub fields: FxHashMap<u32, u32>,
    /// The calls of the present expression that are open, and all to which it has led without another activation.
    pub open: usize,
    pub calls: usize,
    /// The objects whose fields have been filled since the outermost one of them began to be.
    pub filled: FxHashSet<Id>,
    variables: usize,
}

impl State {
    pub fn new(unit: u32, frame: u32, variables: usize) -> Self {
        Self {
            unit,
            frame,
            is_live: true,
            held: vec![UNBOUND; variables],
            journal: Vec::new(),
            stamps: vec![0; variables],
            stamp: 0,
            unseen: Vec::new(),
            loops: Vec::new(),
            attempts: Vec::new(),
            handled: Vec::new(),
            postponed: Vec::new(),
            classes: Vec::new(),
            fields: FxHashMap::default(),
            open: 0,
            calls: 0,
            filled: FxHashSet::default(),
            variables,
        }
    }

    pub fn get(&self, place: u32) -> Held {
        self.held[place as usize]
    }

    /// The place of a field; new ones hold nothing.
    pub fn field(&mut self, cell: u32) -> u32 {
        let next = self.held.len() as u32;
        let place = *self.fields.entry(cell).or_insert(next);
        if place == next {
            self.held.push(UNBOUND);
            self.stamps.push(0);
        }
        place
    }

    pub fn set(&mut self, place: u32, held: Held, sets: &mut Sets<Id>, bindings: &mut Sets<u32>) {
        if let Some(attempt) = self.attempts.last_mut() {
            let seen = attempt.entry(place).or_insert(held);
            *seen = joined(*seen, held, sets, bindings);
        }
        self.put(place, held);
    }

    fn put(&mut self, place: u32, held: Held) {
        self.journal.push((place, self.held[place as usize]));
        self.held[place as usize] = held;
        if (place as usize) < self.variables {
            self.unseen.push(place);
        }
    }

    pub fn mark(&self) -> usize {
        self.journal.len()
    }

    /// What changed since a mark; nothing is undone.
    pub fn since(&mut self, mark: usize) -> Delta {
        self.stamp += 1;
        let mut changes = Vec::new();
        if self.is_live {
            for &(place, _) in &self.journal[mark..] {
                if self.stamps[place as usize] != self.stamp {
                    self.stamps[place as usize] = self.stamp;
                    changes.push((place, self.held[place as usize]));
                }
            }
        }
        Delta { is_live: self.is_live, changes }
    }

    /// What changed since a mark, undone; the path is alive again.
    pub fn take(&mut self, mark: usize) -> Delta {
        let delta = self.since(mark);
        while self.journal.len() > mark {
            let (place, held) = self.journal.pop().expect("a change behind the mark");
            self.held[place as usize] = held;
            if (place as usize) < self.variables {
                self.unseen.push(place);
            }
        }
        self.is_live = true;
        delta
    }

    /// Goes on where several paths meet; each began at the present state.
    pub fn join(&mut self, paths: &[Delta], sets: &mut Sets<Id>, bindings: &mut Sets<u32>) {
        let live: Vec<&Delta> = paths.iter().filter(|path| path.is_live).collect();
        self.is_live = !live.is_empty();
        if let [path] = live[..] {
            for &(place, held) in &path.changes {
                self.put(place, held);
            }
            return;
        }
        let mut merged: FxHashMap<u32, (usize, Held)> = FxHashMap::default();
        let mut order = Vec::new();
        for path in &live {
            for &(place, held) in &path.changes {
                let entry = merged.entry(place).or_insert_with(|| {
                    order.push(place);
                    (0, UNBOUND)
                });
                *entry = (entry.0 + 1, joined(entry.1, held, sets, bindings));
            }
        }
        for place in order {
            let (count, held) = merged[&place];
            let held = if count < live.len() { joined(held, self.held[place as usize], sets, bindings) } else { held };
            self.put(place, held);
        }
    }

    /// Adds to the present state what some places may also hold. Says whether anything is new.
    pub fn add(&mut self, changes: &[(u32, Held)], sets: &mut Sets<Id>, bindings: &mut Sets<u32>) -> bool {
        let mut is_new = false;
        for &(place, held) in changes {
            let before = self.held[place as usize];
            let after = joined(before, held, sets, bindings);
            if after != before {
                self.put(place, after);
                is_new = true;
            }
        }
        is_new
    }
}

pub fn joined(one: Held, two: Held, sets: &mut Sets<Id>, bindings: &mut Sets<u32>) -> Held {
    Held { values: sets.union(one.values, two.values), bindings: bindings.union(one.bindings, two.bindings) }
}

/// The changes that an attempt gathered, in order of their places.
pub fn gathered(attempt: &FxHashMap<u32, Held>) -> Vec<(u32, Held)> {
    let mut changes: Vec<(u32, Held)> = attempt.iter().map(|(&place, &held)| (place, held)).collect();
    changes.sort_unstable_by_key(|&(place, _)| place);
    changes
}
