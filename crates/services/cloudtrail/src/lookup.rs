//! LookupEvents: management events of the last 90 days, newest first.

use ironbird_api::cloudtrail as api;
use ironbird_rig::audit::{self, Event};
use ironbird_rig::{Ctx, Error, Key, Result, Timestamp, page};

use crate::record;

/// How far back events are shown.
const KEPT_SECONDS: i64 = 90 * 86_400;

/// Events on a page, at most and by default.
const PAGE: i32 = 50;

pub(crate) fn lookup_events(
    ctx: &mut Ctx<'_>,
    input: &api::LookupEventsRequest,
) -> Result<api::LookupEventsResponse> {
    let max_results = input.max_results.unwrap_or(PAGE);
    if !(1..=PAGE).contains(&max_results) {
        let message = "The number of results must be between 1 and 50.";
        return Err(Error::client("InvalidMaxResultsException", message));
    }
    let attributes = input.lookup_attributes.as_deref().unwrap_or_default();
    if attributes.len() > 1 {
        let message = "You can specify only one lookup attribute.";
        return Err(Error::client("InvalidLookupAttributesException", message));
    }
    let wanted = attributes.first().map(Wanted::read).transpose()?;
    let (from, until) = span(ctx.now(), input)?;
    let after = match input.next_token.as_deref() {
        Some(token) => Some(page::key(token).ok_or_else(invalid_token)?),
        None => None,
    };
    let events = audit::events(ctx);
    let mut shown = events
        .iter()
        .filter(|event| from <= event.time && event.time <= until)
        .filter(|event| wanted.as_ref().is_none_or(|wanted| wanted.matches(event)))
        .filter(|event| after.as_ref().is_none_or(|after| place(event) > *after))
        .collect::<Vec<_>>();
    shown.sort_by_cached_key(|event| place(event));
    let count = usize::try_from(max_results).unwrap_or_default();
    let more = shown.len() > count;
    shown.truncate(count);
    Ok(api::LookupEventsResponse {
        next_token: shown.last().filter(|_| more).map(|last| page::token(&place(last))),
        events: Some(shown.into_iter().map(record::summary).collect()),
    })
}

fn span(now: Timestamp, input: &api::LookupEventsRequest) -> Result<(Timestamp, Timestamp)> {
    let oldest = Timestamp::from_secs(now.secs() - KEPT_SECONDS);
    let from = input.start_time.unwrap_or(oldest);
    let until = input.end_time.unwrap_or(now);
    if from > until {
        let message = "The start time must be earlier than the end time.";
        return Err(Error::client("InvalidTimeRangeException", message));
    }
    Ok((from.max(oldest), until))
}

fn invalid_token() -> Error {
    Error::client("InvalidNextTokenException", "The token is not valid.")
}

/// Where an event stands in the order of answers: newest first, then by id.
fn place(event: &Event) -> Key {
    Key::new().signed(-event.time.nanos()).text(&record::id(event))
}

/// What a lookup attribute asks for.
enum Wanted<'a> {
    EventId(&'a str),
    EventName(&'a str),
    ReadOnly(&'a str),
    Username(&'a str),
    EventSource(&'a str),
    AccessKeyId(&'a str),
    /// Resources of events are not known, so a lookup by them finds what names the resource in its request.
    ResourceName(&'a str),
}

impl<'a> Wanted<'a> {
    fn read(attribute: &'a api::LookupAttribute) -> Result<Self> {
        let value = attribute.attribute_value.as_str();
        Ok(match attribute.attribute_key.as_str() {
            "EventId" => Self::EventId(value),
            "EventName" => Self::EventName(value),
            "ReadOnly" => Self::ReadOnly(value),
            "Username" => Self::Username(value),
            "EventSource" => Self::EventSource(value),
            "AccessKeyId" => Self::AccessKeyId(value),
            "ResourceName" => Self::ResourceName(value),
            "ResourceType" => {
                return Err(Ctx::unsupported(
                    "the lookup attribute ResourceType",
                    "events do not know the types of their resources",
                ));
            }
            other => {
                let message = format!("The lookup attribute {other} is not valid.");
                return Err(Error::client("InvalidLookupAttributesException", message));
            }
        })
    }

    fn matches(&self, event: &Event) -> bool {
        match self {
            Self::EventId(value) => record::id(event) == *value,
            Self::EventName(value) => event.operation == *value,
            Self::ReadOnly(value) => event.read_only.to_string() == *value,
            Self::Username(value) => record::username(event) == Some(*value),
            Self::EventSource(value) => record::source(event) == *value,
            Self::AccessKeyId(value) => event.access_key.as_deref() == Some(*value),
            Self::ResourceName(value) => event.request.contains(&serde_json::Value::from(*value).to_string()),
        }
    }
}

#[cfg(test)]
mod tests {
    use ironbird_api::cloudtrail as api;
    use ironbird_rig::world::{Settings, World};
    use ironbird_rig::{Account, Principal, Region, Result, Scope, Timestamp};

    const SCOPE: Scope = Scope { account: Account::DEFAULT, region: Region::DEFAULT };
    const ROOT: Principal = Principal::Root { account: Account::DEFAULT };

    fn lookup(world: &World, input: &api::LookupEventsRequest) -> Result<api::LookupEventsResponse> {
        world.call::<api::LookupEvents>(SCOPE, ROOT, input)
    }

    fn world() -> World {
        World::rehearsal(vec![crate::service()], Settings::default(), Timestamp::from_secs(1_800_000_000))
    }

    fn by(key: &str, value: &str) -> api::LookupEventsRequest {
        let attribute =
            api::LookupAttribute { attribute_key: key.to_owned(), attribute_value: value.to_owned() };
        api::LookupEventsRequest { lookup_attributes: Some(vec![attribute]), ..Default::default() }
    }

    #[test]
    fn pages_are_newest_first_and_complete() {
        let world = world();
        for second in 0..7 {
            world.run_until(Timestamp::from_secs(1_800_000_000 + second));
            lookup(&world, &api::LookupEventsRequest::default()).unwrap();
        }
        let mut input = api::LookupEventsRequest { max_results: Some(3), ..by("ReadOnly", "true") };
        input.end_time = Some(Timestamp::from_secs(1_800_000_006));
        let mut times = Vec::new();
        loop {
            let answer = lookup(&world, &input).unwrap();
            times.extend(answer.events.unwrap().into_iter().map(|event| event.event_time.unwrap().secs()));
            input.next_token = answer.next_token;
            if input.next_token.is_none() {
                break;
            }
            world.run_until(Timestamp::from_secs(1_800_000_100));
        }
        assert!(times.is_sorted_by(|a, b| a >= b), "{times:?}");
        times.dedup();
        assert_eq!(times.len(), 7);
    }

    #[test]
    fn records_say_who_and_what() {
        let world = world();
        lookup(&world, &by("EventName", "Nothing")).unwrap();
        let found = lookup(&world, &by("EventName", "LookupEvents")).unwrap().events.unwrap();
        assert_eq!(found.len(), 1);
        let record: serde_json::Value =
            serde_json::from_str(found[0].cloud_trail_event.as_deref().unwrap()).unwrap();
        assert_eq!(record["eventSource"], "cloudtrail.amazonaws.com");
        assert_eq!(record["userIdentity"]["arn"], "arn:aws:iam::123456789012:root");
        assert_eq!(record["requestParameters"]["lookupAttributes"][0]["attributeValue"], "Nothing");
    }

    #[test]
    fn nonsense_is_refused() {
        let world = world();
        let refused = |input| lookup(&world, &input).err().unwrap().code().to_owned();
        assert_eq!(refused(by("Color", "red")), "InvalidLookupAttributesException");
        let none = api::LookupEventsRequest::default;
        assert_eq!(
            refused(api::LookupEventsRequest { max_results: Some(51), ..none() }),
            "InvalidMaxResultsException"
        );
        let token = Some("zz".to_owned());
        assert_eq!(
            refused(api::LookupEventsRequest { next_token: token, ..none() }),
            "InvalidNextTokenException"
        );
        let (start_time, end_time) = (Some(Timestamp::from_secs(2)), Some(Timestamp::from_secs(1)));
        assert_eq!(
            refused(api::LookupEventsRequest { start_time, end_time, ..none() }),
            "InvalidTimeRangeException"
        );
    }
}
