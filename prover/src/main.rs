//! The `prover` command.

fn main() {}
