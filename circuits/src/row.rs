//! Names of public rows, and how a layout is walked in its order.

use std::fmt;

/// The name of a row, such as `slots[2].low`, not yet written out: most who walk the rows do not read it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct RowName {
    group: Option<(&'static str, usize)>,
    field: &'static str,
    index: Option<usize>,
}

impl RowName {
    /// A row that stands alone.
    pub(crate) const fn new(field: &'static str) -> Self {
        Self { group: None, field, index: None }
    }

    /// A row of the `index`th of a group.
    pub(crate) const fn within(group: &'static str, index: usize, field: &'static str) -> Self {
        Self { group: Some((group, index)), ..Self::new(field) }
    }
}

impl fmt::Display for RowName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((group, index)) = self.group {
            write!(f, "{group}[{index}].")?;
        }
        f.write_str(self.field)?;
        self.index.map_or(Ok(()), |index| write!(f, "[{index}]"))
    }
}

/// `f` of each of several rows of one name.
pub(crate) fn array<T, U, E, const N: usize>(
    name: RowName,
    items: [T; N],
    f: &mut impl FnMut(RowName, T) -> Result<U, E>,
) -> Result<[U; N], E> {
    try_map_array(items, |i, item| f(RowName { index: Some(i), ..name }, item))
}

/// `f` of each item and its place.
pub(crate) fn try_map_array<T, U, E, const N: usize>(
    items: [T; N],
    mut f: impl FnMut(usize, T) -> Result<U, E>,
) -> Result<[U; N], E> {
    let mapped: Vec<U> =
        items.into_iter().enumerate().map(|(i, item)| f(i, item)).collect::<Result<_, E>>()?;
    let Ok(array) = mapped.try_into() else { unreachable!("an array of N maps to N items") };
    Ok(array)
}
