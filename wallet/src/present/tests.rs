mod hours;
mod offline;
mod refused;
pub(crate) mod relying_party;
pub(crate) mod shown;
mod uses;
