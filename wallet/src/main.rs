//! The `wallet` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    wallet::cli::main()
}
