//! A server in front of an office, to which the wallet talks: at one request it stands still or hangs up, so that a test
//! interrupts the wallet between two of its steps, whatever the machine does meanwhile.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::Child;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread;

use crate::office::{NEVER, free_port};
use crate::pretenders::request_of;

pub(crate) struct Front {
    pub(crate) url: String,
    /// Where the office listens.
    pub(crate) port: u16,
    next: Arc<Mutex<Option<Moment>>>,
    reached: Receiver<()>,
}

/// When it does not do what a server does.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Moment {
    /// At requests of this path.
    pub(crate) path: &'static str,
    /// So many of them are answered before.
    pub(crate) after: u32,
    pub(crate) office: TheOffice,
    pub(crate) then: Then,
}

/// Whether the office hears of the request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TheOffice {
    HearsNothing,
    Answers,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Then {
    /// Nothing comes, for as long as anybody waits.
    StandsStill,
    HangsUp,
}

impl Front {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let port = free_port();
        let next = Arc::new(Mutex::new(None));
        let (tell, reached) = channel();
        let moment = Arc::clone(&next);
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (moment, tell) = (Arc::clone(&moment), tell.clone());
                thread::spawn(move || serve(stream.unwrap(), port, &moment, &tell));
            }
        });
        Self { url, port, next, reached }
    }

    pub(crate) fn interrupts(&self, moment: Moment) {
        *self.next.lock().unwrap() = Some(moment);
    }

    /// Kills a program when the moment has come.
    pub(crate) fn kills(&self, mut child: Child) {
        self.reached.recv_timeout(NEVER).unwrap();
        child.kill().unwrap();
        assert_eq!(child.wait().unwrap().code(), None, "it ended before it was killed");
    }
}

fn serve(mut stream: TcpStream, port: u16, moment: &Mutex<Option<Moment>>, tell: &Sender<()>) {
    let Some(request) = request_of(&mut stream) else { return };
    let text = String::from_utf8_lossy(&request);
    let path = text.split(' ').nth(1).unwrap();
    let now = its_moment(&mut moment.lock().unwrap(), path);
    if now.is_none_or(|moment| moment.office == TheOffice::Answers) {
        let head = request.windows(4).position(|four| four == b"\r\n\r\n").unwrap();
        let mut office = TcpStream::connect(("127.0.0.1", port)).unwrap();
        // One request to a connection: an answer ends where the connection does.
        office.write_all(&[&request[..head], b"\r\nConnection: close", &request[head..]].concat()).unwrap();
        let mut answer = Vec::new();
        office.read_to_end(&mut answer).unwrap();
        if now.is_none() {
            let _ = stream.write_all(&answer);
        }
    }
    if let Some(moment) = now {
        let _ = tell.send(());
        if moment.then == Then::StandsStill {
            thread::sleep(NEVER);
        }
    }
}

/// The moment, if it is this request's.
fn its_moment(next: &mut Option<Moment>, path: &str) -> Option<Moment> {
    let moment = next.as_mut().filter(|moment| moment.path == path)?;
    if moment.after > 0 {
        moment.after -= 1;
        return None;
    }
    next.take()
}
