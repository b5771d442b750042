//! A gateway on a real socket, in this process.

#![allow(clippy::unwrap_used)]

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use ironbird_api::sts::{GetCallerIdentity, GetSessionToken};
use ironbird_gateway::{Gateway, Server};
use ironbird_rig::world::Settings;
use ironbird_rig::{Error, ServiceDef, World};
use tokio::net::TcpStream;
use tokio::sync::oneshot;

struct Rig {
    address: SocketAddr,
    stop: oneshot::Sender<()>,
    server: tokio::task::JoinHandle<std::io::Result<()>>,
}

impl Rig {
    async fn start(services: Vec<ServiceDef>, data: Option<&std::path::Path>) -> Self {
        let world = World::live(services, Settings::default(), data).unwrap();
        let server = Server::bind(Gateway::new(Arc::new(world)), ([127, 0, 0, 1], 0).into()).await.unwrap();
        let address = server.address().unwrap();
        let (stop, stopped) = oneshot::channel::<()>();
        let server = tokio::spawn(server.run(async {
            let _ = stopped.await;
        }));
        Self { address, stop, server }
    }

    async fn end(self) {
        self.stop.send(()).unwrap();
        self.server.await.unwrap().unwrap();
    }

    async fn send(&self, request: Request<Full<Bytes>>) -> Response<String> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let (mut sender, connection) =
            hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        tokio::spawn(connection);
        read(sender.send_request(request).await.unwrap()).await
    }

    async fn send_over_http2(&self, request: Request<Full<Bytes>>) -> Response<String> {
        let stream = TcpStream::connect(self.address).await.unwrap();
        let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
        let (mut sender, connection) = handshake.await.unwrap();
        tokio::spawn(connection);
        read(sender.send_request(request).await.unwrap()).await
    }
}

async fn read(response: Response<hyper::body::Incoming>) -> Response<String> {
    let (head, body) = response.into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    Response::from_parts(head, String::from_utf8(body.to_vec()).unwrap())
}

fn query(action: &str) -> Request<Full<Bytes>> {
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential=210987654321/20260101/us-east-1/sts/aws4_request, \
         SignedHeaders=host;x-amz-date, Signature={}",
        "0".repeat(64)
    );
    Request::post("http://localhost/")
        .header("host", "localhost")
        .header("content-type", "application/x-www-form-urlencoded")
        .header("x-amz-date", "20260101T000000Z")
        .header("authorization", authorization)
        .body(Full::from(format!("Action={action}&Version=2011-06-15")))
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn both_versions_of_http_are_spoken_on_one_port() {
    let rig = Rig::start(vec![ironbird_sts::service()], None).await;
    for response in
        [rig.send(query("GetCallerIdentity")).await, rig.send_over_http2(query("GetCallerIdentity")).await]
    {
        assert_eq!(response.status(), 200);
        assert!(response.body().contains("arn:aws:iam::210987654321:root"), "{}", response.body());
        assert_eq!(response.headers().get_all("date").iter().count(), 1);
    }
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_waits_for_the_disk() {
    let directory = tempfile::tempdir().unwrap();
    let rig = Rig::start(vec![ironbird_sts::service()], Some(directory.path())).await;
    let response = rig.send(query("GetSessionToken")).await;
    let body = response.body();
    let key = body.split("<AccessKeyId>").nth(1).unwrap().split('<').next().unwrap().to_owned();
    rig.end().await;
    let world =
        World::live(vec![ironbird_sts::service()], Settings::default(), Some(directory.path())).unwrap();
    let kept = world.store().dump().unwrap();
    assert!(
        kept.iter()
            .any(|(table, id, _)| *table == "rig.access_keys" && id.as_bytes().starts_with(key.as_bytes()))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_an_internal_failure_and_the_rig_goes_on() {
    let service = ServiceDef::new("sts")
        .read::<GetCallerIdentity>(|_, _| panic!("a defect"))
        .write::<GetSessionToken>(|_, _| Err(Error::client("Throttling", "Rate exceeded")));
    let rig = Rig::start(vec![service], None).await;
    for _ in 0..3 {
        let response = rig.send(query("GetCallerIdentity")).await;
        assert_eq!(response.status(), 500);
        assert!(response.body().contains("<Code>InternalFailure</Code>"), "{}", response.body());
        assert!(!response.body().contains("a defect"));
    }
    let response = rig.send(query("GetSessionToken")).await;
    assert_eq!(response.status(), 400);
    assert!(response.body().contains("<Code>Throttling</Code><Message>Rate exceeded</Message>"));
    rig.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn idle_connections_do_not_hold_up_the_end() {
    let rig = Rig::start(vec![ironbird_sts::service()], None).await;
    let stream = TcpStream::connect(rig.address).await.unwrap();
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
    tokio::spawn(connection);
    let response = sender.send_request(query("GetCallerIdentity")).await.unwrap();
    assert_eq!(response.status(), 200);
    response.into_body().collect().await.unwrap();
    let silent = TcpStream::connect(rig.address).await.unwrap();
    let ended = tokio::time::timeout(std::time::Duration::from_secs(5), rig.end()).await;
    assert!(ended.is_ok());
    drop((sender, silent));
}
