//! Sealed papers, with an assistant that says what the test tells it to.

use std::io::{Read as _, Write as _};

use openid4vc::paper::{NONCE, PREFIX, SALT};

use super::*;

const CODE: &str = "ABCD-2345";

/// A paper by form; nobody opens it here.
fn paper(byte: u8) -> String {
    format!("{PREFIX}{}", base45::encode([byte; SALT + NONCE + 80]))
}

/// Takes papers, which an assistant answers like this.
fn assisted(service: &TestService, status: &'static str, body: &'static str) {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    assert!(service.state.use_assistant(url));
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let _ = stream.read(&mut [0; 4_096]).unwrap();
            let head = format!("HTTP/1.1 {status}\r\nContent-Length: {}\r\nConnection: close", body.len());
            stream.write_all(format!("{head}\r\n\r\n{body}").as_bytes()).unwrap();
        }
    });
}

#[tokio::test]
async fn without_an_assistant_no_paper_is_taken() {
    let service = TestService::local();
    let path = service.ask("score/1", "").await;
    assert!(!service.get(&path, "").await.says("id=\"paper\""));
    assert_eq!(service.get(&format!("{path}/paper"), "").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paper_is_forwarded_and_its_clerk_is_written_down() {
    let service = TestService::staffed();
    assisted(&service, "200 OK", r#"{"outcome": "declined"}"#);
    let (own, other) = (service.sign_in("韦秀英").await, service.sign_in("clerk").await);
    let path = service.ask("score/1", &own).await;
    assert!(service.get(&path, &own).await.says("id=\"paper\""));
    let form = [("paper", paper(1)), ("code", CODE.to_owned())];
    let form = form.each_ref().map(|(name, text)| (*name, text.as_str()));
    let to = format!("{path}/paper");
    assert_eq!(service.get(&to, &other).await.status, StatusCode::NOT_FOUND);
    assert_eq!(service.post(&to, &form, &other).await.status, StatusCode::NOT_FOUND);
    assert_eq!(
        service.post(&to, &form, &service.sign_in("auditor").await).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(service.post(&to, &form, &own).await.location(), path);
    let audit = service.get("/audit", &service.sign_in("auditor").await).await;
    assert_eq!(audit.text.matches("密封纸").count(), 1, "{}", audit.text);
    assert!(!audit.says(CODE) && !audit.says(PREFIX));
}

#[tokio::test(flavor = "multi_thread")]
async fn why_a_paper_gave_no_answer_is_said_and_tries_are_slowed_down() {
    let service = TestService::local();
    assisted(&service, "403 Forbidden", r#"{"error": "wrong_code"}"#);
    let to = format!("{}/paper", service.ask("score/1", "").await);
    let tried = async |paper: &str, code: &str| {
        let seen = service.post(&to, &[("paper", paper), ("code", code)], "").await;
        let word = seen.text.split_once("data-word=\"").expect("a reason").1.split('"').next();
        assert!(!seen.says(PREFIX) && !seen.says(CODE), "what was typed is not shown again");
        word.expect("a word").to_owned()
    };
    assert_eq!(tried("openid4vp://?x", CODE).await, "paper");
    assert_eq!(tried(&paper(1), "12").await, "code-bad");
    for _ in 0..5 {
        assert_eq!(tried(&paper(1), CODE).await, "wrong-code");
    }
    assert_eq!(tried(&paper(1), CODE).await, "wait");
    assert_eq!(tried(&paper(2), CODE).await, "wrong-code");
}
