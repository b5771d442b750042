//! awsQuery and ec2Query requests: form-encoded parameters whose keys spell out the path to a value.

mod decode;
mod encode;
mod params;

pub(crate) use decode::decode;
pub(crate) use encode::encode;
pub(crate) use params::find;

/// Which of the two ways keys are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// `Names.member.1`
    Aws,
    /// `Name.1`
    Ec2,
}
