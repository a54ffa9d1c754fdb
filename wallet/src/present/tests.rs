pub(crate) mod counter;
mod refused;
pub(crate) mod shown;
