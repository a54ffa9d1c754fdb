//! An assistant that says what a test tells it to.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use openid4vc::paper::{NONCE, PREFIX, SALT};

use super::*;

const CODE: &str = "K7QM-3XPT";

/// A paper by form; nobody opens it here.
fn paper(byte: u8) -> String {
    format!("{PREFIX}{}", base45::encode([byte; SALT + NONCE + 80]))
}

/// Answers every connection with this.
fn assistant(status: &'static str, body: &'static str) -> Assistant {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut heard = [0; 4_096];
            let _ = stream.read(&mut heard).unwrap();
            let length = body.len();
            let head = format!(
                "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n"
            );
            stream.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes()).unwrap();
        }
    });
    Assistant::new(url).unwrap()
}

#[test]
fn what_the_assistant_says_is_understood() {
    let says = |status, body| assistant(status, body).answer("link", &paper(1), CODE, 0);
    assert_eq!(says("200 OK", r#"{"outcome": "declined"}"#), Ok(()));
    for (status, body, wanted) in [
        ("403 Forbidden", r#"{"error": "wrong_code"}"#, AssistantError::WrongCode),
        ("429 Too Many Requests", r#"{"error": "wait", "seconds": 4}"#, AssistantError::Wait { seconds: 4 }),
        ("409 Conflict", r#"{"error": "other_ledger"}"#, AssistantError::OtherLedger),
        ("503 Service Unavailable", r#"{"error": "not_synced"}"#, AssistantError::Away),
        ("500 Internal Server Error", "nonsense", AssistantError::Away),
    ] {
        assert_eq!(says(status, body), Err(wanted), "{body}");
    }
}

#[test]
fn what_is_no_paper_or_no_code_is_not_forwarded() {
    let nobody = Assistant::new("http://127.0.0.1:1/".parse().unwrap()).unwrap();
    assert_eq!(nobody.answer("link", "openid4vp://?x", CODE, 0), Err(AssistantError::Paper));
    assert_eq!(nobody.answer("link", &paper(1), "12", 0), Err(AssistantError::Code));
    assert_eq!(nobody.answer("link", &paper(1), CODE, 0), Err(AssistantError::Away));
}

#[test]
fn tries_are_slowed_down_per_paper_and_other_trouble_is_no_try() {
    let wrong = assistant("403 Forbidden", r#"{"error": "wrong_code"}"#);
    assert!((0..5).all(|_| wrong.answer("link", &paper(1), CODE, 0) == Err(AssistantError::WrongCode)));
    assert!(matches!(wrong.answer("link", &paper(1), CODE, 0), Err(AssistantError::Wait { .. })));
    assert_eq!(wrong.answer("link", &paper(2), CODE, 0), Err(AssistantError::WrongCode));
    let away = assistant("503 Service Unavailable", r#"{"error": "not_synced"}"#);
    assert!((0..9).all(|_| away.answer("link", &paper(1), CODE, 0) == Err(AssistantError::Away)));
}

#[test]
fn papers_do_not_travel_to_another_machine() {
    assert!(Assistant::new("http://192.0.2.1:7005/".parse().unwrap()).is_none());
    assert!(Assistant::new("https://assistant.example/".parse().unwrap()).is_none());
}
