//! Speed and memory of the rig. Every figure is a ratio, or stands beside one: against a bare hyper server that sends
//! as many bytes, and against moto's server where that is installed, measured in the same run on the same machine.
//!
//! `cargo xtask bench` builds the rig in release and runs this. Servers and load share the machine's cores, so that
//! absolute rates say little; CPU time is read from the kernel, for the server's process alone.

#![allow(clippy::print_stdout, clippy::print_stderr)]

mod accounts;
mod authorize;
mod bare;
mod enforce;
mod load;
mod pages;
mod process;
mod requests;
mod start;
mod timers;

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, bail};

use load::{Figures, Load};
use process::Server;
use requests::Message;

// As the rig has it, so that what is measured in this process is what the rig would take.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How often each pair of servers is measured; the median round counts.
const ROUNDS: usize = 3;

/// How long a round takes for each server.
const SPAN: Duration = Duration::from_secs(3);

/// How long moto's server is measured, which may need seconds for an answer.
const PEER_SPAN: Duration = Duration::from_secs(20);

/// Connections at once.
const CONNECTIONS: usize = 16;

const USAGE: &str = "\
usage: benches [RIG | authorize | enforce [RIG] | timers | pages [RIG] | accounts [RIG]]

  RIG        the program to measure; target/release/ironbird unless given
  authorize  measure only how long it takes to decide on a call
  enforce    measure only what it costs that signatures and policies decide
  timers     measure only how many timers a rehearsal runs a second
  pages      measure only whether a page costs the same whatever is stored
  accounts   measure only whether it matters how many accounts and roles there are";

/// The program that is measured unless another is given.
const RIG: &str = "target/release/ironbird";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = match arguments.as_slice() {
        [only] if only == "--help" || only == "-h" => {
            println!("{USAGE}");
            Ok(())
        }
        [first, size] if first == bare::ARGUMENT => bare::serve(size),
        [only] if only == "authorize" => authorize::measure(),
        [only] if only == "timers" => timers::measure(),
        [only] if only == "enforce" => over_the_wire(Path::new(RIG), enforce::measure),
        [first, rig] if first == "enforce" => over_the_wire(Path::new(rig), enforce::measure),
        [only] if only == "pages" => over_the_wire(Path::new(RIG), pages::measure),
        [first, rig] if first == "pages" => over_the_wire(Path::new(rig), pages::measure),
        [only] if only == "accounts" => over_the_wire(Path::new(RIG), accounts::measure),
        [first, rig] if first == "accounts" => over_the_wire(Path::new(rig), accounts::measure),
        [] => measure(Path::new(RIG)),
        [rig] if !rig.starts_with('-') => measure(Path::new(rig)),
        _ => Err(anyhow::anyhow!("unknown arguments\n{USAGE}")),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("benches: {error:#}");
            ExitCode::from(2)
        }
    }
}

fn measure(rig: &Path) -> anyhow::Result<()> {
    over_the_wire(rig, async |rig| {
        start::measure(rig).await?;
        identity(rig).await?;
        instances(rig).await?;
        enforce::measure(rig).await?;
        pages::measure(rig).await?;
        accounts::measure(rig).await
    })?;
    authorize::measure()?;
    timers::measure()
}

/// Runs what talks to servers of the rig.
fn over_the_wire(rig: &Path, what: impl AsyncFnOnce(&Path) -> anyhow::Result<()>) -> anyhow::Result<()> {
    if !rig.is_file() {
        bail!("there is no {}; build it with `cargo build --release`", rig.display());
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(what(rig))
}

/// STS GetCallerIdentity: as small as a call can be.
async fn identity(rig: &Path) -> anyhow::Result<()> {
    let server = Server::rig(rig, &[])?;
    let request = requests::query("sts", "2011-06-15", "GetCallerIdentity", "");
    compare("sts GetCallerIdentity", &server, &request).await?;
    drop(server);
    let Some(moto) = Server::moto().await? else {
        println!("  moto_server is not installed: not compared");
        return Ok(());
    };
    peer(&moto, &request).await;
    Ok(())
}

/// EC2 DescribeInstances: a page of 100 out of 1,000.
async fn instances(rig: &Path) -> anyhow::Result<()> {
    let server = Server::rig(rig, &["--transitions", "instant"])?;
    let request = requests::query("ec2", "2016-11-15", "DescribeInstances", "&MaxResults=100");
    if let Err(missing) = requests::run_instances(&server, 1000).await {
        println!("\nec2 DescribeInstances: not measured: {missing:#}");
        return Ok(());
    }
    compare("ec2 DescribeInstances, 100 of 1,000", &server, &request).await?;
    drop(server);
    let Some(moto) = Server::moto().await? else { return Ok(()) };
    match requests::run_instances(&moto, 1000).await {
        Ok(()) => peer(&moto, &request).await,
        Err(error) => println!("  moto's server cannot: {error:#}"),
    }
    Ok(())
}

/// Measures a peer, which may be slow: alone, with few connections, for a longer time.
async fn peer(server: &Server, request: &Message) {
    let figures = Load { server, request, connections: 2, span: PEER_SPAN }.run().await;
    match figures {
        Ok(figures) => println!("  moto's server{figures}"),
        Err(error) => println!("  moto's server: {error:#}"),
    }
}

/// Measures a request against the rig and, in turns, against a bare server that sends as many bytes.
async fn compare(name: &str, server: &Server, request: &Message) -> anyhow::Result<()> {
    println!("\n{name}");
    let bytes = load::once(server, request).await.with_context(|| format!("{name} failed"))?;
    let bare = Server::bare(bytes)?;
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let bare = Load { server: &bare, request, connections: CONNECTIONS, span: SPAN }.run().await?;
        let rig = Load { server, request, connections: CONNECTIONS, span: SPAN }.run().await?;
        rounds.push((rig, bare));
    }
    rounds.sort_by(|(a, b), (c, d)| (a.rate / b.rate).total_cmp(&(c.rate / d.rate)));
    let (rig, bare): &(Figures, Figures) = &rounds[ROUNDS / 2];
    println!("  the rig      {rig}");
    println!("  bare server  {bare}  ({bytes} bytes)");
    println!(
        "  ratio: {:.2} of the bare server's rate; {:.1} us of CPU more a request",
        rig.rate / bare.rate,
        rig.cpu_micros - bare.cpu_micros
    );
    println!("  resident after it: {:.1} MiB", server.resident_mib()?);
    Ok(())
}
