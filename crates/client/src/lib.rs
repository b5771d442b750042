//! A client for any AWS endpoint, the rig's or a real one: requests are written and answers read by
//! `ironbird-wire`, signed by AWS's own library, with the credentials that AWS tools would use.
//!
//! Practices check and apply through it, so that they see no difference between the rig and an account.

mod connect;
mod error;
mod place;

use std::time::{Duration, UNIX_EPOCH};

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use http::header::{HOST, HeaderValue, USER_AGENT};
use ironbird_api::Operation;
use ironbird_models::Summary;
use ironbird_rig::Timestamp;
use ironbird_rig::account::Region;
use ironbird_rig::clock::HostClock;
use ironbird_wire::schema::Protocol;
use ironbird_wire::{decode_error, decode_response, encode_request};

pub use error::CallError;

use connect::Connection;

/// Which endpoint to talk to, and as whom. What is not given is found as AWS tools find it.
#[derive(Clone, Debug, Default)]
pub struct Target {
    /// `http://127.0.0.1:4599`; none for AWS itself, or what `AWS_ENDPOINT_URL` says.
    pub endpoint_url: Option<String>,
    /// Profile of the shared configuration files.
    pub profile: Option<String>,
    /// Region; none for the profile's.
    pub region: Option<String>,
}

/// Calls operations of one endpoint in one Region.
pub struct Client {
    connection: Connection,
    endpoint_url: Option<String>,
    region: Region,
    credentials: Credentials,
}

/// An answer may take this long.
const TIMEOUT: Duration = Duration::from_secs(60);

/// A rig says what time it is within this, or is none.
const CLOCK_TIMEOUT: Duration = Duration::from_secs(5);

/// A throttled or failed call is tried this many times in all, as AWS SDKs do.
const ATTEMPTS: u32 = 3;

impl Client {
    /// Finds credentials and Region as AWS tools do: environment, profile, single sign-on, instance role.
    ///
    /// # Errors
    /// When there are no credentials or no Region, or the endpoint is not a URL.
    pub async fn connect(target: &Target) -> Result<Self, CallError> {
        let mut loader = aws_config::defaults(aws_config::BehaviorVersion::latest());
        if let Some(profile) = &target.profile {
            loader = loader.profile_name(profile);
        }
        let config = loader.load().await;
        let region = target.region.clone().or_else(|| config.region().map(ToString::to_string));
        let region = region.ok_or(CallError::NoRegion)?;
        let region = Region::parse(&region).ok_or(CallError::UnknownRegion { region })?;
        let provider = config.credentials_provider().ok_or(CallError::NoCredentials { cause: None })?;
        let credentials = provider
            .provide_credentials()
            .await
            .map_err(|cause| CallError::NoCredentials { cause: Some(cause.to_string()) })?;
        let endpoint_url = target.endpoint_url.clone().or_else(|| config.endpoint_url().map(str::to_owned));
        Ok(Self { connection: Connection::new()?, endpoint_url, region, credentials })
    }

    /// Region that is called.
    pub const fn region(&self) -> Region {
        self.region
    }

    /// The endpoint that was given, if one was.
    pub fn endpoint_url(&self) -> Option<&str> {
        self.endpoint_url.as_deref()
    }

    /// The time at the endpoint: a rig has a clock of its own, which may be ahead of the host's; anybody else has the host's.
    pub async fn now(&self) -> Timestamp {
        let Some(url) = &self.endpoint_url else { return HostClock::wall() };
        self.clock_of(url).await.unwrap_or_else(HostClock::wall)
    }

    /// What a rig's clock says; none where there is no rig.
    async fn clock_of(&self, url: &str) -> Option<Timestamp> {
        let url = format!("{}/_ironbird/clock", url.trim_end_matches('/'));
        let request = http::Request::get(url).body(Vec::new()).ok()?;
        let response = self.connection.send(request, CLOCK_TIMEOUT).await.ok()?;
        let state: serde_json::Value = serde_json::from_slice(&response.body).ok()?;
        Timestamp::parse_iso8601(state["now"].as_str()?)
    }

    /// Waits, so many seconds of the host's time.
    pub async fn pause(&self, seconds: u32) {
        connect::pause(Duration::from_secs(u64::from(seconds))).await;
    }

    /// The same client for another Region.
    #[must_use]
    pub fn in_region(&self, region: Region) -> Self {
        Self {
            connection: self.connection.clone(),
            endpoint_url: self.endpoint_url.clone(),
            region,
            credentials: self.credentials.clone(),
        }
    }

    /// The same client with the credentials of a session, as STS hands them out.
    #[must_use]
    pub fn in_session(&self, access_key_id: &str, secret_access_key: &str, session_token: &str) -> Self {
        let token = Some(session_token.to_owned());
        Self {
            connection: self.connection.clone(),
            endpoint_url: self.endpoint_url.clone(),
            region: self.region,
            credentials: Credentials::new(access_key_id, secret_access_key, token, None, "session"),
        }
    }

    /// Calls an operation; throttling and server faults are tried again with a growing pause.
    ///
    /// # Errors
    /// What the service answers, or why there is no answer.
    pub async fn call<O: Operation>(&self, input: &O::Input) -> Result<O::Output, CallError> {
        let mut pause = Duration::from_millis(200);
        for _ in 1..ATTEMPTS {
            match self.call_once::<O>(input).await {
                Err(error) if error.is_retryable() => connect::pause(pause).await,
                settled => return settled,
            }
            pause *= 2;
        }
        self.call_once::<O>(input).await
    }

    async fn call_once<O: Operation>(&self, input: &O::Input) -> Result<O::Output, CallError> {
        let unknown = || CallError::NotModelled { operation: format!("{}:{}", O::SERVICE, O::NAME) };
        let summary = ironbird_models::summary(O::SERVICE).ok_or_else(unknown)?;
        let service = summary.service();
        let operation = service.operation(O::NAME).ok_or_else(unknown)?;
        let protocol = preferred(&service.metadata.protocols).ok_or_else(unknown)?;
        let written = encode_request(service, operation, protocol, input)
            .map_err(|cause| CallError::Request { operation: O::NAME, cause: cause.to_string() })?;
        let request = self.signed(summary, written)?;
        let response = self.connection.send(request, TIMEOUT).await?;
        if !(200..300).contains(&response.status) {
            let reply = decode_error(protocol, &response);
            return Err(CallError::Service {
                operation: O::NAME,
                code: reply.code,
                message: reply.message,
                status: reply.status,
            });
        }
        let mut output = O::Output::default();
        decode_response(service, operation, protocol, &response, &mut output)
            .map_err(|cause| CallError::Answer { operation: O::NAME, cause: cause.to_string() })?;
        Ok(output)
    }

    /// Where a service is called, and the Region that its requests are signed for.
    fn place(&self, summary: &Summary) -> (String, &'static str) {
        match &self.endpoint_url {
            Some(url) => (url.trim_end_matches('/').to_owned(), self.region.code()),
            None => place::of(summary, self.region),
        }
    }

    fn signed(
        &self,
        summary: &Summary,
        written: ironbird_wire::http::Request,
    ) -> Result<http::Request<Vec<u8>>, CallError> {
        let (base, signed_for) = self.place(summary);
        let url = format!("{base}{}", written.uri);
        let invalid = |cause: String| CallError::Endpoint { url: url.clone(), cause };
        let uri: http::Uri =
            url.parse().map_err(|cause: http::uri::InvalidUri| invalid(cause.to_string()))?;
        let host = uri.authority().ok_or_else(|| invalid("it names no host".to_owned()))?.to_string();
        let mut request = http::Request::builder()
            .method(written.method.as_str())
            .uri(&uri)
            .body(written.body)
            .map_err(|cause| invalid(cause.to_string()))?;
        *request.headers_mut() = written.headers;
        let host = HeaderValue::from_str(&host).map_err(|cause| invalid(cause.to_string()))?;
        request.headers_mut().insert(HOST, host);
        request
            .headers_mut()
            .insert(USER_AGENT, HeaderValue::from_static(concat!("ironbird/", env!("CARGO_PKG_VERSION"))));
        self.sign(summary, signed_for, &mut request)?;
        Ok(request)
    }

    fn sign(
        &self,
        summary: &Summary,
        region: &str,
        request: &mut http::Request<Vec<u8>>,
    ) -> Result<(), CallError> {
        let failed = |cause: &dyn std::fmt::Display| CallError::Signing { cause: cause.to_string() };
        let identity = self.credentials.clone().into();
        let since_epoch = Duration::from_nanos(HostClock::wall().nanos().unsigned_abs());
        let parameters = v4::SigningParams::builder()
            .identity(&identity)
            .region(region)
            .name(summary.signing_name)
            .time(UNIX_EPOCH + since_epoch)
            .settings(SigningSettings::default())
            .build()
            .map_err(|cause| failed(&cause))?
            .into();
        let headers = request.headers().iter();
        let headers = headers.filter_map(|(name, value)| Some((name.as_str(), value.to_str().ok()?)));
        let signable = SignableRequest::new(
            request.method().as_str(),
            request.uri().to_string(),
            headers,
            SignableBody::Bytes(request.body()),
        )
        .map_err(|cause| failed(&cause))?;
        let (instructions, _) = sign(signable, &parameters).map_err(|cause| failed(&cause))?.into_parts();
        instructions.apply_to_request_http1x(request);
        Ok(())
    }
}

/// The protocol to speak: any but CBOR reads well in a trace, and every service has one.
fn preferred(protocols: &[Protocol]) -> Option<Protocol> {
    protocols.iter().copied().find(|protocol| *protocol != Protocol::RpcV2Cbor).or(protocols.first().copied())
}
