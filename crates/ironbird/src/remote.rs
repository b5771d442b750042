//! Talking to a rig that runs, through its own interface.

use std::time::Duration;

use anyhow::{Context as _, bail};
use bytes::Bytes;
use clap::Args;
use http::header::{CONTENT_TYPE, HOST};
use http::{Method, Request};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_util::rt::TokioIo;
use ironbird_gateway::own::ProblemBody;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::net::TcpStream;

/// How long a rig may take to accept a connection.
const CONNECT: Duration = Duration::from_secs(5);

/// Bytes of an answer.
const LARGEST: usize = 256 * 1024 * 1024;

/// Which rig to talk to.
#[derive(Args)]
pub struct Remote {
    /// Address of the rig
    #[arg(
        long,
        env = "IRONBIRD_ENDPOINT",
        default_value = "http://127.0.0.1:4599",
        value_name = "URL",
        global = true
    )]
    pub endpoint: String,
}

impl Remote {
    /// Asks for something: `path` is below `/_ironbird/`, and may have a query string.
    ///
    /// # Errors
    /// When the rig cannot be reached, or refuses.
    pub fn get<T: DeserializeOwned>(&self, path: &str) -> anyhow::Result<T> {
        self.send(Method::GET, path, Bytes::new())
    }

    /// The same with parameters, given as a structure whose members are texts or absent.
    ///
    /// # Errors
    /// When the rig cannot be reached, or refuses.
    pub fn get_with<T: DeserializeOwned>(&self, path: &str, query: &impl Serialize) -> anyhow::Result<T> {
        let query = serde_json::to_value(query)?;
        let members = query.as_object().into_iter().flatten();
        let given = members.filter_map(|(name, value)| value.as_str().map(|text| (name, text)));
        let pairs: Vec<String> =
            given.map(|(name, text)| format!("{name}={}", percent_encode(text))).collect();
        self.get(&format!("{path}?{}", pairs.join("&")))
    }

    /// Sends a body.
    ///
    /// # Errors
    /// When the rig cannot be reached, or refuses.
    pub fn send_json<T: DeserializeOwned>(
        &self,
        method: Method,
        path: &str,
        body: &impl Serialize,
    ) -> anyhow::Result<T> {
        self.send(method, path, serde_json::to_vec(body)?.into())
    }

    /// Sends bytes of JSON, or none.
    ///
    /// # Errors
    /// When the rig cannot be reached, or refuses.
    pub fn send<T: DeserializeOwned>(&self, method: Method, path: &str, body: Bytes) -> anyhow::Result<T> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let (status, answer) = runtime.block_on(self.exchange(method, path, body))?;
        if !status.is_success() {
            match serde_json::from_slice::<ProblemBody>(&answer) {
                Ok(problem) => bail!("{}", problem.error.message),
                Err(_) => bail!(
                    "{} answered {status}, which is not how a rig answers; is another program listening there?",
                    self.endpoint
                ),
            }
        }
        serde_json::from_slice(&answer)
            .with_context(|| format!("the answer of {} cannot be read", self.endpoint))
    }

    async fn exchange(
        &self,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> anyhow::Result<(http::StatusCode, Bytes)> {
        let authority = self.authority()?;
        let connecting = TcpStream::connect(authority);
        let unreachable = || format!("no rig answers at {}; start one with `ironbird up`", self.endpoint);
        let stream = tokio::time::timeout(CONNECT, connecting)
            .await
            .with_context(unreachable)?
            .with_context(unreachable)?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        // An error of the connection also ends the request, which then says so.
        tokio::spawn(async move {
            let _ = connection.await;
        });
        let request = Request::builder()
            .method(method)
            .uri(format!("/_ironbird/{path}"))
            .header(HOST, authority)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .with_context(|| format!("`{path}` is not a path"))?;
        let response = sender.send_request(request).await.with_context(unreachable)?;
        let status = response.status();
        let answer = Limited::new(response.into_body(), LARGEST).collect().await;
        let answer = answer.map_err(|cause| anyhow::anyhow!("the answer broke off: {cause}"))?;
        Ok((status, answer.to_bytes()))
    }

    fn authority(&self) -> anyhow::Result<&str> {
        let Some(rest) = self.endpoint.strip_prefix("http://") else {
            bail!(
                "the endpoint `{}` does not begin with http://; write http://127.0.0.1:4599",
                self.endpoint
            );
        };
        let authority = rest.trim_end_matches('/');
        let has_port = authority.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        if !has_port || authority.contains('/') {
            bail!("the endpoint `{}` is not of the form http://HOST:PORT", self.endpoint);
        }
        Ok(authority)
    }
}

/// Everything but letters, digits and a few harmless marks as `%XX`.
pub fn percent_encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte))
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
