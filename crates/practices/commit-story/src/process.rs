//! Running what the user gives us to run, in a folder, with an end to waiting.

use std::fs::{self, File};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::Duration;

use crate::git::clean_environment;

/// Lines of what a failed command said that are kept.
const MOST_LINES: usize = 12;
/// Bytes of it that are looked at.
const MOST_BYTES: u64 = 16 * 1024;

/// How a command ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ended {
    /// With status 0.
    Well,
    /// With another status; the last lines of what it said.
    Badly {
        /// `exit status 2`, `signal 9`.
        how: String,
        /// The end of its output.
        said: String,
    },
    /// It took longer than it may.
    TooLate,
}

/// Runs `command` with a shell in `folder`; its output goes to the file `log`.
///
/// # Errors
/// When there is no shell, or the log cannot be written.
pub fn shell(command: &str, folder: &Path, log: &Path, limit: Option<Duration>) -> std::io::Result<Ended> {
    let out = File::create(log)?;
    let errors = out.try_clone()?;
    let mut shell = Command::new("sh");
    clean_environment(&mut shell);
    shell.arg("-c").arg(command).current_dir(folder).stdin(Stdio::null()).stdout(out).stderr(errors);
    // A group of its own, so that all that it started ends with it.
    let mut child = shell.process_group(0).spawn()?;
    let group = child.id();
    let (sender, receiver) = channel();
    let waiting = thread::spawn(move || {
        // Nobody listens where it was too late; the child is reaped all the same.
        let _ = sender.send(child.wait());
    });
    let status = match limit {
        None => receiver.recv().map_err(|_| RecvTimeoutError::Disconnected),
        Some(limit) => receiver.recv_timeout(limit),
    };
    let ended = match status {
        Ok(status) => ended(status?, log),
        Err(_) => {
            // The shell's own kill reaches the whole group; if it is gone already, that is as well.
            let _ = Command::new("sh")
                .arg("-c")
                .arg(format!("kill -KILL -{group}"))
                .stderr(Stdio::null())
                .status();
            Ended::TooLate
        }
    };
    // The child has ended or was killed, so this does not wait long.
    let _ = waiting.join();
    Ok(ended)
}

fn ended(status: ExitStatus, log: &Path) -> Ended {
    if status.success() {
        return Ended::Well;
    }
    let how = match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit status {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => "an unknown status".to_owned(),
    };
    Ended::Badly { how, said: tail(log) }
}

/// The last lines of a file.
fn tail(log: &Path) -> String {
    use std::io::{Read as _, Seek as _, SeekFrom};
    let mut bytes = Vec::new();
    let read = File::open(log).and_then(|mut file| {
        let length = fs::metadata(log)?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(MOST_BYTES)))?;
        file.take(MOST_BYTES).read_to_end(&mut bytes)
    });
    if read.is_err() {
        return String::new();
    }
    let text = String::from_utf8_lossy(&bytes);
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(MOST_LINES)..].join("\n")
}
