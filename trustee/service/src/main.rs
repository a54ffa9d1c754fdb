//! The `trustee` command.

fn main() -> std::process::ExitCode {
    trustee_service::cli::main()
}
