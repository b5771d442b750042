//! `cargo xtask coverage`: what of each API works, in `docs/services/`, as the services say it themselves.
//!
//! The binary is asked (`ironbird coverage --json`), because the chores must not wait for the services to compile when
//! nobody wants to know.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, ensure};
use ironbird_wire::schema::{Service as Model, ShapeId};
use serde::Deserialize;

use crate::output::Output;

const BEGIN: &str = "<!-- coverage: begin -->";
const END: &str = "<!-- coverage: end -->";
const NOTE: &str = "<!-- Made from the code by `cargo xtask coverage`: do not edit between these lines. -->";
const FOLDER: &str = "docs/services";

/// A service as it registered its operations.
#[derive(Deserialize)]
struct Service {
    name: String,
    operations: Vec<Operation>,
}

/// An operation that works, but for what is listed.
#[derive(Deserialize)]
struct Operation {
    name: String,
    /// Paths of parameters.
    recorded: Vec<String>,
    /// Paths of parameters, each with the reason.
    refused: Vec<(String, String)>,
}

/// Makes the page of each service that `binary` has, and the list of all services. Text around the tables stays.
pub fn make(binary: &Path) -> anyhow::Result<Output> {
    let answer = Command::new(binary).args(["coverage", "--json"]).output();
    let answer = answer.with_context(|| format!("cannot run {}", binary.display()))?;
    ensure!(
        answer.status.success(),
        "`ironbird coverage` failed: {}",
        String::from_utf8_lossy(&answer.stderr)
    );
    let services: Vec<Service> =
        serde_json::from_slice(&answer.stdout).context("not what coverage prints")?;
    let mut output = Output::default();
    for service in &services {
        let model = ironbird_models::service(&service.name)
            .with_context(|| format!("no model is called {}", service.name))?;
        check_paths(model, service)?;
        let modelled: Vec<&str> =
            model.operations().iter().map(|operation| operation.name.as_str()).collect();
        let title = format!("# {}\n", model.metadata.service_id);
        add(&mut output, &service.name, &title, &page(service, &modelled))?;
    }
    add(&mut output, "README", "# Services\n", &overview(&services)?)?;
    Ok(output)
}

/// Fails if a service says something of an operation or a parameter that the model does not have.
fn check_paths(model: &Model, service: &Service) -> anyhow::Result<()> {
    for operation in &service.operations {
        let known = model.operation(&operation.name);
        let known = known.with_context(|| format!("{} has no operation {}", service.name, operation.name))?;
        let refused = operation.refused.iter().map(|(path, _)| path);
        for path in operation.recorded.iter().chain(refused) {
            let there = known.input.is_some_and(|input| has(model, input, path));
            ensure!(
                there,
                "{} {} has no parameter {path}: correct it where it is registered",
                service.name,
                operation.name
            );
        }
    }
    Ok(())
}

/// Whether `path` leads from a shape to a member; lists and maps are passed through.
fn has(model: &Model, shape: ShapeId, path: &str) -> bool {
    let mut at = model.shape(shape);
    for name in path.split('.') {
        while let Some(element) = at.elements.last() {
            at = model.shape(element.target);
        }
        match at.members.iter().find(|member| member.name == name) {
            Some(member) => at = model.shape(member.target),
            None => return false,
        }
    }
    true
}

fn add(output: &mut Output, name: &str, title: &str, table: &str) -> anyhow::Result<()> {
    let path = format!("{FOLDER}/{name}.md");
    let present = match fs::read_to_string(crate::root().join(&path)) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => format!("{title}\n{BEGIN}\n{END}\n"),
        Err(error) => return Err(error).with_context(|| format!("cannot read {path}")),
    };
    output.add(&path, between(&present, table).with_context(|| format!("in {path}"))?);
    Ok(())
}

/// `text` with `table` between its two marks.
fn between(text: &str, table: &str) -> anyhow::Result<String> {
    let (before, rest) = text.split_once(BEGIN).with_context(|| format!("there is no line `{BEGIN}`"))?;
    let (_, after) = rest.split_once(END).with_context(|| format!("no line `{END}` follows `{BEGIN}`"))?;
    Ok(format!("{before}{BEGIN}\n{NOTE}\n\n{table}\n{END}{after}"))
}

fn page(service: &Service, modelled: &[&str]) -> String {
    let written: BTreeSet<&str> =
        service.operations.iter().map(|operation| operation.name.as_str()).collect();
    let mut rest: Vec<&str> = modelled.iter().copied().filter(|name| !written.contains(name)).collect();
    rest.sort_unstable();
    let mut text = format!("{} of {} operations work.\n", written.len(), modelled.len());
    if service.operations.iter().any(|operation| !operation.recorded.is_empty()) {
        text.push_str(
            "A *recorded* parameter is kept and given back where AWS gives it back, but has no effect; the header\n\
             `x-ironbird-no-effect` says so to every caller who sends it.\n",
        );
    }
    if service.operations.iter().any(|operation| !operation.refused.is_empty()) {
        text.push_str("A *refused* parameter is answered with an error that names it.\n");
    }
    text.push_str("\n| operation | recorded | refused |\n| --- | --- | --- |\n");
    for operation in &service.operations {
        let recorded: Vec<String> = operation.recorded.iter().map(|path| format!("`{path}`")).collect();
        let refused = by_reason(&operation.refused);
        let row = format!("| `{}` | {} | {} |\n", operation.name, recorded.join(", "), refused.join("<br>"));
        text.push_str(&row.replace("|  |", "| |").replace("|  |", "| |"));
    }
    if !rest.is_empty() {
        text.push_str(&format!(
            "\n<details>\n<summary>{} more are routed, authenticated, validated and refused as not implemented</summary>\n\n",
            rest.len()
        ));
        text.push_str(&by_verb(&rest));
        text.push_str("\n</details>\n");
    }
    text
}

/// One line a reason, in the order in which the reasons first come.
fn by_reason(refused: &[(String, String)]) -> Vec<String> {
    let mut reasons: Vec<(&str, Vec<String>)> = Vec::new();
    for (path, reason) in refused {
        match reasons.iter_mut().find(|(known, _)| known == reason) {
            Some((_, paths)) => paths.push(format!("`{path}`")),
            None => reasons.push((reason, vec![format!("`{path}`")])),
        }
    }
    reasons.iter().map(|(reason, paths)| format!("{}: {}", paths.join(", "), cell(reason))).collect()
}

/// Text that does not end a table's cell.
fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// A paragraph for each verb, so that one more operation changes one line.
fn by_verb(names: &[&str]) -> String {
    let paragraphs = names.chunk_by(|left, right| verb(left) == verb(right));
    let lines = paragraphs.map(|group| {
        let quoted: Vec<String> = group.iter().map(|name| format!("`{name}`")).collect();
        format!("{}\n", quoted.join(", "))
    });
    lines.collect::<Vec<_>>().join("\n")
}

/// `Describe` of `DescribeVpcs`.
fn verb(name: &str) -> &str {
    let second = name.char_indices().skip(1).find(|(_, letter)| letter.is_uppercase());
    second.map_or(name, |(start, _)| &name[..start])
}

fn overview(services: &[Service]) -> anyhow::Result<String> {
    let mut rows = String::new();
    let (mut all, mut all_written) = (0, 0);
    for name in ironbird_models::names() {
        let model = ironbird_models::service(name).with_context(|| format!("the model of {name} is gone"))?;
        let modelled = model.operations().len();
        let written = services.iter().find(|service| service.name == name);
        let (shown, count) = match written {
            Some(service) => (format!("[{name}]({name}.md)"), service.operations.len()),
            None => (name.to_string(), 0),
        };
        rows.push_str(&format!("| {shown} | {} | {count} | {modelled} |\n", model.metadata.service_id));
        all += modelled;
        all_written += count;
    }
    Ok(format!(
        "{all_written} of {all} operations work.\n\n| name | service | work | in the model |\n| --- | --- | ---: | ---: |\n{rows}"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_around_the_table_stays() {
        let text = format!("# EC2\n\nBy hand.\n\n{BEGIN}\nold\n{END}\n\nAlso by hand.\n");
        let renewed = between(&text, "new\n").unwrap();
        assert_eq!(
            renewed,
            format!("# EC2\n\nBy hand.\n\n{BEGIN}\n{NOTE}\n\nnew\n\n{END}\n\nAlso by hand.\n")
        );
        assert_eq!(between(&renewed, "new\n").unwrap(), renewed, "a second time changes nothing");
    }

    #[test]
    fn a_page_without_marks_is_not_overwritten() {
        for text in ["# EC2\n".to_string(), format!("{BEGIN}\n"), format!("{END}\n{BEGIN}\n")] {
            assert!(between(&text, "new").is_err(), "{text}");
        }
    }

    #[test]
    fn parameters_are_those_of_the_model() {
        let model = ironbird_models::service("ec2").unwrap();
        let service = |path: &str| Service {
            name: "ec2".to_string(),
            operations: vec![Operation {
                name: "RunInstances".to_string(),
                recorded: vec![],
                refused: vec![(path.to_string(), "why".to_string())],
            }],
        };
        for path in
            ["KeyName", "Placement.HostId", "NetworkInterfaces.Groups", "BlockDeviceMappings.Ebs.VolumeSize"]
        {
            check_paths(model, &service(path)).unwrap();
        }
        for path in ["Keyname", "Placement.Host", "KeyName.More", "", "Placement."] {
            assert!(check_paths(model, &service(path)).is_err(), "{path}");
        }
    }

    #[test]
    fn parameters_refused_for_one_reason_are_together() {
        let pair = |path: &str, reason: &str| (path.to_string(), reason.to_string());
        let refused = [pair("A", "x"), pair("B", "y"), pair("C", "x")];
        assert_eq!(by_reason(&refused), ["`A`, `C`: x", "`B`: y"]);
    }

    #[test]
    fn every_operation_of_the_model_is_on_its_page() {
        let operation = |name: &str| Operation { name: name.to_string(), recorded: vec![], refused: vec![] };
        let service = Service {
            name: "sts".to_string(),
            operations: vec![
                Operation { recorded: vec!["Policy".to_string()], ..operation("AssumeRole") },
                Operation {
                    refused: vec![("Scope".to_string(), "one | or the other".to_string())],
                    ..operation("GetToken")
                },
                operation("Whoami"),
            ],
        };
        let page = page(&service, &["Whoami", "AssumeRole", "GetToken", "ListUsers", "AskUs", "ListKeys"]);
        assert!(page.starts_with("3 of 6 operations work.\n"), "{page}");
        assert!(page.contains("| `AssumeRole` | `Policy` | |\n"), "{page}");
        assert!(page.contains("| `GetToken` | | `Scope`: one \\| or the other |\n"), "{page}");
        assert!(page.contains("| `Whoami` | | |\n"), "{page}");
        assert!(page.contains("<summary>3 more are"), "{page}");
        assert!(page.contains("`AskUs`\n\n`ListKeys`, `ListUsers`\n"), "{page}");
    }
}
