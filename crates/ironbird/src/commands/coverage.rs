//! `ironbird coverage`: what the services say of themselves, for `docs/services/`.

use clap::Args;
use serde::Serialize;

use crate::{Verdict, output, services};

/// Show which operations work, and which of their parameters are recorded or refused
#[derive(Args)]
pub struct Coverage {
    /// Print everything as JSON, which `cargo xtask coverage` reads
    #[arg(long)]
    json: bool,
}

/// A service of this binary.
#[derive(Serialize)]
struct Service {
    name: &'static str,
    operations: Vec<Operation>,
}

/// An operation that works.
#[derive(Serialize)]
struct Operation {
    name: &'static str,
    writes: bool,
    /// Paths of parameters that are kept and given back, without effect.
    recorded: &'static [&'static str],
    /// Paths of parameters that are refused, each with the reason.
    refused: &'static [(&'static str, &'static str)],
}

impl Coverage {
    pub fn run(self) -> anyhow::Result<Verdict> {
        let services: Vec<Service> = services::services().iter().map(service).collect();
        if self.json {
            output::say_json(&services)?;
        } else {
            let rows: Vec<Vec<String>> = services.iter().map(row).collect();
            output::say(&output::table(
                &["SERVICE", "OPERATIONS", "RECORDED", "REFUSED"],
                &[1, 2, 3],
                &rows,
            ))?;
        }
        Ok(Verdict::Good)
    }
}

fn service(definition: &ironbird_rig::ServiceDef) -> Service {
    let operations = definition.handlers().map(|handler| Operation {
        name: handler.name,
        writes: handler.writes,
        recorded: handler.recorded,
        refused: handler.refused,
    });
    Service { name: definition.name, operations: operations.collect() }
}

fn row(service: &Service) -> Vec<String> {
    let operations = &service.operations;
    let recorded: usize = operations.iter().map(|operation| operation.recorded.len()).sum();
    let refused: usize = operations.iter().map(|operation| operation.refused.len()).sum();
    let counts = [operations.len(), recorded, refused].map(|count| count.to_string());
    std::iter::once(service.name.to_owned()).chain(counts).collect()
}
