//! Where a statement stands in its document, as the simulator says it: the start is right after the character before the statement
//! that is no white space, the end right after its closing brace; lines and columns count from 1.

use ironbird_api::iam as api;
use serde::Deserialize;
use serde_json::value::RawValue;

#[derive(Deserialize)]
struct Whole<'a> {
    #[serde(rename = "Statement", borrow)]
    statement: &'a RawValue,
}

/// The start and the end of the statement at `index`; none where the document has none there.
pub(super) fn of(document: &str, index: usize) -> Option<(api::Position, api::Position)> {
    let whole: Whole<'_> = serde_json::from_str(document).ok()?;
    let statement = match serde_json::from_str::<Vec<&RawValue>>(whole.statement.get()) {
        Ok(list) => list.get(index)?.get(),
        Err(_) => whole.statement.get(),
    };
    // The statement is a part of the document's own text.
    let begin = statement.as_ptr().addr() - document.as_ptr().addr();
    let before = document[..begin].trim_end();
    Some((position(document, before.len()), position(document, begin + statement.len())))
}

fn position(document: &str, offset: usize) -> api::Position {
    let before = &document[..offset];
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
    api::Position { line: i32::try_from(line).ok(), column: i32::try_from(column).ok() }
}

#[cfg(test)]
mod tests {
    use super::of;

    fn at(document: &str, index: usize) -> Option<[i32; 4]> {
        let (start, end) = of(document, index)?;
        Some([start.line?, start.column?, end.line?, end.column?])
    }

    /// As the CLI's reference shows it for AdministratorAccess and for a policy that is indented by four.
    #[test]
    fn statements_are_found_as_the_simulator_says_where() {
        let two = "{\n  \"Version\": \"2012-10-17\",\n  \"Statement\": [\n    {\n      \"Effect\": \"Allow\",\n      \
                   \"Action\": \"*\",\n      \"Resource\": \"*\"\n    }\n  ]\n}";
        assert_eq!(at(two, 0), Some([3, 17, 8, 6]));
        let tight = "{\n  \"Version\":\"2012-10-17\",\n  \"Statement\":[{\n    \"Effect\":\"Allow\",\n    \
                     \"Action\":\"s3:*\",\n    \"Resource\":\"*\"\n  }]\n}";
        assert_eq!(at(tight, 0), Some([3, 16, 7, 4]));
    }

    #[test]
    fn a_statement_alone_needs_no_list() {
        let one = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        assert_eq!(at(one, 0), Some([1, 14, 1, 60]));
        let two = r#"{"Statement":[{"Sid":"a"}, {"Sid":"ü"}]}"#;
        assert_eq!(at(two, 1), Some([1, 27, 1, 39]));
        assert_eq!(at(two, 2), None);
        assert_eq!(at("", 0), None);
    }
}
