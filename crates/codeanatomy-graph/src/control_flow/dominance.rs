//! Dominators, post-dominators and control dependence of the blocks of one code object. It decides nothing about instructions.
//!
//! Dominators by the semi-NCA algorithm of Georgiadis and Tarjan ("Finding dominators revisited", 2004), which does not slow down where
//! thousands of blocks lead to one handler; control dependence after Ferrante, Ottenstein and Warren (1987). Post-dominators are dominators of the reversed graph, from an exit that every block that leaves the code object
//! leads to, and the first block of every endless loop.

use super::blocks::{Edge, Graph, Successors};

/// No block.
const NONE: usize = usize::MAX;

/// What the blocks of a code object say of each other.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Dominance {
    /// (immediate dominator, block).
    pub dominates: Vec<(usize, usize)>,
    /// (immediate post-dominator, block).
    pub post_dominates: Vec<(usize, usize)>,
    /// Block `dst` runs or not by the way that control leaves `src`.
    pub controls: Vec<Edge>,
}

pub fn dominance(graph: &Graph) -> Dominance {
    let count = graph.blocks.len();
    let forward = Successors::new(count, graph.edges.iter().map(|edge| (edge.src, edge.dst)));
    let over = immediate(&forward, &forward.reversed(&[]), 0);
    let backward = forward.reversed(&exits(graph, &forward));
    let under = immediate(&backward, &backward.reversed(&[]), count);
    let pairs = |tree: &[usize]| {
        let known = (0..count).map(|block| (tree[block], block));
        known.filter(|&(above, block)| above < count && above != block).collect()
    };
    let is_reached: Vec<bool> = (0..count).map(|block| over[block] != NONE).collect();
    Dominance { dominates: pairs(&over), post_dominates: pairs(&under), controls: controls(graph, &under, &is_reached) }
}

/// The immediate dominator of every block that `root` reaches; of `root` itself, `root`; of others, none.
fn immediate(successors: &Successors, predecessors: &Successors, root: usize) -> Vec<usize> {
    let (order, parents) = preorder(successors, root);
    let mut number = vec![NONE; successors.len()];
    order.iter().enumerate().for_each(|(at, &block)| number[block] = at);
    let mut above = parents.clone();
    let mut paths = Paths { parents, lowest: (0..order.len()).collect(), semis: (0..order.len()).collect(), open: Vec::new() };
    for at in (1..order.len()).rev() {
        let known = predecessors.of(order[at]).iter().map(|&before| number[before]).filter(|&before| before != NONE);
        let semi = known.fold(paths.parents[at], |semi, before| semi.min(paths.semi(before, at)));
        paths.semis[at] = semi;
    }
    for at in 1..order.len() {
        while above[at] > paths.semis[at] {
            above[at] = above[above[at]];
        }
    }
    let mut immediate = vec![NONE; successors.len()];
    order.iter().zip(&above).for_each(|(&block, &at)| immediate[block] = order[at]);
    immediate
}

/// The paths of a depth-first tree down to what is not done yet, shortened as they are asked for. Numbers are those of the tree's preorder.
struct Paths {
    parents: Vec<usize>,
    /// The one with the lowest semidominator on the shortened path up to each.
    lowest: Vec<usize>,
    semis: Vec<usize>,
    open: Vec<usize>,
}

impl Paths {
    /// The lowest semidominator on the path from `from` up to what is numbered up to `undone`.
    fn semi(&mut self, from: usize, undone: usize) -> usize {
        let mut at = from;
        while self.parents[at] > undone {
            self.open.push(at);
            at = self.parents[at];
        }
        while let Some(below) = self.open.pop() {
            if self.semis[self.lowest[at]] < self.semis[self.lowest[below]] {
                self.lowest[below] = self.lowest[at];
            }
            self.parents[below] = self.parents[at];
            at = below;
        }
        self.semis[self.lowest[at]]
    }
}

/// What `root` reaches, depth first, and for each the place in that order of the one that it was reached from.
fn preorder(successors: &Successors, root: usize) -> (Vec<usize>, Vec<usize>) {
    let (mut order, mut parents, mut seen) = (vec![root], vec![0], vec![false; successors.len()]);
    let mut open = vec![(0, 0)];
    seen[root] = true;
    while let Some((at, next)) = open.last_mut() {
        let Some(&after) = successors.of(order[*at]).get(*next) else {
            open.pop();
            continue;
        };
        *next += 1;
        if !std::mem::replace(&mut seen[after], true) {
            parents.push(*at);
            open.push((order.len(), 0));
            order.push(after);
        }
    }
    (order, parents)
}

/// What `root` reaches and nobody has seen, each block behind what it leads to.
fn postorder(successors: &Successors, root: usize, seen: &mut [bool]) -> Vec<usize> {
    let mut order = Vec::new();
    let mut open = vec![(root, 0)];
    seen[root] = true;
    while let Some((block, next)) = open.last_mut() {
        match successors.of(*block).get(*next) {
            Some(&after) => {
                *next += 1;
                if !seen[after] {
                    seen[after] = true;
                    open.push((after, 0));
                }
            }
            None => {
                order.push(*block);
                open.pop();
            }
        }
    }
    order
}

/// The blocks that lead to the common exit: those that leave the code object, and the first block of every endless loop.
fn exits(graph: &Graph, forward: &Successors) -> Vec<usize> {
    let count = graph.blocks.len();
    let backward = forward.reversed(&[]);
    let mut exits: Vec<usize> = (0..count).filter(|&block| graph.blocks[block].exit || forward.of(block).is_empty()).collect();
    let mut leads_out = vec![false; count];
    exits.iter().for_each(|&exit| reach(&backward, exit, &mut leads_out));
    if leads_out.iter().all(|&leads| leads) {
        return exits;
    }
    let component = components(forward, &backward);
    let mut left = vec![false; count];
    for block in 0..count {
        if forward.of(block).iter().any(|&target| component[target] != component[block]) {
            left[component[block]] = true;
        }
    }
    let mut found = vec![false; count];
    for block in (0..count).filter(|&block| !leads_out[block]) {
        let component = component[block];
        if !left[component] && !std::mem::replace(&mut found[component], true) {
            exits.push(block);
        }
    }
    exits
}

fn reach(successors: &Successors, from: usize, seen: &mut [bool]) {
    let mut waiting = vec![from];
    while let Some(block) = waiting.pop() {
        if !std::mem::replace(&mut seen[block], true) {
            waiting.extend(successors.of(block));
        }
    }
}

/// The strongly connected component of each block, by one of its blocks (Kosaraju).
fn components(forward: &Successors, backward: &Successors) -> Vec<usize> {
    let mut seen = vec![false; forward.len()];
    let mut order = Vec::new();
    for block in 0..forward.len() {
        if !seen[block] {
            order.extend(postorder(forward, block, &mut seen));
        }
    }
    let mut component = vec![NONE; forward.len()];
    for &block in order.iter().rev() {
        let mut waiting = vec![block];
        while let Some(other) = waiting.pop() {
            if component[other] == NONE {
                component[other] = block;
                waiting.extend(backward.of(other));
            }
        }
    }
    component
}

/// For every way out of a block, the blocks that it makes sure of and the block itself does not.
fn controls(graph: &Graph, under: &[usize], is_reached: &[bool]) -> Vec<Edge> {
    let mut found = Vec::new();
    for edge in graph.edges.iter().filter(|edge| is_reached[edge.src]) {
        let mut block = edge.dst;
        while block < graph.blocks.len() && block != under[edge.src] {
            found.push(Edge { src: edge.src, dst: block, way: edge.way });
            block = under[block];
        }
    }
    found.sort_unstable();
    found.dedup();
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control_flow::blocks::{Block, Way};

    /// A graph of `count` blocks; those in `exits` leave the code object.
    fn graph(count: usize, edges: &[(usize, usize, Way)], exits: &[usize]) -> Graph {
        let blocks = (0..count).map(|block| Block { first: block, end: block + 1, handler: None, exit: exits.contains(&block) }).collect();
        let mut edges: Vec<Edge> = edges.iter().map(|&(src, dst, way)| Edge { src, dst, way }).collect();
        edges.sort_unstable();
        edges.dedup();
        Graph { blocks, edges }
    }

    fn controls(found: &Dominance) -> Vec<(usize, Way, usize)> {
        found.controls.iter().map(|edge| (edge.src, edge.way, edge.dst)).collect()
    }

    #[test]
    fn a_loop_with_a_branch_in_it() {
        use Way::{False, Next, True};
        // 0: for, 1: if, 2: then, 3: else, 4: end of the body, 5: behind the loop.
        let edges = [(0, 1, True), (0, 5, False), (1, 2, True), (1, 3, False), (2, 4, Next), (3, 4, Next), (4, 0, Next)];
        let found = dominance(&graph(6, &edges, &[5]));
        assert_eq!(found.dominates, [(0, 1), (1, 2), (1, 3), (1, 4), (0, 5)]);
        assert_eq!(found.post_dominates, [(5, 0), (4, 1), (4, 2), (4, 3), (0, 4)]);
        assert_eq!(controls(&found), [(0, True, 0), (0, True, 1), (0, True, 4), (1, True, 2), (1, False, 3)]);
    }

    #[test]
    fn an_endless_loop_ends_in_its_first_block() {
        use Way::{False, Next, True};
        let found = dominance(&graph(5, &[(0, 1, True), (0, 4, False), (1, 2, Next), (2, 3, Next), (3, 1, Next)], &[4]));
        assert_eq!(found.post_dominates, [(3, 2), (1, 3)]);
        assert_eq!(controls(&found), [(0, True, 1), (0, False, 4), (1, Next, 1), (1, Next, 2), (1, Next, 3)]);
    }

    /// Thirty thousand blocks, each of which leads to the next one and to one handler.
    #[test]
    fn a_huge_body_under_one_handler() {
        let (count, last) = (30_000, 29_999);
        let ways = (0..last).flat_map(|block| [(block, last, Way::Exception), (block, (block + 1).min(last - 1), Way::Next)]);
        let edges: Vec<(usize, usize, Way)> = ways.collect();
        let found = dominance(&graph(count, &edges, &[last]));
        assert_eq!(found.dominates.len(), last);
        assert!(found.dominates[..last - 1].iter().all(|&(above, block)| above + 1 == block));
        assert_eq!(found.dominates[last - 1], (0, last));
        assert_eq!(found.post_dominates.len(), last);
        assert!(found.post_dominates.iter().all(|&(above, _)| above == last));
    }

    /// Numbers that are the same on every run (Marsaglia's xorshift).
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, limit: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % limit as u64) as usize
        }
    }

    fn random(numbers: &mut Numbers) -> Graph {
        let count = 1 + numbers.below(14);
        let edges: Vec<(usize, usize, Way)> = (0..numbers.below(3 * count))
            .map(|_| (numbers.below(count), numbers.below(count), Way::ALL[numbers.below(Way::ALL.len())]))
            .collect();
        let exits: Vec<usize> = (0..numbers.below(3)).map(|_| numbers.below(count)).collect();
        graph(count, &edges, &exits)
    }

    /// What `from` reaches without passing through `without`.
    fn reached(successors: &[Vec<usize>], from: usize, without: usize) -> Vec<bool> {
        let mut seen = vec![false; successors.len()];
        if without < seen.len() {
            seen[without] = true;
        }
        let mut waiting = vec![from];
        while let Some(block) = waiting.pop() {
            if !std::mem::replace(&mut seen[block], true) {
                waiting.extend(&successors[block]);
            }
        }
        if without < seen.len() {
            seen[without] = false;
        }
        seen
    }

    /// `dominators[a][b]`: every way from `root` to `b` passes `a`; by leaving `a` out.
    fn dominators(successors: &[Vec<usize>], root: usize) -> Vec<Vec<bool>> {
        let all = reached(successors, root, NONE);
        let over = |block| {
            let without = reached(successors, root, block);
            (0..successors.len()).map(|other| all[block] && all[other] && !without[other]).collect()
        };
        (0..successors.len()).map(over).collect()
    }

    /// Of the blocks that dominate one, the one that all others dominate too.
    fn nearest(dominators: &[Vec<bool>], block: usize) -> Option<usize> {
        let strict: Vec<usize> = (0..dominators.len()).filter(|&other| other != block && dominators[other][block]).collect();
        strict.iter().copied().find(|&near| strict.iter().all(|&other| dominators[other][near]))
    }

    /// The reversed graph with the common exit as its last block.
    fn reversed(graph: &Graph) -> Vec<Vec<usize>> {
        let count = graph.blocks.len();
        let (mut forward, mut backward) = (vec![Vec::new(); count], vec![Vec::new(); count + 1]);
        for edge in &graph.edges {
            forward[edge.src].push(edge.dst);
            backward[edge.dst].push(edge.src);
        }
        let ways: Vec<Vec<bool>> = (0..count).map(|block| reached(&forward, block, NONE)).collect();
        let leaves = |block: usize| graph.blocks[block].exit || forward[block].is_empty();
        for (block, reaches) in ways.iter().enumerate() {
            let reachable: Vec<usize> = (0..count).filter(|&other| reaches[other]).collect();
            let is_endless = reachable.iter().all(|&other| !leaves(other) && ways[other][block]);
            if leaves(block) || (is_endless && reachable[0] == block) {
                backward[count].push(block);
            }
        }
        backward
    }

    #[test]
    fn random_graphs_agree_with_the_definitions() {
        let mut numbers = Numbers(0x9E37_79B9_7F4A_7C15);
        let mut seen = (0, 0, 0);
        for _ in 0..2_000 {
            let graph = random(&mut numbers);
            let count = graph.blocks.len();
            let mut forward = vec![Vec::new(); count];
            graph.edges.iter().for_each(|edge| forward[edge.src].push(edge.dst));
            let (over, under) = (dominators(&forward, 0), dominators(&reversed(&graph), count));
            let pairs = |of: &[Vec<bool>]| -> Vec<(usize, usize)> {
                (0..count).filter_map(|block| Some((nearest(of, block).filter(|&near| near < count)?, block))).collect()
            };
            let mut controls = Vec::new();
            for &edge in graph.edges.iter().filter(|edge| over[0][edge.src]) {
                let controlled = |&block: &usize| under[block][edge.dst] && (block == edge.src || !under[block][edge.src]);
                controls.extend((0..count).filter(controlled).map(|dst| Edge { dst, ..edge }));
            }
            controls.sort_unstable();
            controls.dedup();
            let expected = Dominance { dominates: pairs(&over), post_dominates: pairs(&under), controls };
            assert_eq!(dominance(&graph), expected, "{graph:?}");
            seen = (seen.0 + expected.dominates.len(), seen.1 + expected.post_dominates.len(), seen.2 + expected.controls.len());
        }
        assert!(seen.0 > 2_000 && seen.1 > 2_000 && seen.2 > 2_000, "{seen:?}");
    }
}
