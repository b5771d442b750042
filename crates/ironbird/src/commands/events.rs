//! `ironbird events`

use clap::Args;
use ironbird_gateway::own::events::{EventList, EventsQuery, NumberedEvent};
use serde_json::Value;

use crate::remote::Remote;
use crate::{Verdict, output};

/// Seconds for which one request waits for events.
const WAIT: u64 = 20;

/// Show what happened in the world, as its services tell EventBridge
#[derive(Args)]
#[command(after_help = "\
Examples:
  ironbird events
  ironbird events --follow --source aws.ec2
  ironbird events --detail-type 'EC2 Spot Instance Interruption Warning' --json | jq .detail")]
pub struct Events {
    #[command(flatten)]
    remote: Remote,
    /// Go on and print events as they come, until Ctrl-C
    #[arg(long, short)]
    follow: bool,
    /// Only events of this source, such as aws.autoscaling
    #[arg(long)]
    source: Option<String>,
    /// Only events of this detail type
    #[arg(long)]
    detail_type: Option<String>,
    /// Only events of this account
    #[arg(long)]
    account: Option<String>,
    /// Only events of this Region
    #[arg(long)]
    region: Option<String>,
    /// Only events that happened then or later, such as 2026-03-01T00:00:00Z
    #[arg(long, value_name = "TIME")]
    from: Option<String>,
    /// Only events that happened before
    #[arg(long, value_name = "TIME", conflicts_with = "follow")]
    until: Option<String>,
    /// Most events to show of those that there are, the newest
    #[arg(long, value_name = "N", default_value_t = 50)]
    limit: usize,
    /// Print the events in JSON, one a line, as EventBridge delivers them
    #[arg(long)]
    json: bool,
}

impl Events {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let mut query = EventsQuery {
            source: self.source.clone(),
            detail_type: self.detail_type.clone(),
            account: self.account.clone(),
            region: self.region.clone(),
            from: self.from.clone(),
            until: self.until.clone(),
            limit: Some(self.limit.to_string()),
            ..EventsQuery::default()
        };
        let list: EventList = self.remote.get_with("events", &query)?;
        if list.keeps == 0 {
            output::complain("this rig keeps no events: start it with ironbird up --events N");
        } else if list.events.is_empty() && !self.json && !self.follow {
            output::say("no events")?;
        }
        self.say(&list.events)?;
        query.limit = None;
        query.wait = Some(WAIT.to_string());
        let mut last = list.last;
        if !self.follow {
            return Ok(Verdict::Good);
        }
        loop {
            query.after = Some(last.to_string());
            let list: EventList = self.remote.get_with("events", &query)?;
            self.say(&list.events)?;
            last = list.last;
        }
    }

    fn say(&self, events: &[NumberedEvent]) -> anyhow::Result<()> {
        for NumberedEvent { event, .. } in events {
            if self.json {
                output::say(&serde_json::to_string(event)?)?;
                continue;
            }
            let what = format!("{} {}", resources(&event.resources), essence(&event.detail));
            let line =
                format!("{}  {:14}  {:38}  {}", event.time, event.region, event.detail_type, what.trim_end());
            output::say(&printable(&line))?;
        }
        Ok(())
    }
}

/// What the ARNs end with.
fn resources(arns: &[String]) -> String {
    let names: Vec<&str> = arns.iter().map(|arn| arn.rsplit(['/', ':']).next().unwrap_or(arn)).collect();
    names.join(" ")
}

/// What a detail says in a word or two, where it does.
fn essence(detail: &Value) -> String {
    let places = [
        "/state",
        "/state/value",
        "/new-state/status",
        "/instance-action",
        "/event",
        "/LifecycleHookName",
        "/StatusMessage",
    ];
    let found = places.iter().filter_map(|place| detail.pointer(place).and_then(Value::as_str));
    found.collect::<Vec<_>>().join(" ")
}

/// Without characters that would do something to a terminal.
fn printable(text: &str) -> String {
    text.chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}

#[cfg(test)]
mod tests {
    use super::{essence, printable, resources};
    use serde_json::json;

    #[test]
    fn an_event_in_a_few_words() {
        let arns = ["arn:aws:ec2:us-east-1:1:instance/i-1", "arn:aws:cloudwatch:us-east-1:1:alarm:busy"];
        assert_eq!(resources(&arns.map(str::to_owned)), "i-1 busy");
        assert_eq!(essence(&json!({ "instance-id": "i-1", "state": "running" })), "running");
        assert_eq!(essence(&json!({ "state": { "value": "ALARM" } })), "ALARM");
        assert_eq!(essence(&json!([1])), "");
    }

    #[test]
    fn a_name_does_nothing_to_the_terminal() {
        assert_eq!(printable("a\u{1b}[2Jb\n"), "a\u{fffd}[2Jb\u{fffd}");
    }
}
