//! An HTTP server in a thread that answers as a test says and remembers what it heard.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use url::Url;

/// A request as it came.
#[derive(Clone, Debug)]
pub(crate) struct Heard {
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) body: String,
}

type Answers = dyn Fn(&Heard) -> (u16, Vec<u8>) + Send + Sync;

/// Listens on a port of its own until the test process ends.
pub(crate) struct Server {
    pub(crate) url: Url,
    heard: Arc<Mutex<Vec<Heard>>>,
    answers: Arc<Mutex<Arc<Answers>>>,
    /// What its clock shows; it says nothing of it until told otherwise.
    date: Arc<Mutex<Option<u64>>>,
}

impl Server {
    /// Answers 404 until told otherwise.
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = Url::parse(&format!("http://{}", listener.local_addr().unwrap())).unwrap();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let nothing: Arc<Answers> = Arc::new(|_| (404, Vec::new()));
        let answers = Arc::new(Mutex::new(nothing));
        let date = Arc::new(Mutex::new(None));
        let clock = Arc::clone(&date);
        let log = Arc::clone(&heard);
        let say = Arc::clone(&answers);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let answer = Arc::clone(&say.lock().unwrap());
                let date = *clock.lock().unwrap();
                let _ = serve(stream, &log, &*answer, date);
            }
        });
        Self { url, heard, answers, date }
    }

    pub(crate) fn answer(&self, answers: impl Fn(&Heard) -> (u16, Vec<u8>) + Send + Sync + 'static) {
        *self.answers.lock().unwrap() = Arc::new(answers);
    }

    /// Its clock shows `unix` seconds from now on, and it says so.
    pub(crate) fn set_clock(&self, unix: u64) {
        *self.date.lock().unwrap() = Some(unix);
    }

    pub(crate) fn at(&self, path: &str) -> Url {
        self.url.join(path).unwrap()
    }

    pub(crate) fn take_heard(&self) -> Vec<Heard> {
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

fn serve(
    mut stream: TcpStream,
    log: &Mutex<Vec<Heard>>,
    answer: &Answers,
    date: Option<u64>,
) -> std::io::Result<()> {
    let heard = read(&stream)?;
    log.lock().unwrap().push(heard.clone());
    let (status, body) = answer(&heard);
    let location = if status == 302 { "Location: /elsewhere\r\n" } else { "" };
    let date = date.map_or_else(String::new, |unix| {
        let time = std::time::UNIX_EPOCH + std::time::Duration::from_secs(unix);
        format!("Date: {}\r\n", httpdate::fmt_http_date(time))
    });
    let head = format!(
        "HTTP/1.1 {status} X\r\n{location}{date}Content-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(&body)
}

fn read(stream: &TcpStream) -> std::io::Result<Heard> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let mut words = line.split_whitespace().map(str::to_owned);
    let method = words.next().unwrap_or_default();
    let path = words.next().unwrap_or_default();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        let header = header.trim().to_ascii_lowercase();
        if header.is_empty() {
            break;
        }
        if let Some(value) = header.strip_prefix("content-length:") {
            length = value.trim().parse().unwrap_or(0);
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    Ok(Heard { method, path, body: String::from_utf8_lossy(&body).into_owned() })
}
