//! How soon after its start the rig answers, and what it holds when it is idle.

use std::path::Path;

use ironbird_rig::clock::HostClock;

use crate::load;
use crate::process::Server;
use crate::requests;

/// How often the rig is started.
const STARTS: usize = 20;

/// Starts the rig a number of times, and prints the time to its first answer and its memory.
pub async fn measure(rig: &Path) -> anyhow::Result<()> {
    let request = requests::query("sts", "2011-06-15", "GetCallerIdentity", "");
    let mut millis = Vec::new();
    let mut resident: f64 = 0.0;
    for _ in 0..STARTS {
        let begin = HostClock::monotonic();
        let server = Server::rig(rig, &[])?;
        load::once(&server, &request).await?;
        millis.push(begin.elapsed().as_secs_f64() * 1e3);
        resident = resident.max(server.resident_mib()?);
    }
    millis.sort_by(f64::total_cmp);
    println!("start");
    println!(
        "  first answer after {:.1} ms (median of {STARTS}; slowest {:.1} ms); target 20 ms",
        millis[STARTS / 2],
        millis[STARTS - 1]
    );
    println!("  resident then: {resident:.1} MiB; target 20 MiB");
    Ok(())
}
