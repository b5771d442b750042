//! The listening half: connections, their limits, and the end of it all.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use ironbird_rig::World;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};

use crate::Gateway;

/// Connections at once; further ones wait in the kernel's queue.
const CONNECTIONS: usize = 4096;

/// How long a client may take to begin, and to finish, the head of a request. Idle connections end after it too.
const HEAD_PATIENCE: Duration = Duration::from_secs(60);

/// Bytes of a request's head.
const HEAD_LIMIT: usize = 64 * 1024;

/// How long calls in flight may take once the end was asked for.
const GRACE: Duration = Duration::from_secs(10);

/// How long accepting pauses when the system has no room for another connection.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A bound address, not yet answering.
pub struct Server {
    gateway: Arc<Gateway>,
    listener: TcpListener,
}

impl Server {
    /// Binds `address`; port 0 takes any free one.
    ///
    /// # Errors
    /// When the address cannot be had.
    pub async fn bind(gateway: Gateway, address: SocketAddr) -> std::io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        gateway.world().serve_at(url(listener.local_addr()?));
        Ok(Self { gateway: Arc::new(gateway), listener })
    }

    /// The address that was bound.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn address(&self) -> std::io::Result<SocketAddr> {
        self.listener.local_addr()
    }

    /// Answers until `stop` is done, then lets calls in flight finish. The world's timers run meanwhile.
    ///
    /// # Errors
    /// When the thread for timers cannot be started.
    pub async fn run(self, stop: impl Future<Output = ()>) -> std::io::Result<()> {
        let timers = Timers::start(Arc::clone(self.gateway.world()))?;
        let (ending, _) = watch::channel(());
        let room = Arc::new(Semaphore::new(CONNECTIONS));
        let mut stop = std::pin::pin!(stop);
        loop {
            let permit = tokio::select! {
                () = &mut stop => break,
                permit = Arc::clone(&room).acquire_owned() => permit,
            };
            let accepted = tokio::select! {
                () = &mut stop => break,
                accepted = self.listener.accept() => accepted,
            };
            match accepted {
                Ok((stream, peer)) => {
                    let connection = connection(Arc::clone(&self.gateway), stream, peer, ending.subscribe());
                    tokio::spawn(async move {
                        connection.await;
                        drop(permit);
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "cannot accept a connection");
                    let _ = tokio::time::timeout(ACCEPT_PAUSE, std::future::pending::<()>()).await;
                }
            }
        }
        drop(self.listener);
        ending.send_replace(());
        self.gateway.news.end();
        // Every connection holds a receiver until it is done.
        if tokio::time::timeout(GRACE, ending.closed()).await.is_err() {
            tracing::warn!("some connections did not end in time");
        }
        timers.stop();
        Ok(())
    }
}

/// How a browser on this machine reaches an address.
fn url(address: SocketAddr) -> String {
    if address.ip().is_unspecified() {
        return format!("http://localhost:{}", address.port());
    }
    format!("http://{address}")
}

async fn connection(
    gateway: Arc<Gateway>,
    stream: TcpStream,
    peer: SocketAddr,
    mut ending: watch::Receiver<()>,
) {
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    // Telling HTTP/1 and HTTP/2 apart has no time limit of its own.
    if !matches!(tokio::time::timeout(HEAD_PATIENCE, stream.readable()).await, Ok(Ok(()))) {
        return;
    }
    let answer = service_fn(|request| {
        let gateway = Arc::clone(&gateway);
        async move { gateway.answer(request, peer).await.ok_or(Gone) }
    });
    let mut builder = Builder::new(TokioExecutor::new());
    builder
        .http1()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_PATIENCE)
        .max_buf_size(HEAD_LIMIT)
        .http2()
        .timer(TokioTimer::new())
        .max_header_list_size(HEAD_LIMIT as u32)
        .max_concurrent_streams(100);
    let mut serving = std::pin::pin!(builder.serve_connection(TokioIo::new(stream), answer));
    let outcome = tokio::select! {
        outcome = serving.as_mut() => outcome,
        _ = ending.changed() => {
            serving.as_mut().graceful_shutdown();
            serving.await
        }
    };
    if let Err(error) = outcome {
        tracing::debug!(%peer, %error, "connection ended");
    }
}

/// The client went away: there is nobody to answer.
#[derive(Debug)]
struct Gone;

impl std::fmt::Display for Gone {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the client went away")
    }
}

impl std::error::Error for Gone {}

/// The thread that runs the world's timers.
struct Timers {
    world: Arc<World>,
    stop: Arc<AtomicBool>,
    thread: JoinHandle<()>,
}

impl Timers {
    fn start(world: Arc<World>) -> std::io::Result<Self> {
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::Builder::new().name("timers".to_owned()).spawn({
            let (world, stop) = (Arc::clone(&world), Arc::clone(&stop));
            move || world.drive(&stop)
        })?;
        Ok(Self { world, stop, thread })
    }

    fn stop(self) {
        self.stop.store(true, Ordering::Release);
        self.world.stop_driver();
        if self.thread.join().is_err() {
            tracing::error!("the thread for timers panicked");
        }
    }
}
