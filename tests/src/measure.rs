//! Measuring side by side: two sides of one build take turns within one run.
//!
//! Absolute figures drift by a fifth between runs on shared machines, so bounds are on ratios where two sides can be
//! had, and on the fastest of several runs where they cannot: what other tenants of the machine take away is not ours.

use std::cell::RefCell;
use std::convert::Infallible;
use std::time::{Duration, Instant};

use sanad_credential::{Claims, KeyId, Sign, seal_entitlement};

const CALLS_A_TURN: usize = 50;
const TURNS: usize = 401;
const WARM_UP_TURNS: usize = 20;

/// The median of the ratios of two sides that take turns.
pub fn ratio(mut one: impl FnMut(), mut other: impl FnMut()) -> f64 {
    let turn = |side: &mut dyn FnMut()| time(|| (0..CALLS_A_TURN).for_each(|_| side())).as_secs_f64();
    for _ in 0..WARM_UP_TURNS {
        turn(&mut one);
        turn(&mut other);
    }
    median((0..TURNS).map(|_| turn(&mut one) / turn(&mut other)).collect())
}

/// Says whether a figure is within its bound.
pub fn bound(what: &str, figure: f64, most: f64) -> bool {
    let met = figure <= most;
    println!("{what}: {figure:.3}, at most {most}: {}", if met { "met" } else { "MISSED" });
    met
}

/// How long a call takes.
pub fn time(run: impl FnOnce()) -> Duration {
    let begun = Instant::now();
    run();
    begun.elapsed()
}

/// The fastest of several calls. What each returns is dropped outside of its time.
pub fn fastest<T>(runs: usize, mut run: impl FnMut() -> T) -> Duration {
    let timed = (0..runs).map(|_| {
        let begun = Instant::now();
        let made = run();
        let taken = begun.elapsed();
        drop(made);
        taken
    });
    timed.min().unwrap()
}

/// The Sig_structure of sealed claims: what is signed and verified.
pub fn signed_bytes(claims: &Claims, kid: KeyId) -> Vec<u8> {
    let recorder = Recorder { kid, message: RefCell::default() };
    seal_entitlement(claims, &recorder).unwrap();
    recorder.message.into_inner()
}

/// Keeps what it is asked to sign.
struct Recorder {
    kid: KeyId,
    message: RefCell<Vec<u8>>,
}

impl Sign for Recorder {
    type Fault = Infallible;

    fn key_id(&self) -> KeyId {
        self.kid
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], Infallible> {
        *self.message.borrow_mut() = message.to_vec();
        Ok([0; 64])
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
