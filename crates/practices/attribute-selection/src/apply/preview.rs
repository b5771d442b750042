//! What would be launched before and after a change.

use serde::Serialize;

use crate::words::{counted, some};

/// Types before and after, for one way of buying.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Preview {
    /// `On-Demand` or `Spot`.
    pub purchase: &'static str,
    /// Types that are launched now: those named, or those that price protection leaves.
    pub before: Vec<String>,
    /// Types that are launched then.
    pub after: Vec<String>,
    /// Types that have the attributes, before price protection.
    pub matching: usize,
}

impl Preview {
    /// In words.
    pub fn line(&self) -> String {
        let gone: Vec<String> =
            self.before.iter().filter(|name| !self.after.contains(name)).cloned().collect();
        let mut line = format!(
            "{}: {} → {} of {} that match: {}",
            self.purchase,
            counted(self.before.len(), "type"),
            self.after.len(),
            self.matching,
            some(&self.after, 8)
        );
        if !gone.is_empty() {
            line.push_str(&format!("; no longer {}", some(&gone, 4)));
        }
        line
    }
}
