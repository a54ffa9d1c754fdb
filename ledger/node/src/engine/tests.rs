//! The engine: what it answers, and what it survives.

mod answers;
mod clock;
mod faults;
mod shared;
mod startup;
