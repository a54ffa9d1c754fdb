//! The `issuer` command.

fn main() {}
