//! Instance metadata over HTTP: `/_ironbird/imds/{account}/{region}/{instance}/latest/…`, which stands for
//! 169.254.169.254 inside that instance. What there is to read is for the lever `ec2.metadata` to say; this carries
//! requests there and answers back.

use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderValue, Response, StatusCode};
use http_body_util::Full;
use ironbird_rig::{Account, Region, Result, Scope, World};
use serde_json::{Value, json};

use crate::Gateway;
use crate::answer::Answer;
use crate::request::percent_decode;

const PREFIX: &str = "/_ironbird/imds/";

const TOKEN: &str = "x-aws-ec2-metadata-token";
const TTL: &str = "x-aws-ec2-metadata-token-ttl-seconds";

/// Who asks what, from the path.
struct Ask<'a> {
    scope: Scope,
    instance: &'a str,
    path: &'a str,
}

impl<'a> Ask<'a> {
    fn read(path: &'a str) -> Option<Self> {
        let mut parts = path.strip_prefix(PREFIX)?.splitn(4, '/');
        let scope = Scope { account: Account::parse(parts.next()?)?, region: Region::parse(parts.next()?)? };
        Some(Self { scope, instance: parts.next()?, path: parts.next().unwrap_or_default() })
    }
}

/// Whether a path is one of metadata.
pub fn is_metadata(path: &str) -> bool {
    path.starts_with(PREFIX)
}

/// Answers a request for metadata.
pub async fn answer(gateway: &Gateway, head: &Parts) -> Answer {
    let path = percent_decode(head.uri.path()).into_owned();
    let Some(Ask { scope, instance, path }) = Ask::read(&path) else {
        let why =
            "use /_ironbird/imds/ACCOUNT/REGION/INSTANCE/latest/…, as `ironbird env --instance` prints it\n";
        return plain(StatusCode::NOT_FOUND, why, None);
    };
    // A proxy that passes requests on must not hand out an instance's credentials; IMDS refuses them as well.
    if head.headers.contains_key("x-forwarded-for") {
        return plain(StatusCode::FORBIDDEN, "a request with X-Forwarded-For is refused\n", None);
    }
    let text = |name: &str| head.headers.get(name).and_then(|value| value.to_str().ok());
    let given = json!({
        "instance": instance,
        "method": head.method.as_str(),
        "path": path,
        "token": text(TOKEN),
        "ttl": text(TTL),
    });
    let world = Arc::clone(gateway.world());
    // Credentials are written down, which waits for the disk.
    let pulled = tokio::task::spawn_blocking(move || pull(&world, scope, &given)).await;
    match pulled {
        Ok(Ok(answer)) => {
            let status = answer["status"].as_u64().and_then(|status| u16::try_from(status).ok());
            let status = status.and_then(|status| StatusCode::from_u16(status).ok());
            let body = answer["body"].as_str().unwrap_or_default();
            plain(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR), body, head.headers.get(TTL))
        }
        Ok(Err(error)) => plain(
            StatusCode::INTERNAL_SERVER_ERROR,
            &format!("{}: {}\n", error.code(), error.message()),
            None,
        ),
        Err(_) => plain(StatusCode::INTERNAL_SERVER_ERROR, "the request could not be answered\n", None),
    }
}

fn pull(world: &World, scope: Scope, given: &Value) -> Result<Value> {
    world.within(scope, |ctx| ctx.pull("ec2.metadata", given))
}

fn plain(status: StatusCode, body: &str, ttl: Option<&HeaderValue>) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body.to_owned())));
    *answer.status_mut() = status;
    answer.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain"));
    if let Some(ttl) = ttl.filter(|_| status.is_success()) {
        answer.headers_mut().insert(TTL, ttl.clone());
    }
    answer
}
