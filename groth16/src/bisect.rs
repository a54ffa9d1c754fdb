//! Where the invalid claims are.

use ark_bn254::Fq12;

use crate::PreparedVerifier;
use crate::batch::part::{Part, Sums, Term};
use crate::pairing::{inverse, is_one};

/// A part, or two neighbours with what they come to together.
pub(crate) struct Node<'a> {
    sums: Sums,
    below: Below<'a>,
}

enum Below<'a> {
    Terms(&'a [Term<'a>]),
    Halves(Box<[Node<'a>; 2]>),
}

/// What a search found, and what it cost.
#[derive(Default)]
pub(crate) struct Found {
    /// Invalid claims by index.
    pub(crate) invalid: Vec<usize>,
    /// Final exponentiations.
    pub(crate) exponentiations: usize,
}

impl<'a> Node<'a> {
    /// A tree over the parts; `None` if there are none.
    pub(crate) fn over(parts: Vec<Part<'a>>) -> Option<Self> {
        let leaf = |part: Part<'a>| Self { sums: part.sums, below: Below::Terms(part.terms) };
        let mut level: Vec<Self> = parts.into_iter().map(leaf).collect();
        while level.len() > 1 {
            level = paired(level);
        }
        level.pop()
    }

    /// Looks at the whole first.
    pub(crate) fn search(&self, verifier: &PreparedVerifier) -> Found {
        self.within(verifier, &self.sums.value(verifier)).and(Found { invalid: vec![], exponentiations: 1 })
    }

    /// With `value` known to be the node's. That of one half and the whole give the other's: one exponentiation for each
    /// pair of halves of which one is false.
    fn within(&self, verifier: &PreparedVerifier, value: &Fq12) -> Found {
        if is_one(value) {
            return Found::default();
        }
        match &self.below {
            Below::Terms(terms) => refused(terms, verifier),
            Below::Halves(halves) => {
                let [first, second] = halves.as_ref();
                let of_first = first.sums.value(verifier);
                let of_second = *value * inverse(&of_first);
                let (found, more) =
                    rayon::join(|| first.within(verifier, &of_first), || second.within(verifier, &of_second));
                found.and(more).and(Found { invalid: vec![], exponentiations: 1 })
            }
        }
    }
}

impl Found {
    fn and(mut self, more: Self) -> Self {
        self.invalid.extend(more.invalid);
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
fn refused(terms: &[Term<'_>], verifier: &PreparedVerifier) -> Found {
    let wrong = |term: &&Term<'_>| verifier.verify(&term.claim.inputs, term.claim.proof).is_err();
    let invalid = terms.iter().filter(wrong).map(|term| term.index).collect();
    Found { invalid, exponentiations: terms.len() }
}
