//! The blocks of one code object while they are drawn from syntax, and what is left of them when it is done. It knows no statement.

use super::blocks::{Block, Edge, Graph, Way};

/// A node that is finished in a block, or that control only passes through there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item {
    pub node: u32,
    pub is_step: bool,
}

#[derive(Default)]
struct Room {
    items: Vec<Item>,
    ways: Vec<(Way, usize)>,
    handler: Option<usize>,
    exit: bool,
}

/// Drawing goes on at the end of one block, `here`.
pub struct Draft {
    rooms: Vec<Room>,
    /// In the order in which they were begun: that of the source, mostly.
    begun: Vec<usize>,
    here: usize,
}

impl Draft {
    /// With the entry, which is begun.
    pub fn new() -> Self {
        Self { rooms: vec![Room::default()], begun: vec![0], here: 0 }
    }

    /// A new block with the handler of the present one.
    pub fn block(&mut self) -> usize {
        self.rooms.push(Room { handler: self.handler(), ..Room::default() });
        self.rooms.len() - 1
    }

    /// Goes on in a block.
    pub fn begin(&mut self, block: usize) {
        self.begun.push(block);
        self.here = block;
    }

    /// Goes on where no way leads to, as behind a `return`, with a handler.
    pub fn begin_dead(&mut self, handler: Option<usize>) {
        let dead = self.block();
        self.rooms[dead].handler = handler;
        self.begin(dead);
    }

    pub fn handler(&self) -> Option<usize> {
        self.rooms[self.here].handler
    }

    /// Whatever comes next has its exceptions go to `handler`.
    pub fn protect(&mut self, handler: Option<usize>) {
        if self.handler() != handler {
            let next = self.block();
            self.rooms[next].handler = handler;
            self.go(Way::Next, next);
            self.begin(next);
        }
    }

    /// Has the exceptions of a block, which is not begun, go to `handler`.
    pub fn catch_in(&mut self, block: usize, handler: usize) {
        self.rooms[block].handler = Some(handler);
    }

    pub fn go(&mut self, way: Way, block: usize) {
        self.rooms[self.here].ways.push((way, block));
    }

    /// Both ways out of a condition, as two new blocks.
    pub fn split(&mut self) -> (usize, usize) {
        let (held, failed) = (self.block(), self.block());
        self.go(Way::True, held);
        self.go(Way::False, failed);
        (held, failed)
    }

    pub fn step(&mut self, node: u32) {
        self.step_in(self.here, node);
    }

    pub fn step_in(&mut self, block: usize, node: u32) {
        self.rooms[block].items.push(Item { node, is_step: true });
    }

    /// Control passes through `node`, which is not finished.
    pub fn pass(&mut self, node: u32) {
        self.rooms[self.here].items.push(Item { node, is_step: false });
    }

    /// Control leaves the code object.
    pub fn leave(&mut self) {
        self.rooms[self.here].exit = true;
    }

    /// An exception is raised, or goes on.
    pub fn raise(&mut self) {
        self.rooms[self.here].exit |= self.handler().is_none();
    }

    /// The blocks that the entry leads to, those that only lead to another left out and those that only follow one joined to it; a block
    /// is a range of the items.
    pub fn finish(mut self) -> (Graph, Vec<Item>) {
        self.skip_empty();
        self.join();
        let alive = self.reached();
        let order: Vec<usize> = self.begun.iter().copied().filter(|&block| alive[block]).collect();
        let mut numbers = vec![0; self.rooms.len()];
        order.iter().enumerate().for_each(|(number, &block)| numbers[block] = number);
        let (mut graph, mut items) = (Graph::default(), Vec::new());
        for (number, &block) in order.iter().enumerate() {
            let room = &mut self.rooms[block];
            let first = items.len();
            items.append(&mut room.items);
            let handler = room.handler.map(|handler| numbers[handler]);
            graph.blocks.push(Block { first, end: items.len(), handler, exit: room.exit });
            graph.edges.extend(room.ways.iter().map(|&(way, dst)| Edge { src: number, dst: numbers[dst], way }));
            graph.edges.extend(handler.map(|dst| Edge { src: number, dst, way: Way::Exception }));
        }
        graph.edges.sort_unstable();
        graph.edges.dedup();
        (graph, items)
    }

    /// Where a block does nothing but lead to another one.
    fn passes_to(&self, block: usize) -> Option<usize> {
        let room = &self.rooms[block];
        match room.ways[..] {
            [(Way::Next, next)] if block != 0 && room.items.is_empty() && !room.exit => Some(next),
            _ => None,
        }
    }

    /// Leads every way past the blocks in which nothing happens.
    fn skip_empty(&mut self) {
        let mut ends: Vec<Option<usize>> = vec![None; self.rooms.len()];
        for block in 0..self.rooms.len() {
            let (mut path, mut at) = (Vec::new(), block);
            let end = loop {
                if let Some(end) = ends[at] {
                    break end;
                }
                ends[at] = Some(at); // an endless loop in which nothing happens stays
                path.push(at);
                match self.passes_to(at) {
                    Some(next) => at = next,
                    None => break at,
                }
            };
            path.into_iter().for_each(|passed| ends[passed] = Some(end));
        }
        let end = |block: usize| ends[block].unwrap_or(block);
        for room in &mut self.rooms {
            room.ways.iter_mut().for_each(|(_, dst)| *dst = end(*dst));
            room.handler = room.handler.map(end);
        }
    }

    /// Which blocks the entry leads to.
    fn reached(&self) -> Vec<bool> {
        let (mut reached, mut waiting) = (vec![false; self.rooms.len()], vec![0]);
        while let Some(block) = waiting.pop() {
            if !std::mem::replace(&mut reached[block], true) {
                waiting.extend(self.rooms[block].ways.iter().map(|&(_, dst)| dst).chain(self.rooms[block].handler));
            }
        }
        reached
    }

    /// Joins each block with the one behind it, where neither has another way and both have the same handler.
    fn join(&mut self) {
        let alive = self.reached();
        let mut entries = vec![0; self.rooms.len()];
        for (room, _) in self.rooms.iter().zip(&alive).filter(|&(_, &alive)| alive) {
            room.ways.iter().map(|&(_, dst)| dst).chain(room.handler).for_each(|dst| entries[dst] += 1);
        }
        for at in 0..self.begun.len() {
            let block = self.begun[at];
            while let [(Way::Next, next)] = self.rooms[block].ways[..] {
                let (this, other) = (&self.rooms[block], &self.rooms[next]);
                if !alive[block] || entries[next] != 1 || next == block || this.exit || this.handler != other.handler {
                    break;
                }
                let Room { items, ways, exit, .. } = std::mem::take(&mut self.rooms[next]);
                let room = &mut self.rooms[block];
                room.items.extend(items);
                (room.ways, room.exit) = (ways, exit);
            }
        }
    }
}
