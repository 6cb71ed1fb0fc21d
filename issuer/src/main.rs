//! The `sanad-issuer` program; see [`sanad_issuer::command`].

/// Documents are made on one thread, kept on another and answered on a third: the C library's allocator spends a seventh
/// of the service's time on its locks (docs/service.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    sanad_issuer::command::main()
}
