//! Requests as clients send them, written once and sent many times.

use std::time::{Duration, UNIX_EPOCH};

use anyhow::bail;
use aws_credential_types::Credentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use ironbird_rig::clock::HostClock;
use ironbird_rig::credentials::ROOT_SECRET;

use crate::load;
use crate::process::Server;

/// The root user of the default account, and what it signs with.
pub const ROOT: (&str, &str) = ("123456789012", ROOT_SECRET);

/// A whole HTTP/1.1 request.
pub struct Message(pub Vec<u8>);

/// A signed query request. The signature is of the right form only: the rig looks at it where it was told to.
pub fn query(service: &str, version: &str, action: &str, parameters: &str) -> Message {
    let body = format!("Action={action}&Version={version}{parameters}");
    let head = format!(
        "POST / HTTP/1.1\r\n\
         Host: 127.0.0.1\r\n\
         User-Agent: Boto3/1.43.11 md/Botocore#1.43.11 ua/2.1 os/linux lang/python#3.11.7 cfg/retry-mode#legacy\r\n\
         Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n\
         X-Amz-Date: 20260101T000000Z\r\n\
         Authorization: AWS4-HMAC-SHA256 Credential=123456789012/20260101/us-east-1/{service}/aws4_request, \
         SignedHeaders=content-type;host;x-amz-date, Signature={}\r\n\
         amz-sdk-invocation-id: 3b5d1b1c-7c1d-4a39-9a3f-0d9d5d2f5e61\r\n\
         amz-sdk-request: attempt=1\r\n\
         Content-Length: {}\r\n\r\n",
        "0".repeat(64),
        body.len()
    );
    Message((head + &body).into_bytes())
}

/// The same, signed in earnest, for a rig that verifies.
///
/// # Errors
/// When it cannot be signed.
pub fn signed(
    server: &Server,
    (key, secret): (&str, &str),
    (service, version, action): (&str, &str, &str),
    parameters: &[(&str, &str)],
) -> anyhow::Result<Message> {
    let mut body = format!("Action={action}&Version={version}");
    for (name, value) in parameters {
        body.push_str(&format!("&{name}="));
        for byte in value.bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    body.push(char::from(byte))
                }
                _ => body.push_str(&format!("%{byte:02X}")),
            }
        }
    }
    let form = "application/x-www-form-urlencoded; charset=utf-8";
    signed_body(server, (key, secret), service, &[("content-type", form)], &body)
}

/// A request in JSON, signed in earnest. `target` is what `X-Amz-Target` says.
///
/// # Errors
/// When it cannot be signed.
pub fn json(
    server: &Server,
    credentials: (&str, &str),
    (service, target): (&str, &str),
    body: &str,
) -> anyhow::Result<Message> {
    let headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", target)];
    signed_body(server, credentials, service, &headers, body)
}

fn signed_body(
    server: &Server,
    (key, secret): (&str, &str),
    service: &str,
    headers: &[(&str, &str)],
    body: &str,
) -> anyhow::Result<Message> {
    let identity = Credentials::new(key, secret, None, None, "benches").into();
    let since_epoch = Duration::from_nanos(HostClock::wall().nanos().unsigned_abs());
    let parameters = v4::SigningParams::builder()
        .identity(&identity)
        .region("us-east-1")
        .name(service)
        .time(UNIX_EPOCH + since_epoch)
        .settings(SigningSettings::default())
        .build()?
        .into();
    let host = server.address.to_string();
    let headers = || [("host", host.as_str())].into_iter().chain(headers.iter().copied());
    let url = format!("http://{host}/");
    let signable = SignableRequest::new("POST", &url, headers(), SignableBody::Bytes(body.as_bytes()))?;
    let (instructions, _) = sign(signable, &parameters)?.into_parts();
    let mut head = "POST / HTTP/1.1\r\n".to_owned();
    for (name, value) in headers().chain(instructions.headers()) {
        head.push_str(&format!("{name}: {value}\r\n"));
    }
    head.push_str(&format!("content-length: {}\r\n\r\n", body.len()));
    Ok(Message((head + body).into_bytes()))
}

/// Makes room for so many instances of m5.large in a zone.
pub fn room(zone: &str, free: u32) -> Message {
    let body = format!(r#"{{"zone": "{zone}", "instance_type": "m5.large", "free": {free}}}"#);
    let head = format!(
        "PUT /_ironbird/capacity HTTP/1.1\r\n\
         Host: 127.0.0.1\r\n\
         Content-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    Message((head + &body).into_bytes())
}

/// The id of an image to start from.
pub async fn image(server: &Server) -> anyhow::Result<String> {
    let images = signed(server, ROOT, ("ec2", "2016-11-15", "DescribeImages"), &[("Owner.1", "amazon")])?;
    let answer = load::fetch(server, &images).await?;
    let text = String::from_utf8_lossy(&answer);
    match text.split("<imageId>").nth(1).and_then(|rest| rest.split('<').next()) {
        Some(image) => Ok(image.to_owned()),
        None => bail!("DescribeImages has no image to start from"),
    }
}

/// Starts so many instances.
pub async fn run_instances(server: &Server, count: u32) -> anyhow::Result<()> {
    run_instances_as(server, ROOT, count).await
}

/// The same by somebody else.
///
/// # Errors
/// When they are not started.
pub async fn run_instances_as(server: &Server, who: (&str, &str), count: u32) -> anyhow::Result<()> {
    let image = image(server).await?;
    let count = count.to_string();
    let parameters =
        [("ImageId", &*image), ("InstanceType", "m5.large"), ("MinCount", &count), ("MaxCount", &count)];
    let run = signed(server, who, ("ec2", "2016-11-15", "RunInstances"), &parameters)?;
    load::fetch(server, &run).await?;
    Ok(())
}
