//! The `sanad-wallet` program; see [`sanad_wallet::command`].

fn main() -> std::process::ExitCode {
    sanad_wallet::command::main()
}
