//! The `verifier` command.

fn main() -> std::process::ExitCode {
    verifier::cli::main()
}
