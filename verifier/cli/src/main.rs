//! The `sanad-verify` program; see [`sanad_verify::command`].

fn main() -> std::process::ExitCode {
    sanad_verify::command::main()
}
