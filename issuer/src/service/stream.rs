//! An answer that is made while it is sent: its parts come through a channel, so that a slow client holds up whoever makes
//! them and nothing piles up.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::Bytes;
use hyper::body::{Body, Frame};
use tokio::sync::mpsc::Receiver;

/// The body of such an answer.
#[derive(Debug)]
pub struct Streamed(Receiver<io::Result<Bytes>>);

impl Streamed {
    /// Sends what comes through a channel, until its other end is dropped.
    pub fn new(parts: Receiver<io::Result<Bytes>>) -> Self {
        Self(parts)
    }
}

impl Body for Streamed {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, io::Error>>> {
        self.0.poll_recv(context).map(|part| part.map(|part| part.map(Frame::data)))
    }
}
