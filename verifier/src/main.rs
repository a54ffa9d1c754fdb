//! The `verifier` command.

fn main() {}
