//! RDF Dataset Canonicalization, RDFC-1.0 with SHA-256, within a bound.
//!
//! The algorithm tries permutations of blank nodes that look alike, and a dataset can be made for which there are
//! more of them than anybody has time for. Every related hash and every permutation is counted; a dataset that needs
//! more than [`WORK_MAX`] is refused. Entitlements need a few hundred.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use sha2::{Digest as _, Sha256};

use crate::fault::{Fault, Problem, What};
use crate::rdf::Quad;

/// Hashes and permutations together; about 50 ms of work.
pub(crate) const WORK_MAX: usize = 20_000;

/// How deep blank nodes that look alike may lead to each other: bounds the stack. A list of 64 equal texts, the longest
/// of an entitlement, has 62 cells that do.
const RECURSION_MAX: usize = 128;

/// The canonical N-Quads of a dataset, whose blank nodes are numbered below `blank_nodes`.
pub(crate) fn canonical(quads: &BTreeSet<Quad>, blank_nodes: usize) -> Result<String, Fault> {
    let quads: Vec<&Quad> = quads.iter().collect();
    let mut of_node: Vec<Vec<usize>> = vec![Vec::new(); blank_nodes];
    for (number, quad) in quads.iter().enumerate() {
        for (node, _) in quad.blanks() {
            if let Some(list) = of_node.get_mut(node)
                && list.last() != Some(&number)
            {
                list.push(number);
            }
        }
    }
    let first: Vec<Rc<str>> = (0..blank_nodes).map(|node| first_degree(&quads, &of_node, node)).collect();
    let mut state =
        State { quads: &quads, of_node: &of_node, first: &first, issued: Names::new("c14n"), work: 0 };
    let mut alike: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (node, hash) in first.iter().enumerate() {
        if of_node.get(node).is_some_and(|list| !list.is_empty()) {
            alike.entry(hash).or_default().push(node);
        }
    }
    for nodes in alike.values() {
        if let [node] = nodes.as_slice() {
            state.issued.issue(*node);
        }
    }
    for nodes in alike.values().filter(|nodes| nodes.len() > 1) {
        let mut paths = Vec::new();
        for node in nodes {
            if state.issued.name(*node).is_none() {
                let mut names = Names::new("b");
                names.issue(*node);
                paths.push(state.n_degree(*node, names, 0)?);
            }
        }
        paths.sort_by(|(one, _), (other, _)| one.cmp(other));
        for (_, names) in paths {
            for node in names.order {
                state.issued.issue(node);
            }
        }
    }
    let names = state.issued;
    let mut lines: Vec<String> = quads
        .iter()
        .map(|quad| {
            let mut line = String::new();
            quad.write(&mut line, &|node, line| {
                if let Some(name) = names.name(node) {
                    names.write(name, line);
                }
            });
            line
        })
        .collect();
    lines.sort_unstable();
    Ok(lines.concat())
}

/// Names that were given, in order.
#[derive(Clone)]
struct Names {
    prefix: &'static str,
    given: BTreeMap<usize, usize>,
    order: Vec<usize>,
}

impl Names {
    fn new(prefix: &'static str) -> Self {
        Self { prefix, given: BTreeMap::new(), order: Vec::new() }
    }

    fn name(&self, node: usize) -> Option<usize> {
        self.given.get(&node).copied()
    }

    fn issue(&mut self, node: usize) -> usize {
        let next = self.order.len();
        *self.given.entry(node).or_insert_with(|| {
            self.order.push(node);
            next
        })
    }

    fn write(&self, name: usize, text: &mut String) {
        text.push_str(self.prefix);
        text.push_str(&name.to_string());
    }
}

struct State<'q> {
    quads: &'q [&'q Quad],
    of_node: &'q [Vec<usize>],
    first: &'q [Rc<str>],
    issued: Names,
    work: usize,
}

/// Section 4.6: what a node's own quads look like, with itself as `a` and every other as `z`.
fn first_degree(quads: &[&Quad], of_node: &[Vec<usize>], node: usize) -> Rc<str> {
    let mut lines: Vec<String> = Vec::new();
    for quad in of_node.get(node).into_iter().flatten().filter_map(|number| quads.get(*number)) {
        let mut line = String::new();
        quad.write(&mut line, &|other, line| line.push(if other == node { 'a' } else { 'z' }));
        lines.push(line);
    }
    lines.sort_unstable();
    hex(&lines.concat()).into()
}

impl State<'_> {
    fn work(&mut self) -> Result<(), Fault> {
        self.work = self.work.saturating_add(1);
        if self.work > WORK_MAX { Err(poisoned("steps of canonicalization", WORK_MAX)) } else { Ok(()) }
    }

    /// Section 4.7: a related node in the sight of `names`.
    fn related(&self, node: usize, quad: &Quad, names: &Names, position: char) -> String {
        let mut input = String::from(position);
        if position != 'g' {
            input.push('<');
            input.push_str(&quad.predicate);
            input.push('>');
        }
        if !self.write_name(node, names, &mut input) {
            input.push_str(self.first.get(node).map_or("", |hash| hash));
        }
        hex(&input)
    }

    fn write_name(&self, node: usize, names: &Names, text: &mut String) -> bool {
        let (names, name) = match (self.issued.name(node), names.name(node)) {
            (Some(name), _) => (&self.issued, name),
            (None, Some(name)) => (names, name),
            (None, None) => return false,
        };
        text.push_str("_:");
        names.write(name, text);
        true
    }

    /// Section 4.8: what a node looks like from the nodes around it.
    fn n_degree(&mut self, node: usize, mut names: Names, depth: usize) -> Result<(String, Names), Fault> {
        if depth > RECURSION_MAX {
            return Err(poisoned("levels of blank nodes that look alike", RECURSION_MAX));
        }
        let mut around: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let (quads, of_node) = (self.quads, self.of_node);
        for quad in of_node.get(node).into_iter().flatten().filter_map(|number| quads.get(*number)) {
            for (other, position) in quad.blanks().filter(|(other, _)| *other != node) {
                self.work()?;
                around.entry(self.related(other, quad, &names, position)).or_default().push(other);
            }
        }
        let mut data = String::new();
        for (hash, mut nodes) in around {
            data.push_str(&hash);
            nodes.sort_unstable();
            let mut chosen: Option<(String, Names)> = None;
            loop {
                self.work()?;
                if let Some(found) =
                    self.path(&nodes, names.clone(), chosen.as_ref().map(|(path, _)| path.as_str()), depth)?
                {
                    chosen = Some(found);
                }
                if !next_permutation(&mut nodes) {
                    break;
                }
            }
            if let Some((path, found)) = chosen {
                data.push_str(&path);
                names = found;
            }
        }
        Ok((hex(&data), names))
    }

    /// One permutation: its path, unless another is already known to come before it.
    fn path(
        &mut self,
        nodes: &[usize],
        mut names: Names,
        chosen: Option<&str>,
        depth: usize,
    ) -> Result<Option<(String, Names)>, Fault> {
        let comes_after =
            |path: &str| chosen.is_some_and(|chosen| path.len() >= chosen.len() && path > chosen);
        let mut path = String::new();
        let mut unnamed = Vec::new();
        for node in nodes {
            if !self.write_name(*node, &names, &mut path) {
                unnamed.push(*node);
                names.issue(*node);
                self.write_name(*node, &names, &mut path);
            }
            if comes_after(&path) {
                return Ok(None);
            }
        }
        for node in unnamed {
            let (hash, found) = self.n_degree(node, names.clone(), depth.saturating_add(1))?;
            names.issue(node);
            self.write_name(node, &names, &mut path);
            path.push('<');
            path.push_str(&hash);
            path.push('>');
            names = found;
            if comes_after(&path) {
                return Ok(None);
            }
        }
        match chosen {
            Some(chosen) if path.as_str() >= chosen => Ok(None),
            _ => Ok(Some((path, names))),
        }
    }
}

/// The next permutation in lexicographic order; false after the last.
fn next_permutation(nodes: &mut [usize]) -> bool {
    let Some(pivot) = nodes.windows(2).rposition(|pair| pair.first() < pair.last()) else { return false };
    let Some(value) = nodes.get(pivot).copied() else { return false };
    let Some(next) = nodes.iter().rposition(|node| *node > value) else { return false };
    nodes.swap(pivot, next);
    if let Some(tail) = nodes.get_mut(pivot.saturating_add(1)..) {
        tail.reverse();
    }
    true
}

fn poisoned(unit: &'static str, max: usize) -> Fault {
    Fault::new(Problem::ProofTransformation, What::TooMany { unit, found: max.saturating_add(1), max })
}

fn hex(text: &str) -> String {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut hex = String::with_capacity(64);
    for byte in Sha256::digest(text) {
        for digit in [byte >> 4, byte & 15] {
            hex.push(char::from(*DIGITS.get(usize::from(digit)).unwrap_or(&b'0')));
        }
    }
    hex
}
