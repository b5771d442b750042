//! What happened in a variant.

/// What happened in a variant, with the second and more of it.
#[derive(Default)]
pub struct Log {
    /// In the order in which it happened.
    pub events: Vec<(f64, String, String)>,
}

impl Log {
    /// Notes what happened in a minute.
    pub fn tell(&mut self, minute: u32, what: &str, detail: impl Into<String>) {
        self.events.push((f64::from(minute) * 60.0, what.to_owned(), detail.into()));
    }

    /// The same, the first time only.
    pub fn tell_once(&mut self, minute: u32, what: &str, detail: impl Into<String>) {
        if !self.events.iter().any(|(_, known, _)| known == what) {
            self.tell(minute, what, detail);
        }
    }
}
