//! The engine: what it answers, and what it survives.

mod answers;
mod faults;
mod shared;
mod startup;
