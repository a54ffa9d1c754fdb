//! A file as a response body, read piece by piece on a blocking thread.

use std::fs::File;
use std::io::{self, Read as _};
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes};
use futures_core::Stream;
use tokio::sync::mpsc::{Receiver, Sender, channel};

/// The file from where it stands. A reader that goes away ends the reading.
pub(super) fn body(file: File) -> Body {
    let (pieces, receiver) = channel(AHEAD);
    tokio::task::spawn_blocking(move || read(file, &pieces));
    Body::from_stream(Pieces(receiver))
}

fn read(mut file: File, pieces: &Sender<io::Result<Bytes>>) {
    loop {
        let mut piece = Vec::with_capacity(PIECE);
        let read = file.by_ref().take(PIECE as u64).read_to_end(&mut piece);
        let more = read.as_ref().is_ok_and(|length| *length > 0);
        let ended = matches!(read, Ok(0));
        if ended || pieces.blocking_send(read.map(|_| piece.into())).is_err() || !more {
            return;
        }
    }
}

struct Pieces(Receiver<io::Result<Bytes>>);

impl Stream for Pieces {
    type Item = io::Result<Bytes>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.poll_recv(context)
    }
}

/// Bytes of a piece.
const PIECE: usize = 64 << 10;
/// Pieces read before they are sent.
const AHEAD: usize = 4;
