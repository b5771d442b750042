//! What an API looks like: services, operations, shapes and members, as plain data.
//!
//! Shapes are opened one at a time, on first use, because the largest service has thousands of them and a
//! process touches a handful.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use crate::xml::Tag;

/// Position of a shape in its service's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ShapeId(pub u32);

/// How requests and responses of a service are written. A service may speak several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Protocol {
    /// JSON bodies, the operation named by `X-Amz-Target`, content type `application/x-amz-json-1.0`.
    AwsJson10,
    /// The same with version 1.1 of the content type.
    AwsJson11,
    /// Form-encoded requests with `Action=`, XML responses.
    AwsQuery,
    /// EC2's dialect of [`Protocol::AwsQuery`].
    Ec2Query,
    /// Resource paths and JSON bodies.
    RestJson1,
    /// Resource paths and XML bodies.
    RestXml,
    /// `POST /service/{name}/operation/{name}` with CBOR bodies.
    RpcV2Cbor,
}

/// One API of one service, all operations and shapes of it.
#[derive(Debug)]
pub struct Service {
    /// Names and addresses of the service.
    pub metadata: Metadata,
    operations: Vec<Operation>,
    by_name: HashMap<String, usize>,
    shapes: Vec<OnceLock<Shape>>,
    tags: Vec<OnceLock<Box<[Tag]>>>,
    source: Arc<dyn ShapeSource>,
}

/// Opens shapes of a service on demand.
pub trait ShapeSource: Send + Sync + std::fmt::Debug {
    /// The shape at `id`. Called at most a few times per shape; the result is kept by the [`Service`].
    fn open(&self, id: ShapeId) -> Shape;
}

/// Names and addresses of a service.
#[derive(Clone, Debug, Default)]
pub struct Metadata {
    /// Our name for the service, the folder's name in botocore: `ec2`, `elbv2`, `sso-admin`.
    pub name: String,
    /// `YYYY-MM-DD`, the version that query requests carry.
    pub api_version: String,
    /// First label of the service's host name: `ec2`, `monitoring`, `portal.sso`.
    pub endpoint_prefix: String,
    /// Service name in a credential scope.
    pub signing_name: String,
    /// Human name that AWS gives the API: `Amazon Elastic Compute Cloud`, abbreviated `EC2` in `service_id`.
    pub service_id: String,
    /// Prefix of `X-Amz-Target` for JSON protocols, and the service name in an rpcv2Cbor path.
    pub target_prefix: Option<String>,
    /// Namespace of XML answers.
    pub xml_namespace: Option<String>,
    /// Every protocol that clients may use, the preferred one first.
    pub protocols: Vec<Protocol>,
    /// Whether error codes come from `x-amzn-query-error` too (a service that moved from query to JSON).
    pub query_compatible: bool,
}

/// One operation of a service.
#[derive(Clone, Debug, Default)]
pub struct Operation {
    /// Name as in `Action=`: `RunInstances`.
    pub name: String,
    /// HTTP method, for REST protocols; `POST` otherwise.
    pub method: String,
    /// Path and query template, for REST protocols: `/2015-03-31/functions/{FunctionName}?list-type=2`.
    pub uri: String,
    /// Status of a successful answer; 200 unless modelled.
    pub status: u16,
    /// Shape of the request's parameters.
    pub input: Option<ShapeId>,
    /// Root element of a restXml request, if it has one of its own.
    pub input_xml_name: Option<String>,
    /// Namespace of that root element.
    pub input_xml_namespace: Option<String>,
    /// Shape of the response.
    pub output: Option<ShapeId>,
    /// Element around a query protocol's result: `GetCallerIdentityResult`.
    pub result_wrapper: Option<String>,
    /// Errors the model names.
    pub errors: Vec<ShapeId>,
    /// Whether the call is made without a signature (for example `AssumeRoleWithWebIdentity`).
    pub unsigned: bool,
    /// IAM actions that a caller needs, most often one, `ec2:RunInstances`.
    pub iam_actions: Vec<String>,
    /// Member that carries the page token in requests, the one in responses, the list(s), and the page size.
    pub paginator: Option<Paginator>,
}

/// How an operation's answer is cut in pages.
#[derive(Clone, Debug, Default)]
pub struct Paginator {
    /// Request member that takes the token.
    pub input_token: String,
    /// Response member that gives it.
    pub output_token: String,
    /// Request member that limits the page, if there is one.
    pub limit_key: Option<String>,
    /// Response members that are concatenated over pages.
    pub result_keys: Vec<String>,
}

/// What kind of value a shape describes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// true or false
    Boolean,
    /// 32 bits and narrower
    Integer,
    /// 64 bits
    Long,
    /// 32 bits
    Float,
    /// 64 bits
    Double,
    /// text, enumerations too
    String,
    /// bytes
    Blob,
    /// an instant
    Timestamp,
    /// members by name
    Structure,
    /// values in order
    List,
    /// values by string key
    Map,
    /// any JSON value
    Document,
}

/// One type of an API.
#[derive(Clone, Debug)]
pub struct Shape {
    /// Name in the model: `InstanceStateChange`.
    pub name: String,
    /// What it describes.
    pub kind: Kind,
    /// Members of a structure, in the model's order; a generated type's field index is the index here.
    pub members: Vec<Member>,
    /// Element of a list (one), or key and value of a map (two), as members without a name of their own.
    pub elements: Vec<Member>,
    /// Whether a list or map is written without an element around it.
    pub flattened: bool,
    /// Exactly one member is set.
    pub union: bool,
    /// Member that is the whole body, by index.
    pub payload: Option<usize>,
    /// Smallest length or number allowed.
    pub min: Option<f64>,
    /// Largest length or number allowed.
    pub max: Option<f64>,
    /// Regular expression that strings must match.
    pub pattern: Option<String>,
    /// Values an enumeration may take; empty where any string may stand.
    pub enumeration: Vec<String>,
    /// Not to be shown in logs or audit records.
    pub sensitive: bool,
    /// Read or written as a stream rather than at once.
    pub streaming: bool,
    /// Carries events.
    pub event_stream: bool,
    /// Form of a timestamp where it differs from the protocol's own.
    pub timestamp_format: Option<TimestampFormat>,
    /// Root element or list element namespace.
    pub xml_namespace: Option<XmlNamespace>,
    /// Root element name, where it is not the shape's name.
    pub xml_name: Option<String>,
    /// For an error: its code and status.
    pub error: Option<ErrorTrait>,
}

/// Namespace of an element, with the prefix it is bound to, if any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct XmlNamespace {
    /// `http://ec2.amazonaws.com/doc/2016-11-15/`
    pub uri: String,
    /// `xsi`
    pub prefix: Option<String>,
}

/// What makes a structure an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ErrorTrait {
    /// Code on the wire where it is not the shape's name.
    pub code: Option<String>,
    /// HTTP status.
    pub status: u16,
    /// Whether the caller is at fault.
    pub sender_fault: bool,
}

/// Form of a timestamp on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimestampFormat {
    /// `1985-04-12T23:20:50.52Z`
    Iso8601,
    /// `482196050.52`
    EpochSeconds,
    /// `Fri, 12 Apr 1985 23:20:50 GMT`
    HttpDate,
}

/// Where a member travels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Location {
    /// In the body.
    #[default]
    Body,
    /// In one header.
    Header,
    /// A map spread over headers with a common prefix.
    Headers,
    /// In a path label.
    Uri,
    /// In the query string.
    QueryString,
    /// The status code of the answer.
    StatusCode,
}

/// A use of a shape: a member of a structure, or the element of a list or map.
#[derive(Clone, Debug)]
pub struct Member {
    /// Name in the model: `InstanceIds`. Empty for elements.
    pub name: String,
    /// Shape of the value.
    pub target: ShapeId,
    /// The request is refused without it.
    pub required: bool,
    /// Where it travels.
    pub location: Location,
    /// Name on the wire, where it differs: `instanceId`, `x-amz-date`.
    pub location_name: Option<String>,
    /// Name in an ec2Query request, where it is given apart.
    pub query_name: Option<String>,
    /// Whether this use of a list or map is written without an element around it.
    pub flattened: bool,
    /// Written as an attribute of the enclosing element.
    pub xml_attribute: bool,
    /// Namespace of the element.
    pub xml_namespace: Option<XmlNamespace>,
    /// Form of a timestamp, for this use.
    pub timestamp_format: Option<TimestampFormat>,
    /// JSON in a string (in headers: in base64).
    pub json_value: bool,
    /// A client fills it with a fresh token when it is absent.
    pub idempotency_token: bool,
    /// It becomes part of the host name.
    pub host_label: bool,
    /// Read or written as a stream.
    pub streaming: bool,
    /// The payload of an event, or a header of it, in an event stream.
    pub event_payload: bool,
    /// See [`Member::event_payload`].
    pub event_header: bool,
}

impl Service {
    /// Puts together a service whose `shape_count` shapes are opened by `source` on first use.
    pub fn new(
        metadata: Metadata,
        operations: Vec<Operation>,
        shape_count: usize,
        source: Arc<dyn ShapeSource>,
    ) -> Self {
        let by_name = operations.iter().enumerate().map(|(index, op)| (op.name.clone(), index)).collect();
        let shapes = (0..shape_count).map(|_| OnceLock::new()).collect();
        let tags = (0..shape_count).map(|_| OnceLock::new()).collect();
        Self { metadata, operations, by_name, shapes, tags, source }
    }

    /// All operations, in the model's order.
    pub fn operations(&self) -> &[Operation] {
        &self.operations
    }

    /// The operation of that exact name.
    pub fn operation(&self, name: &str) -> Option<&Operation> {
        self.by_name.get(name).map(|&index| &self.operations[index])
    }

    /// The shape at `id`, opened now if this is its first use.
    ///
    /// # Panics
    /// When `id` is not of this service, which is a bug in the tables.
    pub fn shape(&self, id: ShapeId) -> &Shape {
        self.shapes[id.0 as usize].get_or_init(|| self.source.open(id))
    }

    /// The XML tags of the shape's members or elements, in their order; made on first use.
    pub(crate) fn tags(&self, id: ShapeId) -> &[Tag] {
        self.tags[id.0 as usize].get_or_init(|| Tag::all(self, self.shape(id)))
    }

    /// How many shapes the service has.
    pub fn shape_count(&self) -> usize {
        self.shapes.len()
    }
}

impl Shape {
    /// The member of that name in the model, with its index.
    pub fn member(&self, name: &str) -> Option<(usize, &Member)> {
        self.members.iter().enumerate().find(|(_, member)| member.name == name)
    }
}
