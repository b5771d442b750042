//! What AWS's APIs look like, as data: every operation and shape of every service in `services.toml`.
//!
//! A model comes from botocore (Apache-2.0) by `cargo xtask models`, without its documentation, with the
//! corrections of `patches/<service>.json` and with the IAM actions of `data/iam_operation_actions.tsv`.
//! It is a gzipped text file, `files/<service>.jsonl.gz` (`zcat` shows it), of which this crate carries the bytes. A service
//! is decompressed on first use, and each shape is parsed on first use.
//!
//! # Form of a model file
//! Every line is a JSON object. What is false, empty or the default is left out. Shapes are named by their
//! position among the shape lines, from 0.
//!
//! **The first line** is the service: `format` 1, `name`, `version` of the API, `endpoint` prefix, `signing`
//! name, service `id`, `target` prefix, `xmlns`, `protocols` (names of
//! [`Protocol`], preferred first), `query_compatible`, `iam` prefix of its actions, and how many `operations` and
//! `shapes` there are.
//!
//! **One line an operation**, in the model's order: `n`ame, `m`ethod (POST), `u`ri (/), `s`tatus (200), `i`nput shape,
//! root element `ix` and namespace `in` of a restXml request, `o`utput shape, result `w`rapper, `e`rror shapes,
//! `x` unsigned, IAM `a`ctions (the service's prefix and the operation's name), `p`aginator: `i`nput token,
//! `o`utput token, `l`imit key, `r`esult keys.
//!
//! **One line a shape**: `n`ame, `k`ind, `m`embers, `e`lements (of a list; key and value of a map), `f`lattened, `u`nion,
//! `p`ayload member by position, `min`, `max`, `re`gular expression, `en`umeration, `se`nsitive, `st`reaming,
//! `es` event stream, `tf` timestamp format (`iso`, `http`, `epoch`), `ns` namespace (`u`ri, `p`refix), `xn` XML name,
//! `er`ror: `c`ode, `s`tatus, sender's `f`ault.
//!
//! A member: `n`ame, `t`arget shape, `r`equired, `l`ocation, `ln` location name, `q`uery name, `f`lattened, `xa` XML attribute,
//! `ns`, `tf`, `j`SON value, `id` idempotency token, `h`ost label, `st`reaming, `ep` and `eh` event payload and header.

mod index;
mod line;

use std::sync::OnceLock;

use ironbird_wire::schema::{Protocol, Service};

/// What is known of a service without opening its model.
#[derive(Debug)]
pub struct Summary {
    /// Our name, the folder's name in botocore: `ec2`, `elbv2`.
    pub name: &'static str,
    /// `YYYY-MM-DD`, the version that query requests carry.
    pub api_version: &'static str,
    /// First labels of the service's host name: `ec2`, `portal.sso`.
    pub endpoint_prefix: &'static str,
    /// Service name in a credential scope.
    pub signing_name: &'static str,
    /// What stands before the dot of `X-Amz-Target`, and the service name in an rpcv2Cbor path.
    pub target_prefix: Option<&'static str>,
    /// Every protocol that clients may use, the preferred one first.
    pub protocols: &'static [Protocol],
    /// Prefix of the service's IAM actions.
    pub iam_prefix: &'static str,
    file: &'static [u8],
    opened: OnceLock<Service>,
}

impl Summary {
    /// The whole model, opened now if this is its first use.
    ///
    /// # Panics
    /// When the model file is damaged, which is a bug.
    pub fn service(&self) -> &Service {
        self.opened.get_or_init(|| line::open(self.name, self.file))
    }
}

/// Every service, by name in alphabetical order.
pub fn summaries() -> &'static [Summary] {
    &index::INDEX
}

/// The names of all services, in alphabetical order.
pub fn names() -> impl Iterator<Item = &'static str> {
    summaries().iter().map(|summary| summary.name)
}

/// The summary of the service of that name.
pub fn summary(name: &str) -> Option<&'static Summary> {
    let position = index::INDEX.binary_search_by_key(&name, |summary| summary.name).ok()?;
    Some(&index::INDEX[position])
}

/// The model of the service of that name, opened now if this is its first use.
///
/// # Panics
/// When the model file is damaged, which is a bug.
pub fn service(name: &str) -> Option<&'static Service> {
    summary(name).map(Summary::service)
}

/// Services whose requests are signed for `signing_name`. There may be several: `ses` and `sesv2` sign for `ses`.
pub fn signed_as(signing_name: &str) -> impl Iterator<Item = &'static Summary> {
    summaries().iter().filter(move |summary| summary.signing_name == signing_name)
}

/// Services whose host names begin with `prefix`: `email` gives `ses` and `sesv2`.
pub fn hosted_at(prefix: &str) -> impl Iterator<Item = &'static Summary> {
    summaries().iter().filter(move |summary| summary.endpoint_prefix == prefix)
}

/// The service that `X-Amz-Target: <prefix>.<operation>`, or `/service/<prefix>/operation/…` in rpcv2Cbor, is for.
pub fn targeted_as(prefix: &str) -> Option<&'static Summary> {
    summaries().iter().find(|summary| summary.target_prefix == Some(prefix))
}
