//! How a process ends: politely at the first signal, at once at the second.

use std::future::pending;
use std::process;

/// Ends when the process is asked to: Ctrl-C (SIGINT), or the service manager's SIGTERM.
///
/// From then on a second signal ends the process at once, with the exit code that shells give to a process
/// that a signal ended (130 or 143): whoever asks twice does not want to wait for open connections. Await
/// it once per process, inside a Tokio runtime with I/O. Where signals cannot be listened to it never ends,
/// and the system's own way of ending the process stays.
pub async fn requested() {
    let mut signals = Signals::listen();
    let first = signals.next().await;
    tracing::debug!(signal = first.name(), "asked to end");
    tokio::spawn(async move {
        let second = signals.next().await;
        tracing::warn!(signal = second.name(), "asked to end again: ending at once");
        process::exit(second.exit_code());
    });
}

/// A signal that asks for the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Signal {
    Interrupt,
    #[cfg(unix)]
    Terminate,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "SIGINT",
            #[cfg(unix)]
            Self::Terminate => "SIGTERM",
        }
    }
    /// 128 and the signal's number.
    fn exit_code(self) -> i32 {
        match self {
            Self::Interrupt => 130,
            #[cfg(unix)]
            Self::Terminate => 143,
        }
    }
}

#[cfg(unix)]
struct Signals {
    interrupt: Option<tokio::signal::unix::Signal>,
    terminate: Option<tokio::signal::unix::Signal>,
}

#[cfg(unix)]
impl Signals {
    fn listen() -> Self {
        use tokio::signal::unix::{SignalKind, signal};
        let listen = |kind: SignalKind| {
            signal(kind).inspect_err(|error| tracing::warn!(%error, "a signal cannot be listened to")).ok()
        };
        Self { interrupt: listen(SignalKind::interrupt()), terminate: listen(SignalKind::terminate()) }
    }

    async fn next(&mut self) -> Signal {
        tokio::select! {
            () = received(self.interrupt.as_mut()) => Signal::Interrupt,
            () = received(self.terminate.as_mut()) => Signal::Terminate,
        }
    }
}

#[cfg(unix)]
async fn received(signal: Option<&mut tokio::signal::unix::Signal>) {
    let came = match signal {
        Some(signal) => signal.recv().await.is_some(),
        None => false,
    };
    if !came {
        pending::<()>().await;
    }
}

#[cfg(not(unix))]
struct Signals;

#[cfg(not(unix))]
impl Signals {
    fn listen() -> Self {
        Self
    }

    async fn next(&mut self) -> Signal {
        if tokio::signal::ctrl_c().await.is_err() {
            pending::<()>().await;
        }
        Signal::Interrupt
    }
}
