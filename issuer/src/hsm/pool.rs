//! Sessions on one token: so many at most, lent to one thread at a time.
//!
//! A thread that finds all of them lent waits, for so long at most. Whatever a session answers that is no signature, it
//! is closed, and the act is tried once more with a new one; an answer that concerns the token (it was removed, or the
//! module started anew) takes all other sessions of that time with it. Where the token is not there at all, the module is
//! started anew, since some look for tokens only then (SoftHSM does). A token that comes back is therefore used again
//! without a restart of the program.
//!
//! What the token has closed itself is not closed again: modules give handles anew, and the call would end the session of
//! another thread.
//!
//! The token is logged into once for all sessions (PKCS #11 3.1 section 5.6.8). The PIN stays in memory for the next
//! time, and is wiped with the pool.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use cryptoki::context::{CInitializeArgs, CInitializeFlags, Pkcs11};
use cryptoki::error::{Error, RvError};
use cryptoki::object::ObjectHandle;
use cryptoki::session::{Session, UserType};
use cryptoki::slot::Slot;
use cryptoki::types::AuthPin;
use sanad_credential::{KeyId, PublicKey};
use sanad_keyfile::pin::Pin;

use super::fault::{self, of_call};
use super::object::{self, Wanted};
use super::{HsmFault, HsmObject, HsmSettings, TokenChoice, ed25519};

/// A token, opened.
pub struct Hsm {
    context: Pkcs11,
    settings: HsmSettings,
    pool: Mutex<Pool>,
    freed: Condvar,
    /// Held while a session is opened: one attempt with a PIN at a time.
    door: Mutex<Door>,
}

struct Door {
    pin: AuthPin,
    refused: Option<HsmFault>,
    /// When the module was last started.
    started: Instant,
}

/// How often a module is started anew at most, while its token is away: one of hardware may take as long.
const START_GAP: Duration = Duration::from_secs(1);

struct Pool {
    idle: Vec<Opened>,
    /// Lent and idle ones, which exist in the module.
    open: u32,
    /// Threads that were let through to open one, and wait at the door or talk to the module.
    opening: u32,
    /// Rises when no session of before can be used any more.
    era: u64,
    /// The first era whose sessions still exist in the module.
    first: u64,
}

struct Opened {
    session: Session,
    keys: HashMap<KeyId, ObjectHandle>,
    era: u64,
}

/// A session that is lent.
pub(super) struct Lent<'a> {
    opened: &'a mut Opened,
    token: &'a TokenChoice,
}

/// Why an act with a session did not end well.
pub(super) enum Trouble {
    /// The module's answer.
    Call(Error),
    /// What was found is wrong; another session would find the same.
    Found(HsmFault),
}

impl From<Error> for Trouble {
    fn from(error: Error) -> Self {
        Trouble::Call(error)
    }
}

impl Hsm {
    /// Loads the module and logs into the token.
    ///
    /// # Errors
    /// [`HsmFault`].
    pub fn open(settings: HsmSettings, pin: &Pin) -> Result<Arc<Self>, HsmFault> {
        let module =
            |error: Error| HsmFault::Module { path: settings.module.clone(), problem: fault::shown(&error) };
        let context = Pkcs11::new(&settings.module).map_err(module)?;
        start(&context).map_err(module)?;
        let pin = AuthPin::new(pin.expose().into());
        let pool = Pool { idle: Vec::new(), open: 0, opening: 0, era: 0, first: 0 };
        let (pool, door) =
            (Mutex::new(pool), Mutex::new(Door { pin, refused: None, started: Instant::now() }));
        let hsm = Self { context, settings, pool, freed: Condvar::new(), door };
        hsm.with_session(|_| Ok(()))?;
        Ok(Arc::new(hsm))
    }

    /// What the configuration says of it.
    pub fn settings(&self) -> &HsmSettings {
        &self.settings
    }

    /// Makes a new Ed25519 key in the token, which never gives it away. [`super::HsmKey::open`] has it prove itself.
    ///
    /// # Errors
    /// [`HsmFault`].
    pub fn generate(&self, object: &HsmObject) -> Result<PublicKey, HsmFault> {
        let token = &self.settings.token;
        // The login of the pool's session holds for this one too, which may write.
        let made = self.with_session(|_| {
            let session = self.context.open_rw_session(self.slot().map_err(Trouble::Found)?)?;
            object::generate(&session, object)
        });
        made?.ok_or_else(|| HsmFault::Failed {
            token: token.clone(),
            problem: "it shows no public half of the new key".into(),
        })
    }

    /// Runs an act with a session, and once more with another where the first one fails.
    pub(super) fn with_session<T>(
        &self,
        act: impl Fn(&mut Lent<'_>) -> Result<T, Trouble>,
    ) -> Result<T, HsmFault> {
        let mut again = true;
        loop {
            let mut opened = self.borrow()?;
            let done = act(&mut Lent { opened: &mut opened, token: &self.settings.token });
            let error = match done {
                Ok(done) => {
                    self.give_back(opened);
                    return Ok(done);
                }
                Err(Trouble::Found(fault)) => {
                    self.give_back(opened);
                    return Err(fault);
                }
                Err(Trouble::Call(error)) => error,
            };
            self.discard(opened, is_gone(&error));
            if !std::mem::replace(&mut again, false) {
                return Err(of_call(&error, &self.settings.token));
            }
        }
    }

    fn borrow(&self) -> Result<Opened, HsmFault> {
        let begun = Instant::now();
        let mut full = false;
        let mut pool = self.lock();
        loop {
            // All idle ones are of this era.
            if let Some(opened) = pool.idle.pop() {
                return Ok(opened);
            }
            if !full && pool.open.saturating_add(pool.opening) < self.settings.sessions {
                pool.opening = pool.opening.saturating_add(1);
                drop(pool);
                let opened = self.open_session();
                pool = self.lock();
                pool.opening = pool.opening.saturating_sub(1);
                let trouble = match opened {
                    Ok(opened) => return Ok(opened),
                    Err(trouble) => trouble,
                };
                let is_full = matches!(trouble, Trouble::Call(Error::Pkcs11(RvError::SessionCount, _)));
                if is_full && pool.open > 0 {
                    // The token allows fewer than the configuration: those that there are must do.
                    full = true;
                    continue;
                }
                drop(pool);
                self.freed.notify_one();
                return Err(match trouble {
                    Trouble::Found(fault) => fault,
                    Trouble::Call(error) => of_call(&error, &self.settings.token),
                });
            }
            let waited = begun.elapsed();
            let Some(left) = self.settings.wait.checked_sub(waited).filter(|left| !left.is_zero()) else {
                return Err(HsmFault::Busy { sessions: pool.open, waited });
            };
            pool = self.freed.wait_timeout(pool, left).unwrap_or_else(PoisonError::into_inner).0;
            full = false;
        }
    }

    fn give_back(&self, opened: Opened) {
        let mut pool = self.lock();
        if opened.era == pool.era {
            pool.idle.push(opened);
            drop(pool);
            self.freed.notify_one();
        } else {
            drop(pool);
            self.discard(opened, Gone::One);
        }
    }

    fn discard(&self, opened: Opened, gone: Gone) {
        let mut pool = self.lock();
        let mut done = vec![opened];
        if gone != Gone::One && done.iter().all(|opened| opened.era == pool.era) {
            pool.era = pool.era.saturating_add(1);
            let idle = std::mem::take(&mut pool.idle);
            done.extend(idle);
            if gone == Gone::Closed {
                pool.first = pool.era;
            }
        }
        let first = pool.first;
        pool.open = pool.open.saturating_sub(u32::try_from(done.len()).unwrap_or(u32::MAX));
        drop(pool);
        // Without the lock: a module may take its time.
        for opened in done.into_iter().filter(|opened| opened.era >= first) {
            // What cannot be closed is no session any more.
            let _ = opened.session.close();
        }
        self.freed.notify_all();
    }

    fn open_session(&self) -> Result<Opened, Trouble> {
        let mut door = self.door.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(refused) = &door.refused {
            return Err(Trouble::Found(refused.clone()));
        }
        let slot = match self.slot() {
            Err(_) if door.started.elapsed() > START_GAP && self.start_anew()? => {
                door.started = Instant::now();
                self.slot()
            }
            found => found,
        };
        let era = self.lock().era;
        let session = self.context.open_ro_session_no_drop(slot.map_err(Trouble::Found)?)?;
        match session.login(UserType::User, Some(&door.pin)) {
            Ok(()) | Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {
                // Before the door opens: who comes next must see that the module is in use.
                let mut pool = self.lock();
                pool.open = pool.open.saturating_add(1);
                Ok(Opened { session, keys: HashMap::new(), era })
            }
            Err(error) => {
                let _ = session.close();
                let fault = of_call(&error, &self.settings.token);
                if matches!(fault, HsmFault::Pin { .. }) {
                    door.refused = Some(fault.clone());
                    return Err(Trouble::Found(fault));
                }
                Err(Trouble::Call(error))
            }
        }
    }

    /// Starts the module anew, unless another thread has a session still: it would lose it.
    fn start_anew(&self) -> Result<bool, Error> {
        // Held until the module runs again, so that nobody borrows meanwhile.
        let mut pool = self.lock();
        // Those who wait at the door have none yet.
        if pool.open > 0 {
            return Ok(false);
        }
        match self.context.clone().finalize() {
            Ok(()) | Err(Error::Pkcs11(RvError::CryptokiNotInitialized, _)) => {}
            Err(error) => return Err(error),
        }
        pool.era = pool.era.saturating_add(1);
        pool.first = pool.era;
        start(&self.context)?;
        Ok(true)
    }

    /// Looked for each time: a token that was away may come back in another slot.
    fn slot(&self) -> Result<Slot, HsmFault> {
        let token = &self.settings.token;
        let call = |error: Error| of_call(&error, token);
        let mut present = Vec::new();
        for slot in self.context.get_slots_with_token().map_err(call)? {
            match self.context.get_token_info(slot) {
                Ok(info) if info.token_initialized() => {
                    present.push((slot, info.label().trim_end().to_owned()))
                }
                // An empty one, or one that was removed since the list was made.
                Ok(_) | Err(_) => {}
            }
        }
        let is_meant = |(slot, label): &&(Slot, String)| match token {
            TokenChoice::Label(wanted) => wanted == label,
            TokenChoice::Slot(wanted) => *wanted == slot.id(),
        };
        match present.iter().filter(is_meant).collect::<Vec<_>>()[..] {
            [(slot, _)] => Ok(*slot),
            [] => {
                let present = present.into_iter().map(|(_, label)| label).collect();
                Err(HsmFault::NoToken { token: token.clone(), present })
            }
            ref several => Err(HsmFault::TwoTokens { token: token.clone(), count: several.len() }),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Pool> {
        // A thread that panicked has left counts, not halves of anything.
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Tells the module that nobody uses the sessions any more; it ends with the process at the latest.
impl Drop for Hsm {
    fn drop(&mut self) {
        let pool = self.pool.get_mut().unwrap_or_else(PoisonError::into_inner);
        for opened in std::mem::take(&mut pool.idle) {
            let _ = opened.session.close();
        }
    }
}

fn start(context: &Pkcs11) -> Result<(), Error> {
    match context.initialize(CInitializeArgs::new(CInitializeFlags::OS_LOCKING_OK)) {
        Ok(()) | Err(Error::Pkcs11(RvError::CryptokiAlreadyInitialized, _)) => Ok(()),
        Err(error) => Err(error),
    }
}

impl Lent<'_> {
    /// The handle of a key, which has proved itself in this session.
    pub(super) fn key(&mut self, wanted: &Wanted) -> Result<ObjectHandle, Trouble> {
        let id = wanted.public.id();
        if let Some(handle) = self.opened.keys.get(&id) {
            return Ok(*handle);
        }
        let handle = object::find(&self.opened.session, wanted, self.token)?;
        self.opened.keys.insert(id, handle);
        Ok(handle)
    }

    pub(super) fn sign(&self, key: ObjectHandle, message: &[u8]) -> Result<[u8; 64], Trouble> {
        sign(&self.opened.session, key, message, self.token)
    }
}

/// A signature as the module returns it.
pub(super) fn sign(
    session: &Session,
    key: ObjectHandle,
    message: &[u8],
    token: &TokenChoice,
) -> Result<[u8; 64], Trouble> {
    let signature = session.sign(&ed25519(), key, message)?;
    let bytes = signature.len();
    signature.try_into().map_err(|_| {
        let problem = format!("a signature of {bytes} bytes");
        Trouble::Found(HsmFault::Failed { token: token.clone(), problem })
    })
}

/// What an answer does to sessions.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Gone {
    /// The one that answered is given up.
    One,
    /// All that there are must be made anew.
    All,
    /// All were closed by the token or the module.
    Closed,
}

fn is_gone(error: &Error) -> Gone {
    let Error::Pkcs11(answer, _) = error else { return Gone::One };
    match answer {
        RvError::SessionHandleInvalid
        | RvError::SessionClosed
        | RvError::DeviceRemoved
        | RvError::TokenNotPresent
        | RvError::CryptokiNotInitialized => Gone::Closed,
        RvError::DeviceError
        | RvError::TokenNotRecognized
        | RvError::UserNotLoggedIn
        | RvError::KeyHandleInvalid
        | RvError::ObjectHandleInvalid => Gone::All,
        _ => Gone::One,
    }
}

/// Shows neither sessions nor the PIN.
impl fmt::Debug for Hsm {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hsm").field("settings", &self.settings).finish_non_exhaustive()
    }
}
