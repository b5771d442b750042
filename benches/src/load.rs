//! Load: connections that stay open, each sending its next request when the answer to the last has come.

use std::fmt;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context as _, bail};
use ironbird_rig::clock::HostClock;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::process::Server;
use crate::requests::Message;

/// What to send, to whom, and for how long.
pub struct Load<'a> {
    /// To whom.
    pub server: &'a Server,
    /// What.
    pub request: &'a Message,
    /// Over how many connections.
    pub connections: usize,
    /// For how long, after half a second to warm up.
    pub span: Duration,
}

/// What came of it.
#[derive(Clone, Copy)]
pub struct Figures {
    /// Answers a second.
    pub rate: f64,
    /// CPU time of the server for each, in microseconds.
    pub cpu_micros: f64,
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>9.0} requests/s  {:>9.1} us CPU/request", self.rate, self.cpu_micros)
    }
}

impl Load<'_> {
    /// Sends for the whole span, and counts.
    pub async fn run(&self) -> anyhow::Result<Figures> {
        let stop = Arc::new(AtomicBool::new(false));
        let count = Arc::new(AtomicU64::new(0));
        let mut tasks = Vec::new();
        for _ in 0..self.connections {
            let (stop, count) = (Arc::clone(&stop), Arc::clone(&count));
            let mut connection = Connection::open(self.server).await?;
            let request = self.request.0.clone();
            tasks.push(tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    connection.exchange(&request).await?;
                    count.fetch_add(1, Ordering::Relaxed);
                }
                anyhow::Ok(())
            }));
        }
        pause(Duration::from_millis(500)).await;
        let (begin, from, cpu) =
            (HostClock::monotonic(), count.load(Ordering::Relaxed), self.server.cpu_seconds()?);
        pause(self.span).await;
        let answers = (count.load(Ordering::Relaxed) - from) as f64;
        let (elapsed, cpu) = (begin.elapsed().as_secs_f64(), self.server.cpu_seconds()? - cpu);
        stop.store(true, Ordering::Relaxed);
        for task in tasks {
            task.await??;
        }
        if answers == 0.0 {
            bail!("no answer within {:?}", self.span);
        }
        Ok(Figures { rate: answers / elapsed, cpu_micros: cpu * 1e6 / answers })
    }
}

/// Waits on the host's clock: the servers are other programs, so that no virtual clock is involved.
async fn pause(span: Duration) {
    let _ = tokio::time::timeout(span, std::future::pending::<()>()).await;
}

/// Sends each of many requests once, over so many connections, whatever their order.
pub async fn each(server: &Server, requests: Vec<Message>, connections: usize) -> anyhow::Result<()> {
    let requests = Arc::new(Mutex::new(requests));
    let mut tasks = Vec::new();
    for _ in 0..connections {
        let requests = Arc::clone(&requests);
        let mut connection = Connection::open(server).await?;
        tasks.push(tokio::spawn(async move {
            loop {
                let next = requests.lock().map_or(None, |mut requests| requests.pop());
                let Some(request) = next else { return anyhow::Ok(()) };
                connection.exchange(&request.0).await?;
            }
        }));
    }
    for task in tasks {
        task.await??;
    }
    Ok(())
}

/// Sends a request once; gives the size of the whole answer.
pub async fn once(server: &Server, request: &Message) -> anyhow::Result<usize> {
    let mut connection = Connection::open(server).await?;
    connection.exchange(&request.0).await?;
    Ok(connection.answer.len())
}

/// Sends a request once; gives the whole answer, head included.
pub async fn fetch(server: &Server, request: &Message) -> anyhow::Result<Vec<u8>> {
    let mut connection = Connection::open(server).await?;
    connection.exchange(&request.0).await?;
    Ok(connection.answer)
}

struct Connection {
    address: std::net::SocketAddr,
    stream: TcpStream,
    answer: Vec<u8>,
}

impl Connection {
    async fn open(server: &Server) -> anyhow::Result<Self> {
        let stream = connect(server.address).await?;
        Ok(Self { address: server.address, stream, answer: Vec::new() })
    }

    /// Sends a request and reads the whole answer, which must be a good one. Opens a new connection where the server
    /// closes after each answer.
    async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<()> {
        self.answer.clear();
        self.stream.write_all(request).await?;
        let (head, length, stays) = loop {
            self.receive().await?;
            if let Some(found) = self.head()? {
                break found;
            }
        };
        while self.answer.len() < head + length {
            self.receive().await?;
        }
        if !self.answer.starts_with(b"HTTP/1.1 200 ") {
            bail!("{}", String::from_utf8_lossy(&self.answer));
        }
        if !stays {
            self.stream = connect(self.address).await?;
        }
        Ok(())
    }

    async fn receive(&mut self) -> anyhow::Result<()> {
        if self.stream.read_buf(&mut self.answer).await? == 0 {
            bail!("the server closed the connection in the middle of an answer");
        }
        Ok(())
    }

    /// Where the body begins, how long it is, and whether the connection stays, once the head is there.
    fn head(&self) -> anyhow::Result<Option<(usize, usize, bool)>> {
        let Some(end) = self.answer.windows(4).position(|window| window == b"\r\n\r\n") else {
            return Ok(None);
        };
        let text = std::str::from_utf8(&self.answer[..end])?.to_ascii_lowercase();
        let field = |name: &str| {
            text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim))
        };
        let length = field("content-length").context("an answer without content-length")?.parse()?;
        Ok(Some((end + 4, length, field("connection") != Some("close"))))
    }
}

async fn connect(address: std::net::SocketAddr) -> anyhow::Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}
