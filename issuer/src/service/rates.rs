//! Limits of rates: requests of a caller, and failed attempts of a network to be one.
//!
//! Both are the generic cell rate algorithm of `governor`, in this process alone: three replicas let three times as much
//! through. The rate of a caller keeps one client from taking the service from the others.
//!
//! Nobody guesses 256 random bits; the limit on failed attempts keeps those who try from the store and from the log, and
//! makes a token that was typed wrongly in a script visible as 429. It counts by the address that connects, so behind a
//! proxy all clients share it. Therefore it never stops a token that is known here to count: only what would have to be
//! looked up or verified first is refused ([`super::access`]).
//!
//! Addresses of IPv6 count by their first 64 bits, the least that one subscriber has.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use governor::clock::{Clock as _, MonotonicClock};
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::audit::Actor;

type Limiter<K> = RateLimiter<
    K,
    HashMapStateStore<K>,
    MonotonicClock,
    NoOpMiddleware<<MonotonicClock as governor::clock::Clock>::Instant>,
>;

/// Failed attempts that a network may make at once.
pub const ATTEMPTS: u32 = 20;

/// Time in which one of them comes back.
pub const ATTEMPT_EVERY: Duration = Duration::from_secs(3);

/// Callers or networks that are remembered at a time. Beyond them new ones are not counted: who can send from so many
/// networks is not stopped by counting.
const REMEMBERED_MAX: usize = 65_536;

/// How many more there have to be before those are forgotten whose time is over.
const TIDY_EVERY: usize = 4_096;

/// How long to wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait(pub Duration);

impl Wait {
    /// In whole seconds, at least one, as `Retry-After` says it.
    pub fn seconds(self) -> u32 {
        let whole = self.0.as_secs().saturating_add(u64::from(self.0.subsec_nanos() > 0));
        u32::try_from(whole.max(1)).unwrap_or(u32::MAX)
    }
}

/// Requests of each caller.
pub struct Rates(Limiter<Actor>);

impl Rates {
    /// So many a second, and so many at once.
    pub fn new(per_second: NonZeroU32, burst: NonZeroU32) -> Self {
        Self(limiter(Quota::per_second(per_second).allow_burst(burst)))
    }

    /// Counts a request.
    ///
    /// # Errors
    /// How long the caller has to wait.
    pub fn count(&self, caller: &Actor) -> Result<(), Wait> {
        tidy(&self.0);
        count(&self.0, caller)
    }
}

/// What somebody may do in a day. It comes back bit by bit, and this process alone counts, from its start.
pub struct DailyQuota(Limiter<Actor>);

/// A day, in milliseconds.
const DAY: u64 = 86_400_000;

impl DailyQuota {
    /// So much at once and in a day, at least one.
    pub fn new(number: u32) -> Self {
        let number = NonZeroU32::new(number).unwrap_or(NonZeroU32::MIN);
        let every = Duration::from_millis(DAY.checked_div(u64::from(number.get())).unwrap_or(DAY).max(1));
        let quota = Quota::with_period(every).unwrap_or(Quota::per_hour(NonZeroU32::MIN));
        Self(limiter(quota.allow_burst(number)))
    }

    /// Takes so much of what is left; nothing where it is not enough.
    pub fn take(&self, who: &Actor, number: u32) -> bool {
        tidy(&self.0);
        let Some(number) = NonZeroU32::new(number) else { return true };
        matches!(self.0.check_key_n(who, number), Ok(Ok(())))
    }
}

/// Failed attempts of each network.
pub struct Attempts {
    failures: Limiter<Network>,
    /// Until when a network is refused.
    refused: Mutex<HashMap<Network, Instant>>,
}

/// From where somebody tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Network(IpAddr);

impl Network {
    fn of(peer: IpAddr) -> Self {
        Self(match peer.to_canonical() {
            IpAddr::V6(address) => {
                let [a, b, c, d, ..] = address.segments();
                IpAddr::V6(Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0))
            }
            v4 => v4,
        })
    }
}

impl Attempts {
    /// So many at once, and one more each time that `every` is over.
    pub fn new(burst: NonZeroU32, every: Duration) -> Self {
        // A period of zero has no quota; the rate of attempts is a constant.
        let quota = Quota::with_period(every).unwrap_or(Quota::per_minute(NonZeroU32::MIN));
        Self { failures: limiter(quota.allow_burst(burst)), refused: Mutex::default() }
    }

    /// Whether an attempt from here is looked at.
    ///
    /// # Errors
    /// How long it is not.
    pub fn allow(&self, peer: IpAddr) -> Result<(), Wait> {
        let refused = self.refused();
        let until = refused.get(&Network::of(peer));
        match until.map(|until| until.saturating_duration_since(Instant::now())) {
            Some(left) if !left.is_zero() => Err(Wait(left)),
            _ => Ok(()),
        }
    }

    /// Counts an attempt that failed.
    pub fn count_failure(&self, peer: IpAddr) {
        tidy(&self.failures);
        let network = Network::of(peer);
        let Err(wait) = count(&self.failures, &network) else { return };
        let mut refused = self.refused();
        let now = Instant::now();
        if refused.len() >= REMEMBERED_MAX {
            refused.retain(|_, until| *until > now);
        }
        if let (true, Some(until)) = (refused.len() < REMEMBERED_MAX, now.checked_add(wait.0)) {
            refused.insert(network, until);
        }
    }

    fn refused(&self) -> MutexGuard<'_, HashMap<Network, Instant>> {
        self.refused.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn limiter<K: Eq + std::hash::Hash + Clone>(quota: Quota) -> Limiter<K> {
    RateLimiter::hashmap_with_clock(quota, MonotonicClock)
}

fn count<K: Eq + std::hash::Hash + Clone>(limiter: &Limiter<K>, key: &K) -> Result<(), Wait> {
    if limiter.len() >= REMEMBERED_MAX {
        return Ok(());
    }
    limiter.check_key(key).map_err(|until| Wait(until.wait_time_from(MonotonicClock.now())))
}

/// Forgets whose time is over, when there are many.
fn tidy<K: Eq + std::hash::Hash + Clone>(limiter: &Limiter<K>) {
    let length = limiter.len();
    if length > 0 && length.is_multiple_of(TIDY_EVERY) {
        limiter.retain_recent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(3_600);

    fn number(number: u32) -> NonZeroU32 {
        NonZeroU32::new(number).unwrap()
    }

    fn peer(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn fails(attempts: &Attempts, from: &str, times: u32) {
        (0..times).for_each(|_| attempts.count_failure(peer(from)));
    }

    #[test]
    fn who_guesses_is_refused_after_some_attempts_and_others_are_not() {
        let attempts = Attempts::new(number(3), LONG);
        fails(&attempts, "192.0.2.1", 3);
        assert_eq!(attempts.allow(peer("192.0.2.1")), Ok(()));
        fails(&attempts, "192.0.2.1", 1);
        let wait = attempts.allow(peer("192.0.2.1")).unwrap_err();
        assert!(wait.0 <= LONG && wait.seconds() > 3_000, "{wait:?}");
        assert_eq!(attempts.allow(peer("192.0.2.2")), Ok(()));
        // The same address, written as one of IPv6.
        assert!(attempts.allow(peer("::ffff:192.0.2.1")).is_err());
    }

    #[test]
    fn the_addresses_of_one_subscriber_are_one_network() {
        let attempts = Attempts::new(number(2), LONG);
        for host in 1..=3 {
            fails(&attempts, &format!("2001:db8:1:2::{host}"), 1);
        }
        assert!(attempts.allow(peer("2001:db8:1:2:ffff::9")).is_err());
        assert_eq!(attempts.allow(peer("2001:db8:1:3::1")), Ok(()));
    }

    #[test]
    fn who_stops_guessing_is_heard_again() {
        let attempts = Attempts::new(number(1), LONG);
        fails(&attempts, "192.0.2.1", 2);
        assert!(attempts.allow(peer("192.0.2.1")).is_err());
        // Its time comes.
        attempts.refused().values_mut().for_each(|until| *until = Instant::now());
        assert_eq!(attempts.allow(peer("192.0.2.1")), Ok(()));
    }

    #[test]
    fn guessing_from_many_networks_does_not_fill_the_memory() {
        let attempts = Attempts::new(number(1), LONG);
        for network in 0..70_000_u32 {
            attempts.count_failure(IpAddr::V4(network.into()));
            attempts.count_failure(IpAddr::V4(network.into()));
        }
        assert!(attempts.failures.len() <= REMEMBERED_MAX);
        assert!(attempts.refused().len() <= REMEMBERED_MAX);
    }

    #[test]
    fn one_caller_does_not_use_up_the_rate_of_another() {
        let rates = Rates::new(number(1), number(3));
        let (one, other) = (Actor::new("token:00000001").unwrap(), Actor::new("token:00000002").unwrap());
        (0..3).for_each(|_| assert_eq!(rates.count(&one), Ok(())));
        // One comes back each second, and a machine may stand still that long between two of these calls.
        let wait = (0..1_000).find_map(|_| rates.count(&one).err()).unwrap();
        assert_eq!(wait.seconds(), 1);
        assert_eq!(rates.count(&other), Ok(()));
    }

    #[test]
    fn what_is_left_of_a_day_is_not_overdrawn_in_pieces() {
        let quota = DailyQuota::new(100);
        let (one, other) = (Actor::new("token:00000001").unwrap(), Actor::new("token:00000002").unwrap());
        assert!(!quota.take(&one, 101));
        assert!(quota.take(&one, 60) && !quota.take(&one, 41) && quota.take(&one, 40));
        assert!(!quota.take(&one, 1) && quota.take(&one, 0));
        assert!(quota.take(&other, 100));
    }

    #[test]
    fn a_wait_is_said_in_whole_seconds_and_never_too_short() {
        for (millis, seconds) in [(0, 1), (1, 1), (1_000, 1), (1_001, 2), (59_999, 60)] {
            assert_eq!(Wait(Duration::from_millis(millis)).seconds(), seconds);
        }
    }
}
