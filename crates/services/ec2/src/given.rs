//! What a request gives of a text. An empty one is none: Packer and Terraform send an empty id where their user names nothing.

/// The text, where there is one.
pub(crate) fn given<T: AsRef<str>>(text: &Option<T>) -> Option<&str> {
    text.as_ref().map(T::as_ref).filter(|text| !text.is_empty())
}

/// The same as a text of one's own.
pub(crate) fn given_text<T: AsRef<str>>(text: &Option<T>) -> Option<String> {
    given(text).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_empty_text_is_none() {
        assert_eq!(given(&Some("vpc-1")), Some("vpc-1"));
        assert_eq!(given(&Some(String::new())), None);
        assert_eq!(given_text::<String>(&None), None);
    }
}
