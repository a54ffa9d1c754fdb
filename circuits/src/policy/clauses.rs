//! From a formula to conjunctive normal form: negations inwards, then clauses.

use super::slot::{Polarity, Slot};
use super::vocabulary::Vocabulary;
use super::{Conditions, Formula, PolicyError, PolicyErrorKind};
use crate::join;
use crate::show::{CLAUSES, SLOTS};

/// A formula as at most six slots and at most six clauses, with room left for the revealed attributes; across credentials as
/// at most three of each.
///
/// Clauses and slots are merged only where they are equal. A clause that another one implies stays: an order atom on an
/// absent attribute makes the whole statement unprovable wherever it stands, so no atom may vanish.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct NormalForm {
    pub(super) slots: Vec<Slot>,
    /// Bit j of a clause is set where it names slot j. Empty for a query without a formula.
    pub(super) clauses: Vec<u8>,
}

impl NormalForm {
    /// Checks and compiles all that must hold of a credential of whose attributes so many are revealed; `path` is the
    /// query's.
    pub(super) fn new(
        conditions: &Conditions,
        revealed: usize,
        names: &dyn Vocabulary,
        path: &str,
    ) -> Result<Self, PolicyError> {
        let mut slots = Slots { names, seen: Vec::new() };
        let parts = conditions.parts(path);
        let parts = parts.map(|(place, formula)| slots.push_negations(formula, Polarity::Holds, &place));
        let tree = Tree::All(parts.collect::<Result<_, _>>()?);
        slots.refuse_too_many(revealed, path)?;
        // At most six slots from here on, hence at most 63 clauses: the expansion is bounded whatever the formula is.
        let clauses = tree.clauses();
        refuse_too_many_clauses(clauses.len(), revealed, &format!("{path}.require"))?;
        Ok(Self { slots: slots.into_slots(), clauses })
    }

    /// Checks and compiles a formula over several credentials, which stands at `path`.
    pub(super) fn across(formula: &Formula, names: &dyn Vocabulary, path: &str) -> Result<Self, PolicyError> {
        let mut slots = Slots { names, seen: Vec::new() };
        let tree = slots.push_negations(formula, Polarity::Holds, path)?;
        if let Some((_, first_over)) = slots.seen.get(join::SLOTS) {
            let kind = PolicyErrorKind::TooManyAtomsAcross(slots.seen.len());
            return Err(PolicyError::new(first_over, kind));
        }
        let clauses = tree.clauses();
        if clauses.len() > join::CLAUSES {
            return Err(PolicyError::new(path, PolicyErrorKind::TooManyClausesAcross(clauses.len())));
        }
        Ok(Self { slots: slots.into_slots(), clauses })
    }
}

/// Negation normal form; a leaf is the index of a slot.
enum Tree {
    All(Vec<Tree>),
    Any(Vec<Tree>),
    Slot(usize),
}

/// The distinct slots met so far, each with the path of its first condition.
struct Slots<'a> {
    names: &'a dyn Vocabulary,
    seen: Vec<(Slot, String)>,
}

impl Slots<'_> {
    fn into_slots(self) -> Vec<Slot> {
        self.seen.into_iter().map(|(slot, _)| slot).collect()
    }

    fn push_negations(
        &mut self,
        formula: &Formula,
        polarity: Polarity,
        path: &str,
    ) -> Result<Tree, PolicyError> {
        match (formula, polarity) {
            (Formula::All(parts), Polarity::Holds) => {
                self.push_negations_into(parts, polarity, &format!("{path}.all")).map(Tree::All)
            }
            (Formula::All(parts), Polarity::Fails) => {
                self.push_negations_into(parts, polarity, &format!("{path}.all")).map(Tree::Any)
            }
            (Formula::Any(parts), Polarity::Holds) => {
                self.push_negations_into(parts, polarity, &format!("{path}.any")).map(Tree::Any)
            }
            (Formula::Any(parts), Polarity::Fails) => {
                self.push_negations_into(parts, polarity, &format!("{path}.any")).map(Tree::All)
            }
            (Formula::Not(inner), Polarity::Holds) => {
                self.push_negations(inner, Polarity::Fails, &format!("{path}.not"))
            }
            (Formula::Not(inner), Polarity::Fails) => {
                self.push_negations(inner, Polarity::Holds, &format!("{path}.not"))
            }
            (Formula::Condition(condition), _) => {
                let slot = Slot::new(condition, self.names, path)?;
                Ok(self.index(if polarity == Polarity::Holds { slot } else { slot.negated() }, path))
            }
        }
    }

    fn push_negations_into(
        &mut self,
        parts: &[Formula],
        polarity: Polarity,
        path: &str,
    ) -> Result<Vec<Tree>, PolicyError> {
        if parts.is_empty() {
            return Err(PolicyError::new(path, PolicyErrorKind::NoFormulas));
        }
        let parts = parts.iter().enumerate();
        parts.map(|(i, part)| self.push_negations(part, polarity, &format!("{path}[{i}]"))).collect()
    }

    fn index(&mut self, slot: Slot, path: &str) -> Tree {
        let known = self.seen.iter().position(|(other, _)| *other == slot);
        Tree::Slot(known.unwrap_or_else(|| {
            self.seen.push((slot, path.to_owned()));
            self.seen.len() - 1
        }))
    }

    /// Points at the first condition that has no place, or at `reveal` if that alone is too long.
    fn refuse_too_many(&self, revealed: usize, path: &str) -> Result<(), PolicyError> {
        let conditions = self.seen.len();
        if conditions + revealed <= SLOTS {
            return Ok(());
        }
        let first_over = self.seen.get(SLOTS.saturating_sub(revealed));
        let place = first_over.map_or_else(|| format!("{path}.reveal"), |(_, path)| path.clone());
        Err(PolicyError::new(place, PolicyErrorKind::TooManyAtoms { conditions, revealed }))
    }
}

fn refuse_too_many_clauses(formula: usize, revealed: usize, path: &str) -> Result<(), PolicyError> {
    if formula + revealed <= CLAUSES {
        return Ok(());
    }
    Err(PolicyError::new(path, PolicyErrorKind::TooManyClauses { formula, revealed }))
}

impl Tree {
    fn clauses(&self) -> Vec<u8> {
        match self {
            Self::Slot(index) => vec![1 << index],
            Self::All(parts) => distinct(parts.iter().flat_map(Self::clauses)),
            Self::Any(parts) => {
                parts.iter().map(Self::clauses).fold(vec![0], |left, right| product(&left, &right))
            }
        }
    }
}

/// (a ∧ b) ∨ (c ∧ d) = (a ∨ c) ∧ (a ∨ d) ∧ (b ∨ c) ∧ (b ∨ d).
fn product(left: &[u8], right: &[u8]) -> Vec<u8> {
    distinct(left.iter().flat_map(|l| right.iter().map(move |r| l | r)))
}

fn distinct(clauses: impl Iterator<Item = u8>) -> Vec<u8> {
    let mut kept = Vec::new();
    clauses.for_each(|clause| {
        if !kept.contains(&clause) {
            kept.push(clause);
        }
    });
    kept
}
