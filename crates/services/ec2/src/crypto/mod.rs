//! Keys of the world's own and the forms they come in. All are drawn from the seed: whoever knows it knows them.

pub(crate) mod der;
pub(crate) mod dsa;
pub(crate) mod rsa;
