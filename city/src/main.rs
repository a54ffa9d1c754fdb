//! The `city` command; see [`city::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    city::cli::main()
}
