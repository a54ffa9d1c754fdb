//! Where the false claims are.

use circuits::Fq12;
use circuits::pairing::{inverse, is_one};

use super::part::{Part, Sums, Term};
use crate::believe::prepared::Prepared;

/// A part, or two neighbours with what they come to together.
pub(super) struct Node<'a> {
    sums: Sums,
    below: Below<'a>,
}

enum Below<'a> {
    Terms(&'a [Term<'a>]),
    Halves(Box<[Node<'a>; 2]>),
}

/// What a search found, and what it cost.
#[derive(Default)]
pub(super) struct Found {
    /// False claims by index.
    pub(super) named: Vec<usize>,
    /// Final exponentiations.
    pub(super) exponentiations: usize,
}

impl<'a> Node<'a> {
    /// A tree over the parts; `None` if there are none.
    pub(super) fn over(parts: Vec<Part<'a>>) -> Option<Self> {
        let leaf = |part: Part<'a>| Self { sums: part.sums, below: Below::Terms(part.terms) };
        let mut level: Vec<Self> = parts.into_iter().map(leaf).collect();
        while level.len() > 1 {
            level = paired(level);
        }
        level.pop()
    }

    /// Looks at the whole first.
    pub(super) fn search(&self, engine: &Prepared) -> Found {
        self.within(engine, &self.sums.value(engine)).and(Found { named: vec![], exponentiations: 1 })
    }

    /// With `value` known to be the node's. That of one half and the whole give the other's: one exponentiation for each
    /// pair of halves of which one is false.
    fn within(&self, engine: &Prepared, value: &Fq12) -> Found {
        if is_one(value) {
            return Found::default();
        }
        match &self.below {
            Below::Terms(terms) => refused(terms, engine),
            Below::Halves(halves) => {
                let [first, second] = halves.as_ref();
                let of_first = first.sums.value(engine);
                let of_second = *value * inverse(&of_first);
                let (found, more) =
                    rayon::join(|| first.within(engine, &of_first), || second.within(engine, &of_second));
                found.and(more).and(Found { named: vec![], exponentiations: 1 })
            }
        }
    }
}

impl Found {
    fn and(mut self, more: Self) -> Self {
        self.named.extend(more.named);
        self.exponentiations += more.exponentiations;
        self
    }
}

fn paired(level: Vec<Node<'_>>) -> Vec<Node<'_>> {
    let mut nodes = level.into_iter();
    let mut out = Vec::new();
    while let Some(first) = nodes.next() {
        out.push(match nodes.next() {
            None => first,
            Some(second) => {
                let sums = first.sums.plus(&second.sums);
                Node { sums, below: Below::Halves(Box::new([first, second])) }
            }
        });
    }
    out
}

/// Each by itself.
fn refused(terms: &[Term<'_>], engine: &Prepared) -> Found {
    let wrong = |term: &&Term<'_>| engine.check_one(&term.claim.inputs, term.claim.proof).is_err();
    let named = terms.iter().filter(wrong).map(|term| term.index).collect();
    Found { named, exponentiations: terms.len() }
}
