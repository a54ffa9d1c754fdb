//! The `city` command.

fn main() {}
