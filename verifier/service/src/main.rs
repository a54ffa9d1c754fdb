//! The `verifier` command.

fn main() -> std::process::ExitCode {
    verifier_service::cli::main()
}
