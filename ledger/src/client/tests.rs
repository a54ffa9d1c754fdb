//! The client against scripted answers over real sockets.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use super::*;
use crate::samples;

/// Answers one request with these bytes and gives what was asked.
fn answering(answer: impl Into<Vec<u8>>) -> (Client, thread::JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let answer = answer.into();
    let base = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let server = thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut asked = String::new();
        let mut buffer = [0; 4096];
        while !complete(&asked) {
            let n = stream.read(&mut buffer).unwrap();
            asked.push_str(std::str::from_utf8(&buffer[..n]).unwrap());
        }
        // A client that reads no more than it accepts may close first.
        let _ = stream.write_all(&answer);
        asked
    });
    (Client::new(base), server)
}

/// Whether a request has arrived with its body.
fn complete(asked: &str) -> bool {
    let Some((head, body)) = asked.split_once("\r\n\r\n") else { return false };
    let length = head.to_lowercase();
    let length = length.lines().find_map(|line| line.strip_prefix("content-length: ").map(str::to_owned));
    length.is_none_or(|length| body.len() >= length.parse().unwrap())
}

fn http(status: &str, body: &str) -> String {
    format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len())
}

fn entry() -> Entry {
    samples::sign(samples::schema("identity/1"), "police")
}

fn submit(answer: String) -> Result<Vec<Accepted>, SubmitError> {
    let (client, _server) = answering(answer);
    client.submit(&[entry()])
}

#[test]
fn a_submission_is_the_array_of_entries() {
    let (client, server) = answering(http("200 OK", r#"[{"index":4,"first_position":null}]"#));
    assert_eq!(client.submit(&[entry()]), Ok(vec![Accepted { index: 4, first_position: None }]));
    let asked = server.join().unwrap();
    assert!(asked.starts_with("POST /entries HTTP/1.1\r\n"), "{asked}");
    let body = asked.split_once("\r\n\r\n").unwrap().1;
    assert_eq!(body.as_bytes(), encode_batch(&[entry()]));
}

#[test]
fn a_refusal_keeps_its_code_and_says_which_entry() {
    let body = r#"{"error":"foreign_name","message":{"zh-CN":"否","en":"no"},"detail":"no","entry":0}"#;
    let refused = submit(http("409 Conflict", body)).unwrap_err();
    assert_eq!(refused.to_string(), "the ledger refused the entries (foreign_name): no");
    let SubmitError::Refused { status: 409, entry, .. } = refused else { panic!("{refused:?}") };
    assert_eq!(entry, Some(0));
}

#[test]
fn a_busy_node_says_when_to_try_again() {
    let answer = "HTTP/1.1 503 Busy\r\nretry-after: 7\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    assert_eq!(submit(answer.to_owned()), Err(SubmitError::Busy { retry_after_s: 7 }));
}

#[test]
fn an_inner_failure_leaves_it_open_whether_entries_were_accepted() {
    let failed = submit(http("500 Internal Server Error", "{}"));
    assert_eq!(failed, Err(SubmitError::NoAnswer(FetchError::Status(500))));
}

#[test]
fn answers_of_another_shape_are_refused() {
    for body in ["", "{}", "[]", r#"[{"index":0,"first_position":4294967296}]"#] {
        assert_eq!(submit(http("200 OK", body)), Err(SubmitError::Malformed), "{body}");
    }
    assert_eq!(submit(http("409 Conflict", "<html>")), Err(SubmitError::Malformed));
}

#[test]
fn a_body_is_read_up_to_the_limit_and_no_further() {
    let (client, _server) = answering(http("200 OK", "12345678"));
    assert_eq!(client.get(&Resource::Cap, 8), Ok(b"12345678".to_vec()));
    let (client, _server) = answering(http("200 OK", "123456789"));
    assert!(matches!(client.get(&Resource::Cap, 8), Err(FetchError::TooLarge(_))));
}

#[test]
fn a_redirect_is_not_followed() {
    let answer =
        "HTTP/1.1 302 Found\r\nlocation: /elsewhere\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let (client, _server) = answering(answer);
    assert_eq!(client.get(&Resource::Checkpoint, 8), Err(FetchError::Status(302)));
}

#[test]
fn another_file_than_asked_for_is_refused() {
    let digest = Digest::of(b"the key");
    let (client, _server) = answering(http("200 OK", "the key"));
    assert_eq!(client.blob(&digest, 100), Ok(b"the key".to_vec()));
    let (client, _server) = answering(http("200 OK", "another"));
    assert_eq!(client.blob(&digest, 100), Err(BlobError::OtherFile(digest)));
}

#[test]
fn a_base_may_have_a_path() {
    let client = Client::new("http://127.0.0.1/mirror/".parse().unwrap());
    assert_eq!(client.address("/checkpoint"), "http://127.0.0.1/mirror/checkpoint");
}

#[test]
fn nobody_there_is_unreachable() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap());
    drop(listener);
    let client = Client::new(base.parse().unwrap());
    assert!(matches!(client.get(&Resource::Checkpoint, 8), Err(FetchError::Unreachable(_))));
}

#[test]
fn a_reader_who_came_too_early_waits_and_asks_again() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let base = format!("http://{}/", listener.local_addr().unwrap()).parse().unwrap();
    let early =
        "HTTP/1.1 429 Too Many Requests\r\nretry-after: 0\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    let server = thread::spawn(move || {
        for answer in [early.to_owned(), http("200 OK", "leaves")] {
            let (mut stream, _) = listener.accept().unwrap();
            let mut buffer = [0; 4096];
            assert!(stream.read(&mut buffer).unwrap() > 0);
            stream.write_all(answer.as_bytes()).unwrap();
        }
    });
    assert_eq!(Client::new(base).get(&Resource::Cap, 8), Ok(b"leaves".to_vec()));
    server.join().unwrap();
}

/// In a process of its own, which is told of a proxy by every name that programs obey.
#[test]
fn a_proxy_of_the_environment_sees_nothing() {
    let proxy = TcpListener::bind("127.0.0.1:0").unwrap();
    proxy.set_nonblocking(true).unwrap();
    let named = format!("http://{}", proxy.local_addr().unwrap());
    let (client, server) = answering(http("200 OK", "{}"));
    let mut child = std::process::Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "client::tests::asks_the_node_that_it_is_told", "--ignored"]);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        child.env(name, &named).env(name.to_lowercase(), &named);
    }
    child.env_remove("NO_PROXY").env_remove("no_proxy").env("NODE_FOR_TEST", client.base().as_str());
    let output = child.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    assert!(server.join().unwrap().starts_with("GET /status HTTP/1.1"));
    assert_eq!(proxy.accept().err().map(|e| e.kind()), Some(std::io::ErrorKind::WouldBlock));
}

#[test]
#[ignore = "a part of the test above, which starts it in another process"]
fn asks_the_node_that_it_is_told() {
    let base: Url = std::env::var("NODE_FOR_TEST").unwrap().parse().unwrap();
    let answer = agent_builder().build().new_agent().get(base.join("status").unwrap().as_str()).call();
    assert_eq!(answer.unwrap().status(), 200);
}
