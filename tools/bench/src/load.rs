//! The load client: a process of its own which sends prepared bytes over keep-alive HTTP/1.1,
//! checks every answer's status, and measures.
//!
//! A connection has one request under way at a time; its next leaves when the answer is read. The plan
//! comes as JSON on standard input, what was measured leaves as JSON on standard output. CPU time
//! of the server is read at the same two moments between which answers are counted.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use hdrhistogram::Histogram;
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use claviger_testing::http::{self, Head};
use claviger_testing::process;

use super::proof::{Proof, Prover};

/// What to send, to whom, for how long.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Plan {
    /// The servers; connections go to them in turn.
    pub(crate) addresses: Vec<SocketAddr>,
    /// Their processes, for CPU time and memory.
    pub(crate) pids: Vec<u32>,
    /// The process whose children are the database's, for CPU time.
    pub(crate) database: Option<u32>,
    /// Connections kept open.
    pub(crate) connections: usize,
    /// Threads of the load client.
    pub(crate) threads: usize,
    /// Milliseconds before counting starts.
    pub(crate) warm_ms: u64,
    /// Milliseconds of counting.
    pub(crate) measure_ms: u64,
    /// The requests.
    pub(crate) script: Script,
}

/// The requests of a flow.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) enum Script {
    /// The same whole requests in turn; connections start at different ones.
    Cycle {
        /// Whole requests.
        requests: Vec<String>,
        /// The status each must be answered with.
        status: u16,
    },
    /// Chains: the answer's refresh token is the next request's. Each connection follows its share of
    /// them in turn.
    Refresh {
        /// Head of the request, up to and without `Content-Length`.
        head: String,
        /// The body without the token, which follows it.
        body: String,
        /// Where the chains start; at least one a connection.
        tokens: Vec<String>,
    },
    /// An authorization request that redirects with a code, then the code's exchange.
    Code {
        /// Whole authorization request; the session travels in it.
        authorize: String,
        /// The status of the redirect.
        redirect: u16,
        /// Head of the token request, up to and without `Content-Length`.
        head: String,
        /// The body without the code, which follows it.
        body: String,
    },
    /// Requests that carry a proof which is signed for each.
    Proven {
        /// Head of the request, up to and without `Content-Length` and the proof.
        head: String,
        /// The body without the assertion, which follows it.
        body: String,
        /// Which proof.
        proof: Proof,
    },
}

/// What was measured.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Measured {
    /// Flows that ended while counting.
    pub(crate) flows: u64,
    /// Seconds of counting.
    pub(crate) seconds: f64,
    /// Median latency of a flow in microseconds.
    pub(crate) p50_us: f64,
    /// The latency in microseconds that 99 of 100 flows keep under.
    pub(crate) p99_us: f64,
    /// CPU time of the server in microseconds while counting.
    pub(crate) server_cpu_us: u64,
    /// CPU time of the load client in microseconds while counting.
    pub(crate) client_cpu_us: u64,
    /// CPU time of the database's processes in microseconds while counting.
    #[serde(default)]
    pub(crate) database_cpu_us: u64,
    /// Memory of the server in KiB at the end.
    pub(crate) server_pss_kib: u64,
    /// Where the chains of refresh tokens ended.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tokens: Vec<String>,
}

impl Measured {
    /// Flows a second.
    #[expect(clippy::cast_precision_loss, reason = "counts are far below 2^52")]
    pub(crate) fn per_second(&self) -> f64 {
        self.flows as f64 / self.seconds
    }
}

/// Runs the plan on standard input and prints what was measured.
///
/// # Errors
/// A connection that fails, or an answer with a wrong status.
pub(crate) fn run() -> Result<()> {
    let plan: Plan = serde_json::from_reader(std::io::stdin()).context("the load client's plan")?;
    let measured = measure(&plan)?;
    println!("{}", serde_json::to_string(&measured)?);
    Ok(())
}

fn measure(plan: &Plan) -> Result<Measured> {
    let from = Instant::now() + Duration::from_millis(plan.warm_ms);
    let to = from + Duration::from_millis(plan.measure_ms);
    let threads = plan.threads.clamp(1, plan.connections.max(1));
    std::thread::scope(|scope| {
        let mut workers = Vec::new();
        for thread in 0..threads {
            workers.push(scope.spawn(move || drive(plan, thread, threads, from, to)));
        }
        std::thread::sleep(from.saturating_duration_since(Instant::now()));
        let started = Instant::now();
        let before = Used::of(plan)?;
        std::thread::sleep(to.saturating_duration_since(Instant::now()));
        let after = Used::of(plan)?;
        let seconds = started.elapsed().as_secs_f64();
        let server_pss_kib = plan.pids.iter().map(|pid| process::pss_kib(*pid)).sum::<Result<u64>>()?;
        let (mut histogram, mut tokens) = (latencies()?, Vec::new());
        for worker in workers {
            match worker.join() {
                Ok(part) => {
                    let (part, ends) = part?;
                    histogram.add(&part)?;
                    tokens.extend(ends);
                }
                Err(_) => bail!("a thread of the load client panicked"),
            }
        }
        Ok(Measured {
            flows: histogram.len(),
            seconds,
            p50_us: microseconds(histogram.value_at_quantile(0.5)),
            p99_us: microseconds(histogram.value_at_quantile(0.99)),
            server_cpu_us: after.servers.saturating_sub(before.servers),
            client_cpu_us: after.client.saturating_sub(before.client),
            database_cpu_us: after.database.saturating_sub(before.database),
            server_pss_kib,
            tokens,
        })
    })
}

/// CPU time used so far, in microseconds.
pub(crate) struct Used {
    servers: u64,
    client: u64,
    pub(crate) database: u64,
}

impl Used {
    fn of(plan: &Plan) -> Result<Self> {
        let exact = |pid: &u32| process::cpu_exact(*pid).or_else(|_| process::cpu_microseconds(*pid));
        Ok(Self {
            servers: plan.pids.iter().map(exact).sum::<Result<u64>>()?,
            client: process::cpu_microseconds(std::process::id())?,
            database: plan.database.map_or(Ok(0), Self::of_children)?,
        })
    }

    /// That of the processes whose parent is `pid`. Those that end meanwhile are not in it, so connections stay open.
    pub(crate) fn of_children(pid: u32) -> Result<u64> {
        Ok(process::children(pid)?.into_iter().filter_map(|pid| process::cpu_exact(pid).ok()).sum())
    }
}

#[expect(clippy::cast_precision_loss, reason = "latencies are far below 2^52 ns")]
pub(crate) fn microseconds(nanoseconds: u64) -> f64 {
    nanoseconds as f64 / 1000.0
}

/// An empty histogram of latencies in nanoseconds, up to a minute, each within 1 % of what it was.
pub(crate) fn latencies() -> Result<Histogram<u64>> {
    Ok(Histogram::new_with_max(60_000_000_000, 2)?)
}

/// One thread's share of the connections: those whose number is `thread` modulo `threads`.
fn drive(
    plan: &Plan,
    thread: usize,
    threads: usize,
    from: Instant,
    to: Instant,
) -> Result<(Histogram<u64>, Vec<String>)> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for number in (thread..plan.connections).step_by(threads) {
            let plan = plan.clone();
            tasks.spawn(async move {
                let address = plan.addresses.get(number % plan.addresses.len().max(1)).context("no server")?;
                let mut wire = Wire::open(*address).await?;
                let mut caller = Caller::new(&plan, number)?;
                let mut histogram = latencies()?;
                loop {
                    let started = Instant::now();
                    if started >= to {
                        return Ok::<_, anyhow::Error>((histogram, caller.ends()));
                    }
                    caller.flow(&mut wire).await?;
                    let ended = Instant::now();
                    if ended >= from && ended < to {
                        let spent = ended.saturating_duration_since(started).as_nanos();
                        histogram.saturating_record(u64::try_from(spent).unwrap_or(u64::MAX));
                    }
                }
            });
        }
        let (mut histogram, mut tokens) = (latencies()?, Vec::new());
        while let Some(part) = tasks.join_next().await {
            let (part, ends) = part??;
            histogram.add(&part)?;
            tokens.extend(ends);
        }
        Ok((histogram, tokens))
    })
}

/// A connection and what was last read from it.
struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
    filled: usize,
    head: Head,
}

impl Wire {
    async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await.context("cannot connect")?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 32 * 1024], filled: 0, head: Head { status: 0, length: 0, body: 0 } })
    }

    /// Sends a request and reads its whole answer.
    async fn exchange(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request).await?;
        self.filled = 0;
        loop {
            let free = self.buffer.get_mut(self.filled..).unwrap_or_default();
            let read = self.stream.read(free).await?;
            if read == 0 {
                bail!("the server closed the connection, or its answer is longer than 32 KiB");
            }
            self.filled += read;
            if let Some(head) = http::parse_head(self.buffer.get(..self.filled).unwrap_or_default())?
                && self.filled >= head.length + head.body
            {
                self.head = head;
                return Ok(());
            }
        }
    }

    fn check(&self, status: u16) -> Result<()> {
        if self.head.status == status {
            return Ok(());
        }
        let answer = String::from_utf8_lossy(self.buffer.get(..self.filled).unwrap_or_default());
        bail!("status {} instead of {status}: {}", self.head.status, answer.chars().take(900).collect::<String>())
    }

    fn head(&self) -> &[u8] {
        self.buffer.get(..self.head.length).unwrap_or_default()
    }

    fn body(&self) -> &[u8] {
        self.buffer.get(self.head.length..self.filled).unwrap_or_default()
    }
}

/// What one connection sends next.
enum Caller {
    Cycle { requests: Vec<Vec<u8>>, next: usize, status: u16 },
    Refresh { head: String, body: String, tokens: Vec<Vec<u8>>, next: usize, request: Vec<u8> },
    Code { authorize: Vec<u8>, redirect: u16, head: String, body: String, request: Vec<u8> },
    Proven { head: String, body: String, prover: Box<Prover>, request: Vec<u8> },
}

impl Caller {
    fn new(plan: &Plan, number: usize) -> Result<Self> {
        Ok(match plan.script.clone() {
            Script::Cycle { requests, status } => {
                let next = number * requests.len() / plan.connections.max(1);
                Self::Cycle { requests: requests.into_iter().map(String::into_bytes).collect(), next, status }
            }
            Script::Refresh { head, body, tokens } => {
                let mine = tokens.into_iter().skip(number).step_by(plan.connections.max(1));
                let tokens: Vec<Vec<u8>> = mine.map(String::into_bytes).collect();
                Self::Refresh { head, body, tokens, next: 0, request: Vec::new() }
            }
            Script::Code { authorize, redirect, head, body } => {
                Self::Code { authorize: authorize.into_bytes(), redirect, head, body, request: Vec::new() }
            }
            Script::Proven { head, body, proof } => {
                Self::Proven { head, body, prover: Box::new(Prover::new(proof)?), request: Vec::new() }
            }
        })
    }

    /// Where its chains of refresh tokens have ended.
    fn ends(self) -> Vec<String> {
        match self {
            Self::Refresh { tokens, .. } => {
                tokens.into_iter().map(|token| String::from_utf8_lossy(&token).into_owned()).collect()
            }
            Self::Cycle { .. } | Self::Code { .. } | Self::Proven { .. } => Vec::new(),
        }
    }

    /// One flow, from its first request to its last answer.
    async fn flow(&mut self, wire: &mut Wire) -> Result<()> {
        match self {
            Self::Cycle { requests, next, status } => {
                let request = requests.get(*next % requests.len().max(1)).context("no request to send")?;
                *next += 1;
                wire.exchange(request).await?;
                wire.check(*status)
            }
            Self::Refresh { head, body, tokens, next, request } => {
                let turn = *next % tokens.len().max(1);
                *next += 1;
                let token = tokens.get_mut(turn).context("fewer refresh tokens than connections")?;
                compose(request, head, body, token);
                wire.exchange(request).await?;
                wire.check(200)?;
                let successor = after(wire.body(), b"\"refresh_token\":\"", b"\"").context("no refresh token")?;
                token.clear();
                token.extend_from_slice(successor);
                Ok(())
            }
            Self::Code { authorize, redirect, head, body, request } => {
                wire.exchange(authorize).await?;
                wire.check(*redirect)?;
                let location = http::header(wire.head(), b"location").context("a redirect without Location")?;
                let code = after(location, b"code=", b"&").context("a redirect without a code")?;
                compose(request, head, body, code);
                wire.exchange(request).await?;
                wire.check(200)
            }
            Self::Proven { head, body, prover, request } => {
                let (line, assertion) = prover.next()?;
                compose(request, &format!("{head}{line}"), body, assertion.as_bytes());
                wire.exchange(request).await?;
                wire.check(200)
            }
        }
    }
}

/// Puts a request together whose body ends with a value.
fn compose(request: &mut Vec<u8>, head: &str, body: &str, value: &[u8]) {
    request.clear();
    request.extend_from_slice(head.as_bytes());
    request.extend_from_slice(format!("Content-Length: {}\r\n\r\n", body.len() + value.len()).as_bytes());
    request.extend_from_slice(body.as_bytes());
    request.extend_from_slice(value);
}

/// What stands between `mark` and the next `end` (or the end of the text).
fn after<'a>(text: &'a [u8], mark: &[u8], end: &[u8]) -> Option<&'a [u8]> {
    let from = text.windows(mark.len()).position(|part| part == mark)? + mark.len();
    let rest = text.get(from..)?;
    let to = rest.windows(end.len()).position(|part| part == end).unwrap_or(rest.len());
    rest.get(..to)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_cut_out() {
        assert_eq!(after(b"{\"refresh_token\":\"x.y\",\"a\":1}", b"\"refresh_token\":\"", b"\""), Some(&b"x.y"[..]));
        assert_eq!(after(b"https://c/?code=9&state=1", b"code=", b"&"), Some(&b"9"[..]));
        assert_eq!(after(b"https://c/?state=1&code=9", b"code=", b"&"), Some(&b"9"[..]));
        assert_eq!(after(b"nothing", b"code=", b"&"), None);
    }

    #[test]
    fn a_composed_request_announces_its_length() {
        let mut request = Vec::new();
        compose(&mut request, "POST /t HTTP/1.1\r\n", "a=b&code=", b"xyz");
        assert_eq!(request, b"POST /t HTTP/1.1\r\nContent-Length: 12\r\n\r\na=b&code=xyz");
    }
}
