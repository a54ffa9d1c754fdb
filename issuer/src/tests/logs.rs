//! The log tells no identity number, value, code or token.

use std::io::Write;
use std::sync::{Arc, Mutex};

use super::world::{InjectedFault, PERSON, Wallet, World, identity_row, import, receive, token};

#[derive(Clone, Default)]
struct Captured(Arc<Mutex<Vec<u8>>>);

impl Write for Captured {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[test]
fn log_lines_hold_no_personal_data() {
    let captured = Captured::default();
    let writer = captured.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let secrets = tracing::subscriber::with_default(subscriber, || {
        let world = World::new();
        let wallet = Wallet::new(1);
        import(&world.gongan, "identity/1", &identity_row(PERSON));
        let token = token(&world.gongan, "identity/1", PERSON);
        let request = |nonce: &str| wallet.enroll(&world.gongan, "identity/1", nonce);
        world.ledger.fail_next(InjectedFault::Refused);
        assert!(receive(&world.gongan, &token, &request(&world.gongan.nonce())).is_err());
        let issued = receive(&world.gongan, &token, &request(&world.gongan.nonce())).unwrap();
        let holder = circuits::field::Element(wallet.holder(&world.gongan, "identity/1")).to_string();
        vec![token.expose().to_owned(), holder, issued.salt.to_string(), PERSON.to_owned(), "侯斌".to_owned()]
    });
    let text = String::from_utf8(captured.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("the ledger refused a batch"), "{text}");
    for secret in secrets {
        assert!(!text.contains(&secret));
    }
}
