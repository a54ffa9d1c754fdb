mod counter;
mod offline;
mod refused;
mod shown;
