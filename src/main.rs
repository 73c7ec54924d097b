//! The command-line tool. What each command does is in `cli`; this only starts it.

mod cli;

fn main() -> std::process::ExitCode {
    cli::run()
}
