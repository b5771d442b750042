//! Connections: HTTP/1.1, with TLS where the URL asks for it.

use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use ironbird_wire::http::Response;

use crate::error::CallError;

/// The largest answer that is read: the largest page of the largest service is far below.
const MAX_ANSWER: usize = 64 << 20;

/// A pool of connections.
#[derive(Clone)]
pub(crate) struct Connection(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl Connection {
    pub(crate) fn new() -> Result<Self, CallError> {
        let connector = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(hyper_rustls_provider())
            .map_err(|cause| CallError::Unreachable { url: "https".to_owned(), cause: cause.to_string() })?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self(Client::builder(TokioExecutor::new()).build(connector)))
    }

    pub(crate) async fn send(
        &self,
        request: http::Request<Vec<u8>>,
        timeout: Duration,
    ) -> Result<Response, CallError> {
        let url = request.uri().to_string();
        let unreachable = |cause: String| CallError::Unreachable { url: url.clone(), cause };
        let request = request.map(|body| Full::new(Bytes::from(body)));
        let exchange = async {
            let response = self.0.request(request).await.map_err(|cause| unreachable(chain(&cause)))?;
            let (head, body) = response.into_parts();
            let body = Limited::new(body, MAX_ANSWER)
                .collect()
                .await
                .map_err(|cause| unreachable(cause.to_string()))?;
            Ok(Response {
                status: head.status.as_u16(),
                headers: head.headers,
                body: body.to_bytes().to_vec(),
            })
        };
        match tokio::time::timeout(timeout, exchange).await {
            Ok(settled) => settled,
            Err(_) => Err(unreachable(format!("no answer within {} s", timeout.as_secs()))),
        }
    }
}

fn hyper_rustls_provider() -> rustls::crypto::CryptoProvider {
    rustls::crypto::aws_lc_rs::default_provider()
}

/// Waits on the host's clock: between tries of a real call, no virtual time is involved.
#[expect(clippy::disallowed_methods, reason = "a real endpoint is waited for in real time")]
pub(crate) async fn pause(length: Duration) {
    tokio::time::sleep(length).await;
}

/// An error with its causes: the outermost alone says only that sending failed.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        text.push_str(": ");
        text.push_str(&inner.to_string());
        cause = inner.source();
    }
    text
}
