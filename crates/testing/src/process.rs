//! Processes: what they used (from `/proc`), and that none is left behind.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use signal_hook::consts::{SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Ticks a second of `/proc/PID/stat`; Linux fixes it at 100 for user space.
const MICROSECONDS_A_TICK: u64 = 10_000;

/// CPU time a process has used, user and system, in microseconds (a tick is 10 ms).
///
/// # Errors
/// A process that is gone.
pub fn cpu_microseconds(pid: u32) -> Result<u64> {
    two_times(&format!("/proc/{pid}/stat"), 11)
}

/// The same of all processes that this one has started and that have ended.
///
/// # Errors
/// There is no `/proc`.
pub fn children_microseconds() -> Result<u64> {
    two_times("/proc/self/stat", 13)
}

/// The sum of two neighbouring times of a process, by the number of the first behind its name.
fn two_times(file: &str, first: usize) -> Result<u64> {
    let stat = fs::read_to_string(file)?;
    // The second field, the name, may hold spaces: count from its closing bracket.
    let (_, rest) = stat.rsplit_once(')').context("/proc/PID/stat has no name")?;
    let mut fields = rest.split_ascii_whitespace().skip(first);
    let mut ticks = 0_u64;
    for _ in 0..2 {
        ticks += fields.next().context("/proc/PID/stat is short")?.parse::<u64>()?;
    }
    Ok(ticks * MICROSECONDS_A_TICK)
}

/// CPU time that a process's living threads have used, in microseconds, exact to the scheduler's
/// nanosecond. Threads that ended are not in it, so it suits processes with fixed threads.
///
/// # Errors
/// A process that is gone, or a kernel without scheduler statistics.
pub fn cpu_exact(pid: u32) -> Result<u64> {
    let mut nanoseconds = 0_u64;
    for task in fs::read_dir(format!("/proc/{pid}/task"))? {
        let Ok(text) = fs::read_to_string(task?.path().join("schedstat")) else {
            continue;
        };
        let first = text.split_ascii_whitespace().next().context("schedstat is empty")?;
        nanoseconds += first.parse::<u64>()?;
    }
    if nanoseconds == 0 {
        bail!("this kernel has no scheduler statistics");
    }
    Ok(nanoseconds / 1000)
}

/// Processes whose parent is `pid`.
///
/// # Errors
/// There is no `/proc`.
pub fn children(pid: u32) -> std::io::Result<Vec<u32>> {
    let parent = |child: u32| -> Option<u32> {
        let stat = fs::read_to_string(format!("/proc/{child}/stat")).ok()?;
        stat.rsplit_once(')')?.1.split_ascii_whitespace().nth(1)?.parse().ok()
    };
    let all = fs::read_dir("/proc")?.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse().ok());
    Ok(all.filter(|child| parent(*child) == Some(pid)).collect())
}

/// Whether there is a process with this id that is not merely waiting to be noticed.
pub fn lives(pid: u32) -> bool {
    fs::read_to_string(format!("/proc/{pid}/stat"))
        .is_ok_and(|stat| stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X'])))
}

/// Memory of a process in KiB: its own, and its share of what it shares (PSS).
///
/// # Errors
/// A process that is gone.
pub fn pss_kib(pid: u32) -> Result<u64> {
    let text = fs::read_to_string(format!("/proc/{pid}/smaps_rollup"))?;
    let line = text.lines().find(|line| line.starts_with("Pss:")).context("no Pss line")?;
    let number = line.split_ascii_whitespace().nth(1).context("an empty Pss line")?;
    Ok(number.parse()?)
}

/// Every process that this program has started; all end, by their ids, when the program ends, whether it is done, failed,
/// or was interrupted.
#[derive(Clone, Default)]
pub struct Processes {
    children: Arc<Mutex<Vec<Child>>>,
}

impl Processes {
    /// An empty set which Ctrl-C and SIGTERM end.
    ///
    /// # Errors
    /// The system refuses a signal handler or a thread.
    pub fn with_signals() -> Result<Self> {
        let processes = Self::default();
        let ended = processes.clone();
        let mut signals = Signals::new([SIGINT, SIGTERM])?;
        std::thread::Builder::new().name("signals".to_owned()).spawn(move || {
            if signals.forever().next().is_some() {
                ended.end();
                eprintln!("interrupted");
                std::process::exit(130);
            }
        })?;
        Ok(processes)
    }

    /// Starts a process and keeps it. `input` goes to its standard input, which then stays open
    /// only if `input` is none.
    ///
    /// # Errors
    /// A program that cannot be started.
    pub fn start(&self, command: &mut Command) -> Result<Running> {
        let mut child = command.spawn().with_context(|| format!("cannot start {command:?}"))?;
        let pid = child.id();
        let lines = child.stdout.take().map(|output| {
            let (sender, receiver) = mpsc::channel();
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    if sender.send(line).is_err() {
                        // Nobody listens any more; go on reading so that the process never blocks.
                    }
                }
            });
            receiver
        });
        if let Ok(mut children) = self.children.lock() {
            children.push(child);
        }
        Ok(Running { pid, lines, processes: self.clone() })
    }

    fn stop(&self, pid: u32, gently: bool) {
        let Ok(mut children) = self.children.lock() else {
            return;
        };
        let Some(at) = children.iter().position(|child| child.id() == pid) else {
            return;
        };
        let mut child = children.swap_remove(at);
        drop(children);
        if gently {
            // The shell's own `kill`: a small system has no program of that name.
            let _ = Command::new("sh")
                .args(["-c", "kill -s TERM \"$1\"", "sh", &pid.to_string()])
                .stderr(Stdio::null())
                .status();
            for _ in 0..100 {
                if matches!(child.try_wait(), Ok(Some(_))) {
                    return;
                }
                std::thread::sleep(Duration::from_millis(50));
            }
        }
        let _ = child.kill();
        let _ = child.wait();
    }

    /// Ends every process that is still there.
    pub fn end(&self) {
        let Ok(mut children) = self.children.lock() else {
            return;
        };
        for mut child in children.drain(..) {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// A process that ends when this value is dropped.
pub struct Running {
    /// Its process id.
    pub pid: u32,
    lines: Option<mpsc::Receiver<String>>,
    processes: Processes,
}

impl Running {
    /// The next line it prints.
    ///
    /// # Errors
    /// It ends, or prints nothing within `limit`.
    pub fn line(&self, limit: Duration) -> Result<String> {
        let lines = self.lines.as_ref().context("its standard output is not read")?;
        lines.recv_timeout(limit).context("it ended or printed nothing in time")
    }

    /// Whether it still runs.
    pub fn lives(&self) -> bool {
        let Ok(mut children) = self.processes.children.lock() else {
            return false;
        };
        children
            .iter_mut()
            .find(|child| child.id() == self.pid)
            .is_some_and(|child| matches!(child.try_wait(), Ok(None)))
    }

    /// Kills it with SIGKILL, and waits until it is gone.
    pub fn kill(&self) {
        self.processes.stop(self.pid, false);
    }

    /// Asks it to end (SIGTERM), and makes it end if it has not within five seconds.
    pub fn stop(self) {
        self.processes.stop(self.pid, true);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.processes.stop(self.pid, false);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_uses_memory_and_time() {
        let mut sum = 0_u64;
        let exact = cpu_exact(std::process::id()).unwrap();
        while cpu_exact(std::process::id()).unwrap() < exact + 20_000 {
            sum = std::hint::black_box(sum.wrapping_add(1));
        }
        assert!(cpu_microseconds(std::process::id()).unwrap() > 0);
        assert!(pss_kib(std::process::id()).unwrap() > 100);
    }

    #[test]
    fn a_dropped_process_is_gone() {
        let processes = Processes::default();
        let running = processes.start(Command::new("sleep").arg("60")).unwrap();
        let pid = running.pid;
        assert!(running.lives());
        drop(running);
        assert!(!std::path::Path::new(&format!("/proc/{pid}")).exists());
    }
}
