//! The rig, and before it what moto's cases expect besides.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

use anyhow::Context as _;

/// Both, until it is dropped.
pub struct Servers {
    /// With what they print, which would end them if nobody held its other end.
    running: Vec<(Child, BufReader<ChildStdout>)>,
}

impl Servers {
    /// Starts the rig as moto's cases take a cloud to be, and the controls before it on `port`.
    pub fn start(python: &Path, binary: &Path, port: u16) -> anyhow::Result<Self> {
        let mut servers = Self { running: Vec::new() };
        let options = ["up", "--port", "0", "--auth", "off", "--transitions", "instant", "--images", "any"];
        let line = servers.spawn(Command::new(binary).args(options).args(["--account", "123456789012"]))?;
        let url = line.split([' ', ',']).find(|word| word.starts_with("http://"));
        let url = url.with_context(|| format!("the rig did not start: {line}"))?;
        let mut control = Command::new(python);
        control.arg(super::folder().join("control.py"));
        let said = servers.spawn(control.args(["--listen", &port.to_string(), "--rig", url]))?;
        anyhow::ensure!(said == "ready", "the controls did not start; is port {port} taken?");
        Ok(servers)
    }

    /// Starts a program, and gives the first line it prints.
    fn spawn(&mut self, command: &mut Command) -> anyhow::Result<String> {
        let started = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn();
        let mut child = started.with_context(|| format!("cannot run {command:?}"))?;
        let output = child.stdout.take().context("its output is not to be read")?;
        let mut output = BufReader::new(output);
        let mut line = String::new();
        output.read_line(&mut line)?;
        self.running.push((child, output));
        Ok(line.trim().to_owned())
    }
}

impl Drop for Servers {
    fn drop(&mut self) {
        for (child, _) in &mut self.running {
            // One that has ended by itself cannot be killed, and needs not be.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
