//! Servers as processes of their own, whose CPU time and memory the kernel counts.

use std::io::{BufRead as _, BufReader};
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context as _, bail};
use tokio::net::TcpStream;

use crate::bare;

/// Clock ticks a second in /proc, which Linux has fixed for programs.
const TICKS: f64 = 100.0;

/// A running server; ended when dropped.
pub struct Server {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
}

impl Server {
    /// `ironbird up` with these options.
    pub fn rig(program: &Path, options: &[&str]) -> anyhow::Result<Self> {
        let mut command = Command::new(program);
        command.args(["up", "--port", "0"]).args(options);
        Self::that_says_where(command)
    }

    /// A bare server whose answers are `total` bytes, head included.
    pub fn bare(total: usize) -> anyhow::Result<Self> {
        // Its head: status, content-type, content-length, date, and line ends.
        let head = 105 + total.to_string().len();
        let mut command = Command::new(std::env::current_exe()?);
        command.args([bare::ARGUMENT, &total.saturating_sub(head).to_string()]);
        Self::that_says_where(command)
    }

    /// moto's server, if it is installed.
    pub async fn moto() -> anyhow::Result<Option<Self>> {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()?));
        let mut command = Command::new("moto_server");
        command.args(["-p", &address.port().to_string()]).stdout(Stdio::null()).stderr(Stdio::null());
        let Ok(child) = command.spawn() else { return Ok(None) };
        let mut server = Self { child, address };
        for _ in 0..600 {
            if TcpStream::connect(address).await.is_ok() {
                return Ok(Some(server));
            }
            if server.child.try_wait()?.is_some() {
                return Ok(None);
            }
            // Waiting for another program: no virtual clock is involved.
            let pause = std::future::pending::<()>();
            let _ = tokio::time::timeout(Duration::from_millis(100), pause).await;
        }
        bail!("moto_server does not listen after a minute")
    }

    fn that_says_where(mut command: Command) -> anyhow::Result<Self> {
        let mut child =
            command.stdout(Stdio::piped()).spawn().with_context(|| format!("cannot run {command:?}"))?;
        let mut line = String::new();
        let output = child.stdout.take().context("no standard output")?;
        BufReader::new(output).read_line(&mut line)?;
        let address = line.split("http://").nth(1).and_then(|rest| rest.split([',', '\n', ' ']).next());
        let address = address.and_then(|text| text.parse().ok());
        let address = address.with_context(|| format!("{command:?} did not say where it listens: {line}"))?;
        Ok(Self { child, address })
    }

    /// CPU time that the process has used, in seconds.
    pub fn cpu_seconds(&self) -> anyhow::Result<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/stat", self.child.id()))?;
        // The name in parentheses may hold spaces; what counts comes after it.
        let rest = text.rsplit_once(')').context("an odd line in /proc")?.1;
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let ticks = |index: usize| fields.get(index).and_then(|field| field.parse::<f64>().ok());
        let (user, system) = ticks(11).zip(ticks(12)).context("an odd line in /proc")?;
        Ok((user + system) / TICKS)
    }

    /// Memory that the process has in use.
    pub fn resident_mib(&self) -> anyhow::Result<f64> {
        let text = std::fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let line = text.lines().find_map(|line| line.strip_prefix("VmRSS:")).context("no VmRSS in /proc")?;
        let kib: f64 = line.trim().trim_end_matches(" kB").parse()?;
        Ok(kib / 1024.0)
    }

    /// Ends it as a user does, so that everything is kept.
    ///
    /// # Errors
    /// When it cannot be asked to.
    pub fn stop(mut self) -> anyhow::Result<()> {
        let asked = Command::new("kill").args(["-INT", &self.child.id().to_string()]).status()?;
        if !asked.success() || !self.child.wait()?.success() {
            bail!("the server did not end well");
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> anyhow::Result<u16> {
    Ok(std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?.port())
}
