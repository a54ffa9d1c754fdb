pub(crate) mod counter;
mod offline;
mod refused;
pub(crate) mod shown;
