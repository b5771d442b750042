//! The yardstick: a hyper server set up as the rig's, that reads each request and sends always the same bytes.

use std::net::SocketAddr;

use anyhow::Context as _;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderValue};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use tokio::net::TcpListener;

/// First argument of a process that is the bare server; the second is the size of the body.
pub const ARGUMENT: &str = "bare-server";

/// Serves until the process is ended, and prints the address first.
pub fn serve(size: &str) -> anyhow::Result<()> {
    let size: usize = size.parse().context("the size is a number of bytes")?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        let listener = TcpListener::bind(SocketAddr::from(([127, 0, 0, 1], 0))).await?;
        println!("http://{}", listener.local_addr()?);
        let body = Bytes::from(vec![b'x'; size]);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            let body = body.clone();
            tokio::spawn(async move {
                let answer = service_fn(|request| respond(request, body.clone()));
                // A client that goes away ends its connection, and nothing else.
                let _ =
                    Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), answer).await;
            });
        }
    })
}

async fn respond(request: Request<Incoming>, body: Bytes) -> Result<Response<Full<Bytes>>, hyper::Error> {
    request.into_body().collect().await?;
    let mut response = Response::new(Full::new(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    Ok(response)
}
