//! Connections: how they are made, what is believed of the server, and when work is done again on another one.

use std::io;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{
    Client, Hook, HookError, Manager, ManagerConfig, Pool, PoolError, RecyclingMethod, Runtime as PoolRuntime,
};
use ledger::client::trusted_roots;
use rustls::ClientConfig;
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::Config;
use tokio_postgres::config::{Host, SslMode};
use tokio_postgres::error::SqlState;
use tokio_postgres_rustls::MakeRustlsConnect;
use zeroize::Zeroizing;

use super::StoreError;

/// Connections of one process at most: two judge, the others are for pages and programs.
const CONNECTIONS: usize = 8;
/// To find the server and connect; and to wait for a connection that others use.
const CONNECT: Duration = Duration::from_secs(5);
/// A server that acknowledges nothing for so long is gone.
const SILENT: Duration = Duration::from_secs(15);
/// For so long work is begun again after a connection was lost: a standby is promoted meanwhile.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// Between two attempts.
pub(super) const PAUSE: Duration = Duration::from_millis(50);
/// Whoever only wants to know whether a write would be taken waits for so long.
pub(super) const TRY: Duration = Duration::from_secs(2);

/// A commit waits for the disk, and for the standby where there is one; nothing waits for ever.
const SESSION: &str = "SET synchronous_commit = on; SET lock_timeout = '10s'; SET statement_timeout = '60s'; \
                       SET idle_in_transaction_session_timeout = '60s'; SET client_min_messages = warning";

/// Threads and connections for an address; none is made before it is needed.
pub(super) fn connect(address: &str, tls: ClientConfig) -> Result<(Runtime, Pool), StoreError> {
    let mut config = parse(address)?;
    config.application_name("yong-verifier").connect_timeout(CONNECT).tcp_user_timeout(SILENT);
    config.ssl_mode(protection(&config));
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let manager = Manager::from_config(config, MakeRustlsConnect::new(tls), recycling);
    let session = Hook::async_fn(|client: &mut deadpool_postgres::ClientWrapper, _| {
        Box::pin(async move { client.batch_execute(SESSION).await.map_err(HookError::Backend) })
    });
    let pool = Pool::builder(manager)
        .max_size(CONNECTIONS)
        .wait_timeout(Some(CONNECT))
        .create_timeout(Some(CONNECT))
        .runtime(PoolRuntime::Tokio1)
        .post_create(session)
        .build()
        .map_err(|_| StoreError::NoConnection)?;
    let threads = Builder::new_multi_thread().worker_threads(2).thread_name("register").enable_all().build();
    Ok((threads.map_err(StoreError::Threads)?, pool))
}

/// The TLS that is spoken with a server: its certificate leads to an authority that this process believes for all services.
pub(super) fn believed() -> ClientConfig {
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("AWS-LC has the cipher suites of both versions of TLS")
        .with_root_certificates(trusted_roots())
        .with_no_client_auth()
}

/// What libpq calls `verify-full` is what happens wherever TLS is spoken; its driver here knows the weaker word alone.
fn parse(address: &str) -> Result<Config, StoreError> {
    let verified = address.rsplit_once('?').map(|(place, options)| {
        let asked = ["sslmode=verify-full", "sslmode=verify-ca"];
        let options = asked.iter().fold(Zeroizing::new(options.to_owned()), |options, asked| {
            Zeroizing::new(options.replace(asked, "sslmode=require"))
        });
        Zeroizing::new([place, "?", &options].concat())
    });
    // What the parser says repeats parts of the text.
    verified.as_deref().map_or(address, String::as_str).parse().map_err(|_| StoreError::Address)
}

/// A server of this machine is spoken to in the clear. Any other must speak TLS: the mode that falls back to plain text is
/// for whoever sits on the way. An address may ask for plain text by name (`sslmode=disable`).
fn protection(config: &Config) -> SslMode {
    let local = |host: &Host| match host {
        Host::Unix(_) => true,
        Host::Tcp(name) => {
            name == "localhost" || name.parse().is_ok_and(|address: IpAddr| address.is_loopback())
        }
    };
    // Where an address stands beside a name, it is the address that is connected to.
    let here = config.get_hosts().iter().all(local) && config.get_hostaddrs().iter().all(IpAddr::is_loopback);
    match config.get_ssl_mode() {
        SslMode::Prefer if here => SslMode::Disable,
        SslMode::Prefer => SslMode::Require,
        asked => asked,
    }
}

/// Refuses a server whose commits are not on its disk.
pub(super) async fn durable(client: &Client) -> Result<(), StoreError> {
    let fsync: String = client.query_one("SHOW fsync", &[]).await?.try_get(0)?;
    if fsync == "on" { Ok(()) } else { Err(StoreError::NotDurable) }
}

pub(super) fn pool_error(error: PoolError) -> StoreError {
    match error {
        PoolError::Backend(error) | PoolError::PostCreateHook(HookError::Backend(error)) => error.into(),
        _ => StoreError::NoConnection,
    }
}

/// Whether work that failed is begun again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Retry {
    /// The same would happen again.
    Never,
    /// The transaction was taken back.
    NothingLanded,
    /// The connection was lost while the server committed.
    MayHaveLanded,
}

impl Retry {
    pub(super) fn after(error: &StoreError) -> Self {
        match error {
            StoreError::Commit(error) if is_lost(error) => Self::MayHaveLanded,
            StoreError::Postgres(error) | StoreError::Commit(error)
                if is_lost(error) || lost_a_race(error) =>
            {
                Self::NothingLanded
            }
            _ => Self::Never,
        }
    }
}

/// Whether an error of a batch is one that a single end of it may have alone: the server judged a statement, and did not
/// stop or run out of something.
pub(super) fn is_about_one(error: &StoreError) -> bool {
    match error {
        StoreError::Postgres(error) => {
            error.code().is_some_and(|code| matches!(code.code().get(..2), Some("22" | "23")))
        }
        StoreError::Malformed(_) => true,
        _ => false,
    }
}

/// Another transaction was let through first.
fn lost_a_race(error: &tokio_postgres::Error) -> bool {
    [&SqlState::T_R_DEADLOCK_DETECTED, &SqlState::T_R_SERIALIZATION_FAILURE]
        .iter()
        .any(|code| error.code() == Some(code))
}

/// The server went away, does not answer, is just starting or stopping, or is a standby that waits to be promoted.
fn is_lost(error: &tokio_postgres::Error) -> bool {
    let codes = [
        &SqlState::ADMIN_SHUTDOWN,
        &SqlState::CRASH_SHUTDOWN,
        &SqlState::CANNOT_CONNECT_NOW,
        &SqlState::CONNECTION_EXCEPTION,
        &SqlState::CONNECTION_FAILURE,
        &SqlState::CONNECTION_DOES_NOT_EXIST,
        &SqlState::READ_ONLY_SQL_TRANSACTION,
    ];
    let by_code = error.code().is_some_and(|code| codes.contains(&code));
    let cause = std::error::Error::source(error);
    by_code || error.is_closed() || cause.is_some_and(|cause| cause.downcast_ref::<io::Error>().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_server_of_this_machine_is_spoken_to_in_the_clear() {
        let mode = |address: &str| protection(&parse(address).unwrap());
        for local in
            ["postgres://u@127.0.0.1/d", "postgres://u@localhost/d", "postgres://u@%2Frun%2Fpostgresql/d"]
        {
            assert_eq!(mode(local), SslMode::Disable, "{local}");
        }
        for remote in [
            "postgres://u@db.example/d",
            "postgres://u@127.0.0.1,10.0.0.7/d",
            "postgres://u@localhost/d?hostaddr=10.0.0.7",
            "postgres://u@db/d?sslmode=require",
            "postgres://u@localhost/d?sslmode=require",
            "postgres://u@localhost/d?connect_timeout=3&sslmode=verify-full",
            "postgres://u@db/d?sslmode=verify-ca",
        ] {
            assert_eq!(mode(remote), SslMode::Require, "{remote}");
        }
        assert_eq!(mode("postgres://u@10.0.0.7/d?sslmode=disable"), SslMode::Disable);
    }

    #[test]
    fn an_address_that_cannot_be_read_is_not_repeated() {
        let error = connect("postgres://u:secret@host:port/d", believed()).err().unwrap();
        assert!(matches!(error, StoreError::Address) && !error.to_string().contains("secret"));
    }
}
