//! Where the invalid claims are.

use ark_bn254::Fq12;

use super::part::{Part, Sums, Term};
use crate::PreparedVerifier;
use crate::pairing::{inverse, is_one};

/// A part, or two neighbours with what they come to together.
pub(super) struct Node<'a> {
    sums: Sums,
    children: Children<'a>,
}

enum Children<'a> {
    Terms(&'a [Term<'a>]),
    Halves(Box<[Node<'a>; 2]>),
}

/// What a search found, and what it cost.
#[derive(Default)]
pub(super) struct SearchResult {
    /// Invalid claims by index.
    pub(super) invalid: Vec<usize>,
    /// Final exponentiations.
    pub(super) exponentiations: usize,
}

impl<'a> Node<'a> {
    /// A tree over the parts; `None` if there are none.
    pub(super) fn over(parts: Vec<Part<'a>>) -> Option<Self> {
        let leaf = |part: Part<'a>| Self { sums: part.sums, children: Children::Terms(part.terms) };
        let mut level: Vec<Self> = parts.into_iter().map(leaf).collect();
        while level.len() > 1 {
            level = pair_up(level);
        }
        level.pop()
    }

    /// Looks at the whole first.
    pub(super) fn search(&self, verifier: &PreparedVerifier) -> SearchResult {
        self.search_with_value(verifier, &self.sums.value(verifier))
            .merge(SearchResult { invalid: vec![], exponentiations: 1 })
    }

    /// With `value` known to be the node's. That of one half and the whole give the other's: one exponentiation for each
    /// pair of halves of which one is false.
    fn search_with_value(&self, verifier: &PreparedVerifier, value: &Fq12) -> SearchResult {
        if is_one(value) {
            return SearchResult::default();
        }
        match &self.children {
            Children::Terms(terms) => check_each(terms, verifier),
            Children::Halves(halves) => {
                let [first, second] = halves.as_ref();
                let of_first = first.sums.value(verifier);
                let of_second = *value * inverse(&of_first);
                let (found, more) = rayon::join(
                    || first.search_with_value(verifier, &of_first),
                    || second.search_with_value(verifier, &of_second),
                );
                found.merge(more).merge(SearchResult { invalid: vec![], exponentiations: 1 })
            }
        }
    }
}

impl SearchResult {
    fn merge(mut self, more: Self) -> Self {
        self.invalid.extend(more.invalid);
        self.exponentiations += more.exponentiations;
        self
    }
}

fn pair_up(level: Vec<Node<'_>>) -> Vec<Node<'_>> {
    let mut nodes = level.into_iter();
    let mut out = Vec::new();
    while let Some(first) = nodes.next() {
        out.push(match nodes.next() {
            None => first,
            Some(second) => {
                let sums = first.sums.plus(&second.sums);
                Node { sums, children: Children::Halves(Box::new([first, second])) }
            }
        });
    }
    out
}

/// Each by itself.
fn check_each(terms: &[Term<'_>], verifier: &PreparedVerifier) -> SearchResult {
    let wrong = |term: &&Term<'_>| verifier.verify(&term.claim.inputs, term.claim.proof).is_err();
    let invalid = terms.iter().filter(wrong).map(|term| term.index).collect();
    SearchResult { invalid, exponentiations: terms.len() }
}
