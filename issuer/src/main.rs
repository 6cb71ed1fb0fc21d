//! The `sanad-issuer` program; see [`sanad_issuer::command`].

fn main() -> std::process::ExitCode {
    sanad_issuer::command::main()
}
